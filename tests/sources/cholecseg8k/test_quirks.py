"""Quirks of CholecSeg8k, each under its name."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import pixels, run


def test_the_white_frame_is_not_annotated_and_no_background(tmp_path: Path) -> None:
    row = run("cholecseg8k", "clean", tmp_path).row("video01_00080_frame_80")
    mask = pixels(row["mask"])
    assert (mask[:2] == 255).all() and not (mask[2:-1] == 255).any() and (mask[2:] == 0).any()


def test_stray_pixels_of_code_0_are_not_annotated_and_no_background(tmp_path: Path) -> None:
    mask = pixels(run("cholecseg8k", "clean", tmp_path).row("video01_00080_frame_80")["mask"])
    assert (mask[-1, :3] == 255).all() and not (mask[-1, 3:] == 255).any()


def test_all_clips_of_a_video_are_one_group(tmp_path: Path) -> None:
    assert {row["patient_id"] for row in run("cholecseg8k", "clean", tmp_path).rows()} == {"video01", "video55"}
