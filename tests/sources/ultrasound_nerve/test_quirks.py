"""Ultrasound nerve: a test for every quirk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hf_medseg.catalog.lookup import find_source
from tests.support.harness import pixels, run


def test_contradicting_near_duplicates_are_flagged_and_kept(tmp_path: Path) -> None:
    rows = {row["image_id"]: row for row in run("ultrasound-nerve", "clean", tmp_path).rows()}
    assert sorted(name for name, row in rows.items() if row["contradictory"]) == ["1_1", "1_2"]
    assert pixels(rows["1_1"]["mask"]).any()
    assert not pixels(rows["1_2"]["mask"]).any()
    assert rows["1"]["contradictory"] is None


def test_duplicate_frames_are_kept(tmp_path: Path) -> None:
    converted = run("ultrasound-nerve", "clean", tmp_path)
    one, other = converted.row("1_10"), converted.row("1_11")
    assert np.array_equal(pixels(one["image"]), pixels(other["image"]))
    assert not one["contradictory"]
    assert not other["contradictory"]


def test_empty_masks_are_masks(tmp_path: Path) -> None:
    converted = run("ultrasound-nerve", "clean", tmp_path)
    row = converted.row("2_1")
    assert not pixels(row["mask"]).any()
    assert row["classes"] == [0]
    assert row["has_nerve"] is False
    assert converted.row("10")["mask"] is None


def test_frames_may_be_absent(tmp_path: Path) -> None:
    converted = run("ultrasound-nerve", "clean", tmp_path)
    assert [row["image_id"] for row in converted.rows() if row["patient_id"] == "1"] == ["1_1", "1_2", "1_10", "1_11"]
    assert not converted.section()["rejected"]


def test_a_tag_of_a_copy_is_not_the_owners() -> None:
    assert find_source("ultrasound-nerve").tiers == ("restricted",)


def test_both_codings_of_a_mask_must_agree(tmp_path: Path) -> None:
    (rejected,) = run("ultrasound-nerve", "rle-differs", tmp_path).section()["rejected"]
    assert rejected["file"] == "train/10_1_mask.tif"
    assert "differ in 1 pixels" in rejected["expected"]


def test_a_frame_without_a_line_in_the_table_is_rejected(tmp_path: Path) -> None:
    from hf_medseg.conversion.run import convert
    from tests.support.harness import PHANTOMS

    phantom = PHANTOMS["ultrasound-nerve"].make(tmp_path / "raw", "clean")
    table = phantom.raw / "train_masks.csv"
    table.write_text("\n".join(line for line in table.read_text().split("\n") if not line.startswith("2,1,")))
    found = convert("ultrasound-nerve", phantom.raw, tmp_path / "out", workers=1)
    (rejected,) = found.report["configs"]["default"]["rejected"]
    assert (rejected["file"], rejected["image_id"]) == ("train/2_1.tif", "2_1")
