"""Quirks of Breast-Lesions-USG, each under its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from hf_medseg.conversion.run import convert
from tests.support.harness import Converted, pixels, run


def test_findings_that_cover_the_tumour_take_nothing_from_it(tmp_path: Path) -> None:
    row = run("breast-lesions-usg", "clean", tmp_path).row("case022")
    tumor, first = pixels(row["mask"]), pixels(row["masks"][0])
    assert np.count_nonzero(tumor & first) > 0.8 * np.count_nonzero(tumor)
    assert row["classes"] == [0, 1] and row["mask_names"] == ["other1", "other2"]


def test_a_normal_picture_has_an_empty_mask_and_no_list(tmp_path: Path) -> None:
    row = run("breast-lesions-usg", "no_table", tmp_path).row("case045")
    assert not pixels(row["mask"]).any() and row["masks"] == [] and row["label"] is None


def test_real_files(real: Callable[[str], Path], tmp_path: Path) -> None:
    raw, out = real("breast-lesions-usg"), tmp_path / "out"
    conversion = convert("breast-lesions-usg", raw, out, workers=1)
    assert not conversion.rejected and conversion.rows == 4
    top, transparent = raw / "BrEaST-Lesions_USG-images_and_masks", 0
    for row in Converted("breast-lesions-usg", run("breast-lesions-usg", "clean", tmp_path / "p").phantom, conversion, out).rows():
        with Image.open(top / f"{row['image_id']}.png") as picture:
            stored = np.asarray(picture)
        assert np.array_equal(pixels(row["image"]), stored[..., :3])
        transparent += bool((stored[..., 3] < 255).any())
        for name, mask in [("tumor", row["mask"]), *zip(row["mask_names"], row["masks"], strict=True)]:
            if row["image_id"] == "case045":
                assert not pixels(mask).any()
                continue
            with Image.open(top / f"{row['image_id']}_{name}.png") as picture:
                assert np.array_equal(pixels(mask), np.asarray(picture)[..., 0] > 127)
        assert 0.01 < row["pixel_spacing"][0] < 1
