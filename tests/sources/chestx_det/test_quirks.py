"""ChestX-Det's quirks, one by one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pycocotools import mask as coco

from hf_medseg.conversion.run import convert
from tests.support.harness import Converted, pixels, run
from tests.support.kit import grey, save


def test_what_one_class_covers_of_another_is_in_its_own_map(tmp_path: Path) -> None:
    row = run("chestx-det", "clean", tmp_path).row("70958")
    assert row["mask_names"] == ["diffuse_nodule", "pleural_thickening"]
    nodules, thickening = map(pixels, row["masks"])
    assert nodules.all() and thickening.sum() == 36
    assert row["mask_overlap"] and np.count_nonzero(pixels(row["mask"]) == 5) == nodules.sum() - 36


def test_a_film_without_findings_was_looked_at(tmp_path: Path) -> None:
    row = run("chestx-det", "clean", tmp_path).row("36310")
    assert row["classes"] == [0] and not pixels(row["mask"]).any() and row["masks"] == []


def test_real_outlines_are_those_of_pycocotools(real: Callable[[str], Path], tmp_path: Path) -> None:
    records = json.loads((real("chestx-det") / "ChestX_Det_test.json").read_text())
    chosen = [record for record in records if len(set(record["syms"])) > 3][:3]
    raw = tmp_path / "raw"
    for record in chosen:
        save(raw / "test_data" / record["file_name"], grey(record["file_name"], 1024, 1024))
    (raw / "ChestX_Det_test.json").write_text(json.dumps(chosen))
    conversion = convert("chestx-det", raw, tmp_path / "out", workers=1)
    assert not conversion.rejected and conversion.rows == len(chosen) == 3
    converted = Converted("chestx-det", run("chestx-det", "train_only", tmp_path / "p").phantom, conversion, tmp_path / "out")
    for record in chosen:
        row = converted.row(record["file_name"].removesuffix(".png"))
        assert row["mask_names"] == sorted({sym.lower().replace(" ", "_") for sym in record["syms"]})
        for name, found in zip(row["mask_names"], row["masks"], strict=True):
            outlines = [
                [float(number) for point in polygon for number in point]
                for sym, polygon in zip(record["syms"], record["polygons"], strict=True)
                if sym.lower().replace(" ", "_") == name
            ]
            expected = coco.decode(coco.merge(coco.frPyObjects(outlines, 1024, 1024)))
            assert np.array_equal(pixels(found), expected)
