"""Colorectal-Liver-Metastases, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_masks_of_programs_reach_no_column(tmp_path: Path) -> None:
    found = run("colorectal-liver-metastases", "clean", tmp_path, configs=["volumes"])
    assert {row["mask_automatic"] for row in found.rows("volumes")} == {None}
    assert {row["mask_origin"] for row in found.rows("volumes")} == {0}


def test_of_two_acquisitions_the_one_is_used_that_the_frames_name(tmp_path: Path) -> None:
    found = run("colorectal-liver-metastases", "two_acquisitions", tmp_path, configs=["slices"])
    reasons = [note["reason"] for note in found.section("slices")["not_used"]]
    assert reasons.count("another acquisition of its series, which no mask names") == 3
    assert not found.conversion.rejected
