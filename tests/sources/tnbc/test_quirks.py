"""Quirks of TNBC, each under its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.harness import pixels, run


def test_an_empty_fourth_channel_blackens_no_picture(tmp_path: Path) -> None:
    converted = run("tnbc", "clean", tmp_path)
    with Image.open(converted.phantom.raw / "Slide_01/01_2.png") as picture:
        stored = np.asarray(picture)
    assert stored.shape[2] == 4 and not stored[..., 3].any()
    assert np.array_equal(pixels(converted.row("01_2")["image"]), stored[..., :3])
