"""MFSD: a test for every quirk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hf_medseg.catalog.lookup import find_source
from tests.support.harness import pixels, run


def test_mfsd_and_msfd_are_one_source_and_everything_is_in_folder_1(tmp_path: Path) -> None:
    assert find_source("msfd").id == "mfsd"
    assert run("mfsd", "part-1", tmp_path / "one").rows() == run("mfsd", "clean", tmp_path / "all").rows()


def test_crops_without_a_mask_file_are_not_annotated(tmp_path: Path) -> None:
    rows = {row["image_id"]: row["mask"] for row in run("mfsd", "clean", tmp_path).rows()}
    assert [stem for stem, mask in rows.items() if mask is None] == ["005320_1"]
    assert rows["005320_10"] is not None, "_1 and _10 are different faces"


def test_folder_2_has_no_labels(tmp_path: Path) -> None:
    notes = {note["path"]: note["reason"] for note in run("mfsd", "clean", tmp_path).section()["not_used"]}
    assert notes["MSFD/2/img/900001.jpg" if "MSFD/2/img/900001.jpg" in notes else "2/img/900001.jpg"] == "a photograph without labels"


def test_jpeg_masks_are_thresholded_and_broken_files_rejected(tmp_path: Path) -> None:
    for row in run("mfsd", "clean", tmp_path / "clean").rows():
        assert row["mask"] is None or set(np.unique(pixels(row["mask"]))) == {0, 1}
    (rejected,) = run("mfsd", "cut-crop", tmp_path / "cut").section()["rejected"]
    assert rejected["file"] == "face_crop/010001_1.jpg"


def test_faces_are_real_so_nothing_is_published() -> None:
    assert find_source("mfsd").tiers == ("unknown",)
