"""Quirks of FIVES, each under its name."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import pixels, run


def test_numbers_of_the_test_folder_collide_with_no_id_and_the_letter_is_the_group(tmp_path: Path) -> None:
    converted = run("fives", "clean", tmp_path)
    assert converted.row("train_1_A")["source_sha256"] != converted.row("test_1_A")["source_sha256"]
    labels = {row["image_id"]: row["label"] for row in converted.rows()}
    assert labels == {"train_1_A": 1, "train_2_D": 2, "train_10_N": 0, "test_1_A": 1, "test_3_G": 3}


def test_masks_of_one_three_and_four_channels_are_the_same_label_maps(tmp_path: Path) -> None:
    for row in run("fives", "clean", tmp_path).rows():
        assert pixels(row["mask"]).ndim == 2 and pixels(row["mask"]).max() == 1
