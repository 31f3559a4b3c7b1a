"""ACDC: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

import SimpleITK as Itk

from hf_medseg.formats.placement import SIZES_FROM_HEADER
from tests.support.harness import run


def test_an_sform_without_scales_gives_the_voxel_sizes_of_the_header_and_says_so(tmp_path: Path) -> None:
    converted = run("acdc", "clean", tmp_path)
    row = converted.row("patient001_frame02_0000")
    itk = Itk.ReadImage(str(next(converted.phantom.raw.rglob("patient001_frame02.nii.gz"))))
    assert (
        [*row["pixel_spacing"], row["slice_spacing"]] == [itk.GetSpacing()[1], itk.GetSpacing()[0], itk.GetSpacing()[2]] == [1.5, 1.5, 10.0]
    )
    assert {note["reason"] for note in converted.section()["notes"]} == {SIZES_FROM_HEADER}


def test_a_film_is_counted_once_and_not_for_every_frame(tmp_path: Path) -> None:
    """A split of films was cut into as many shards as if each frame had a file of its own."""
    converted = run("acdc", "clean", tmp_path, configs=["cine"])
    films = [path.stat().st_size for path in converted.phantom.raw.rglob("*_4d.nii.gz")]
    total = sum(shard.size for shard in converted.conversion.plan.configs[0].shards)
    assert sum(films) * 0.9 < total <= sum(films)


def test_a_film_of_another_length_than_info_says_is_rejected_by_name(tmp_path: Path) -> None:
    (rejected, *_) = run("acdc", "frames_differ", tmp_path).conversion.rejected
    assert rejected["file"].endswith("patient001_4d.nii.gz")
    assert "a volume with 4 channels expected" in rejected["expected"]
