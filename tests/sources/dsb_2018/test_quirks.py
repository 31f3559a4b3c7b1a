"""Quirks of the 2018 Data Science Bowl, each under its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from hf_medseg.conversion.run import convert
from tests.support.harness import Converted, pixels, run


def test_a_pixel_that_two_nuclei_share_is_lost_in_neither_mask(tmp_path: Path) -> None:
    rows = run("dsb-2018", "clean", tmp_path).rows()
    row = next(row for row in rows if row["mask_overlap"])
    masks = [pixels(mask) for mask in row["masks"]]
    assert sum(mask.sum() for mask in masks) == pixels(row["mask"]).sum() + 1
    assert [row["mask_overlap"] for row in rows].count(False) == 2


def test_real_files(real: Callable[[str], Path], tmp_path: Path) -> None:
    raw, out = real("dsb-2018"), tmp_path / "out"
    conversion = convert("dsb-2018", raw, out, workers=1)
    assert not conversion.rejected and conversion.rows == 3
    overlapping = 0
    for row in Converted("dsb-2018", run("dsb-2018", "clean", tmp_path / "p").phantom, conversion, out).rows():
        folder = raw / "stage1_train" / row["image_id"]
        with Image.open(folder / "images" / f"{row['image_id']}.png") as picture:
            assert np.array_equal(pixels(row["image"]), np.asarray(picture)[..., :3])
        expected = np.zeros((row["height"], row["width"]), np.uint16)
        for number, (name, mask) in enumerate(zip(row["mask_names"], row["masks"], strict=True), 1):
            with Image.open(folder / "masks" / f"{name}.png") as picture:
                inside = np.asarray(picture) == 255
            assert np.array_equal(pixels(mask), inside)
            overlapping += int((expected[inside] > 0).sum())
            expected[inside] = number
        assert len(row["mask_names"]) == len(list((folder / "masks").iterdir()))
        assert np.array_equal(pixels(row["instances"]), expected) and np.array_equal(pixels(row["mask"]), expected > 0)
    assert overlapping == 1
