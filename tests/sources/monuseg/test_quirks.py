"""Quirks of MoNuSeg, each under its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.harness import pixels, run


def test_a_region_of_two_points_paints_nothing_and_stays_readable(tmp_path: Path) -> None:
    row = run("monuseg", "clean", tmp_path).row("TCGA-18-5592-01Z-00-DX1")
    assert np.unique(pixels(row["instances"])).tolist() == [0, 1, 2, 4]
    assert [one["instance"] for one in row["objects"]] == [1, 2, 3, 4]
    assert row["objects"][2]["segmentation"].endswith("1,1 2,2")


def test_the_split_is_what_the_folder_says_and_no_ending_of_a_name(tmp_path: Path) -> None:
    converted = run("monuseg", "clean", tmp_path)
    assert {row["image_id"] for row in converted.rows()} >= {"TCGA-18-5592-01Z-00-DX1", "TCGA-HT-8564-01Z-00-DX1"}
    assert converted.row("TCGA-HT-8564-01Z-00-DX1")["source_file"].startswith("MoNuSegTestData/")
