"""Quirks of RVO-ME, each under its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.harness import pixels, run


def test_layers_of_one_pixel_stay_one_pixel_thin(tmp_path: Path) -> None:
    mask = pixels(run("rvo-me", "clean", tmp_path).row("2_1")["mask"])
    assert (mask[20] == 3).all() and not (mask[[19, 21]] == 3).any()
    assert np.unique(mask).tolist() == [0, 1, 2, 3, 4]
