"""Quirks of DPRD, each under its name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.support.harness import pixels, run


def test_an_opaque_fourth_channel_makes_no_caries_of_the_ground(tmp_path: Path) -> None:
    mask = pixels(run("dprd", "clean", tmp_path).row("train_10")["mask"])
    assert 0 < np.count_nonzero(mask) < mask.size / 4


def test_pictures_of_another_part_are_no_cases(tmp_path: Path) -> None:
    converted = run("dprd", "clean", tmp_path)
    assert [row["image_id"] for row in converted.rows()] == ["train_1", "train_10", "test_1", "supplemental_1"]


def test_a_second_colour_is_told_with_the_declared_ones(tmp_path: Path) -> None:
    (rejected,) = run("dprd", "other_colour", tmp_path).section()["rejected"]
    assert "colours (230, 120, 20) where only (0, 0, 0), (53, 119, 181) are declared" in json.dumps(rejected)
