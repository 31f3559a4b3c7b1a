"""HyperKvasir's quirks, one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.support.harness import pixels, run

TWO_POLYPS = "4604cf0d-7992-48a4-baba-51768bcf0469"


def test_jpeg_masks_are_thresholded_at_127_not_0(tmp_path: Path) -> None:
    for row in run("hyperkvasir", "clean", tmp_path).rows():
        with Image.open(tmp_path / "raw" / "raw" / "segmented-images" / "masks" / f"{row['image_id']}.jpg") as picture:
            stored = np.asarray(picture)[..., 0]
        assert np.array_equal(pixels(row["mask"]), stored > 127)
        assert pixels(row["mask"]).sum() < np.count_nonzero(stored > 0)


def test_boxes_are_not_polyps(tmp_path: Path) -> None:
    boxes = run("hyperkvasir", "clean", tmp_path).row(TWO_POLYPS)["boxes"]
    assert len(boxes) == 3
    sliver, around = boxes[2], boxes[1]
    assert sliver["width"] == 3
    assert around["x"] <= sliver["x"] and sliver["x"] + sliver["width"] <= around["x"] + around["width"]


def test_boxes_may_end_at_the_border(tmp_path: Path) -> None:
    rows = run("hyperkvasir", "clean", tmp_path).rows()
    assert any(box["x"] + box["width"] == row["width"] for row in rows for box in row["boxes"])
    assert any(box["y"] + box["height"] == row["height"] for row in rows for box in row["boxes"])


def test_the_labelled_part_repeats_pictures_and_gives_no_rows(tmp_path: Path) -> None:
    converted = run("hyperkvasir", "whole_download", tmp_path)
    assert len(converted.rows()) == 4
    assert converted.conversion.rejected == [] and converted.section()["duplicate"] == []


def test_without_the_table_of_boxes_the_layout_proves_nothing(tmp_path: Path) -> None:
    raw = run("hyperkvasir", "clean", tmp_path).phantom.raw
    (raw / "segmented-images" / "bounding-boxes.json").unlink()
    with pytest.raises(Refused, match="not hyperkvasir"):
        convert("hyperkvasir", raw, tmp_path / "again", workers=1)


def test_kvasir_seg_does_not_pass_as_hyperkvasir(tmp_path: Path) -> None:
    raw = run("kvasir-seg", "clean", tmp_path).phantom.raw
    with pytest.raises(Refused, match="looks like kvasir-seg"):
        convert("hyperkvasir", raw, tmp_path / "again", workers=1)
