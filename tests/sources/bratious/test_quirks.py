"""Quirks of BraTioUS, each under its name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.support.harness import pixels, run


def test_a_header_that_points_elsewhere_mirrors_no_picture(tmp_path: Path) -> None:
    converted = run("bratious", "clean", tmp_path)
    for row in converted.phantom.rows:
        found = converted.row(row.image_id)
        assert np.array_equal(pixels(found["image"]), row.image)
        assert "volume_id" not in found and found["patient_id"] is None


def test_two_frames_in_a_file_are_told_by_their_number(tmp_path: Path) -> None:
    (rejected,) = run("bratious", "frames", tmp_path).section()["rejected"]
    assert "it holds 26 x 18 x 2 samples; one picture expected" in json.dumps(rejected)


def test_a_resized_mask_is_no_mask(tmp_path: Path) -> None:
    (rejected,) = run("bratious", "fractions", tmp_path).section()["rejected"]
    assert "its mask holds fractions" in json.dumps(rejected)
