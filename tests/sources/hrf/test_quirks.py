"""Quirks of HRF, each under its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from hf_medseg.conversion.run import convert
from tests.support.harness import run


def test_the_group_is_told_by_the_name(tmp_path: Path) -> None:
    converted = run("hrf", "clean", tmp_path)
    names = converted.names("label")
    assert [names[converted.row(stem)["label"]] for stem in ("15_h", "01_dr", "07_g")] == ["healthy", "diabetic_retinopathy", "glaucoma"]


def test_real_photographs_have_the_published_size(real: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    for photograph in (real("hrf") / "images").iterdir():
        (tmp_path / "raw" / photograph.name).write_bytes(photograph.read_bytes())
        Image.fromarray(np.zeros((2336, 3504), np.uint8)).save(tmp_path / "raw" / f"{photograph.stem}.tif")
    conversion = convert("hrf", tmp_path / "raw", tmp_path / "out")
    assert (conversion.rejected, conversion.rows) == ([], len([*(tmp_path / "raw").glob("*.jpg")]))
