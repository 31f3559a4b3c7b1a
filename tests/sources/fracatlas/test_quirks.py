"""FracAtlas's quirks, one by one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pycocotools import mask as coco

from hf_medseg.conversion.run import convert
from tests.support.harness import Converted, pixels, run


def test_an_outline_past_the_border_is_cut_and_noted(tmp_path: Path) -> None:
    converted = run("fracatlas", "clean", tmp_path)
    assert pixels(converted.row("IMG0003297")["mask"]).sum() == 8 * 8
    assert any("beyond the picture" in json.dumps(one) for one in converted.section()["notes"] + converted.section()["known"])


def test_a_wrong_count_says_both_numbers(tmp_path: Path) -> None:
    (rejected,) = run("fracatlas", "other_count", tmp_path).section()["rejected"]
    assert "dataset.csv counts 3 fractures, COCO_fracture_masks.json outlines 2" in json.dumps(rejected)


def test_real_masks_lie_on_the_bones_of_the_stored_grid(real: Callable[[str], Path], tmp_path: Path) -> None:
    raw, out = real("fracatlas") / "FracAtlas", tmp_path / "out"
    told: dict[str, Any] = json.loads((raw / "Annotations/COCO JSON/COCO_fracture_masks.json").read_text())
    conversion = convert("fracatlas", raw, out, workers=1)
    there = sorted(path.stem for path in (raw / "images/Fractured").glob("*.jpg"))
    assert conversion.rows == len(there) == 5
    converted = Converted("fracatlas", run("fracatlas", "clean", tmp_path / "p").phantom, conversion, out)
    for stem in there:
        record = next(one for one in told["images"] if one["file_name"] == f"{stem}.jpg")
        outlines = [one["segmentation"][0] for one in told["annotations"] if one["image_id"] == record["id"]]
        upright = coco.decode(coco.merge(coco.frPyObjects(outlines, record["height"], record["width"])))
        row = converted.row(stem)
        with Image.open(raw / f"images/Fractured/{stem}.jpg") as picture:
            assert np.array_equal(pixels(row["image"]), np.asarray(picture))
        expected = np.rot90(upright, {None: 0, 1: 0, 3: 2, 8: -1}[row["exif_orientation"]])
        assert np.array_equal(pixels(row["mask"]), expected)
