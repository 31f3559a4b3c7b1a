"""DeepLIIF's quirks, one by one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from hf_medseg.conversion.run import convert
from tests.support.harness import Converted, pixels, run


def test_a_picture_without_segmentation_says_so(tmp_path: Path) -> None:
    (rejected,) = run("deepliif", "no_segmentation", tmp_path).section()["rejected"]
    assert "holds no segmentation" in json.dumps(rejected)


def test_a_real_picture(real: Callable[[str], Path], tmp_path: Path) -> None:
    source = real("deepliif") / "Datasets/Sample_Dataset/train/Lung1.png"
    raw, out = tmp_path / "raw", tmp_path / "out"
    (raw / "DeepLIIF_Training_Set").mkdir(parents=True)
    shutil.copyfile(source, raw / "DeepLIIF_Training_Set/Lung1.png")
    conversion = convert("deepliif", raw, out, workers=1)
    assert not conversion.rejected and conversion.rows == 1
    row = Converted("deepliif", run("deepliif", "one_panel", tmp_path / "p").phantom, conversion, out).row("train_Lung1")
    with Image.open(source) as picture:
        panels = np.split(np.asarray(picture), 6, axis=1)
    for name, panel in zip(("image", "image_hematoxylin", "image_dapi", "image_lap2", "image_marker"), panels, strict=False):
        assert np.array_equal(pixels(row[name]), panel)
    red, green, blue = (panels[5][..., k] > 127 for k in range(3))
    assert np.array_equal(pixels(row["mask"]), blue * 1 + red * 2 + green * 3)
    assert row["classes"] == [0, 1, 2, 3]
