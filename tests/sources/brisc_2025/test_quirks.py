"""BRISC 2025's quirks, one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from hf_medseg.conversion.run import convert
from tests.support.harness import Converted, pixels, run


def test_ringing_around_0_and_255_is_taken_away(tmp_path: Path) -> None:
    converted = run("brisc-2025", "clean", tmp_path)
    row = converted.row("brisc2025_train_00001_gl_ax_t1")
    with Image.open(converted.phantom.raw / "segmentation_task/train/masks/brisc2025_train_00001_gl_ax_t1.png") as picture:
        stored = np.asarray(picture)
    assert len(np.unique(stored)) > 10
    assert np.array_equal(pixels(row["mask"]), stored > 127)
    assert pixels(row["mask"]).sum() < np.count_nonzero(stored > 0)


def test_pictures_without_tumour_have_no_mask_and_say_so(tmp_path: Path) -> None:
    rows = [row for row in run("brisc-2025", "clean", tmp_path).rows() if "_no_" in row["image_id"]]
    assert len(rows) == 2
    assert all(row["mask"] is None and row["classes"] == [] for row in rows)


def test_real_files(real: Callable[[str], Path], tmp_path: Path) -> None:
    raw, out = real("brisc-2025"), tmp_path / "out"
    conversion = convert("brisc-2025", raw, out, workers=1)
    assert not conversion.rejected and conversion.rows == 5
    for row in Converted("brisc-2025", run("brisc-2025", "clean", tmp_path / "p").phantom, conversion, out).rows():
        with Image.open(raw / "brisc2025" / row["source_file"]) as picture:
            assert np.array_equal(pixels(row["image"]), np.asarray(picture))
        if row["mask"] is None:
            assert "_no_" in row["image_id"]
            continue
        with Image.open(raw / "brisc2025" / row["source_file"].replace("images", "masks").replace(".jpg", ".png")) as picture:
            assert np.array_equal(pixels(row["mask"]), np.asarray(picture) > 127)
