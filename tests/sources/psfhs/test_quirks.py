"""Quirks of PSFHS, each under its name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.support.harness import pixels, run


def test_colours_on_the_third_axis_are_no_slices(tmp_path: Path) -> None:
    converted = run("psfhs", "clean", tmp_path)
    assert len(converted.rows()) == 3
    assert np.array_equal(pixels(converted.row("03744")["image"]), converted.phantom.rows[-1].image)


def test_a_volume_among_the_pictures_is_told_by_its_size(tmp_path: Path) -> None:
    (rejected,) = run("psfhs", "volume", tmp_path).section()["rejected"]
    assert "it holds 24 x 20 x 5 samples; one picture, or one of three colours expected" in json.dumps(rejected)


def test_colours_of_16_bits_are_not_squeezed_into_8(tmp_path: Path) -> None:
    (rejected,) = run("psfhs", "wide", tmp_path).section()["rejected"]
    assert "its colours are of uint16" in json.dumps(rejected)
