"""Kvasir-SEG's quirks, one by one, and its real files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from hf_medseg.conversion.run import convert
from tests.support.harness import Converted, pixels, run
from tests.support.kit import Phantom


def test_jpeg_masks_are_thresholded_at_127_not_0(tmp_path: Path) -> None:
    row = run("kvasir-seg", "clean", tmp_path).row("cju0qkwl35piu0993l0dewei2")
    with Image.open(tmp_path / "raw" / "Kvasir-SEG" / "masks" / "cju0qkwl35piu0993l0dewei2.jpg") as picture:
        stored = np.asarray(picture)[..., 0]
    assert set(np.unique(pixels(row["mask"]))) == {0, 1}
    assert np.array_equal(pixels(row["mask"]), stored > 127)
    assert not np.array_equal(pixels(row["mask"]), stored > 0)


def test_misspelt_table_may_be_missing(tmp_path: Path) -> None:
    assert run("kvasir-seg", "clean", tmp_path / "json").row("cju0qkwl35piu0993l0dewei2")["boxes"]
    assert run("kvasir-seg", "no_boxes", tmp_path / "none").row("cju0qkwl35piu0993l0dewei2")["boxes"] is None


def test_boxes_from_csv_equal_those_from_json(tmp_path: Path) -> None:
    from_json = {row["image_id"]: row["boxes"] for row in run("kvasir-seg", "clean", tmp_path / "json").rows()}
    from_csv = {row["image_id"]: row["boxes"] for row in run("kvasir-seg", "kaggle", tmp_path / "csv").rows()}
    assert from_csv == from_json


def test_csv_boxes_are_in_files_and_a_missing_one_is_rejected(tmp_path: Path) -> None:
    converted = run("kvasir-seg", "kaggle", tmp_path)
    row = converted.row("cju0qkwl35piu0993l0dewei2")
    assert [file["path"] for file in row["files"] if file["column"] == "boxes"] == ["bbox/cju0qkwl35piu0993l0dewei2.csv"]
    next(converted.phantom.raw.rglob("cju0qkwl35piu0993l0dewei2.csv")).unlink()
    rejected = convert("kvasir-seg", converted.phantom.raw, tmp_path / "again", workers=1).rejected
    assert [one["image_id"] for one in rejected] == ["cju0qkwl35piu0993l0dewei2"]
    assert "bbox/cju0qkwl35piu0993l0dewei2.csv" in rejected[0]["expected"]


def test_connected_regions_are_not_polyps(tmp_path: Path) -> None:
    converted = run("kvasir-seg", "clean", tmp_path)
    assert len(converted.row("cju5waeduln160817w0agirve")["boxes"]) == 10
    speck = converted.row("cju1b0y2e396p08558ois175d")
    assert pixels(speck["mask"])[28:31, 4:7].all()
    assert len(speck["boxes"]) == 1


def test_sizes_differ_from_picture_to_picture(tmp_path: Path) -> None:
    rows = run("kvasir-seg", "clean", tmp_path).rows()
    assert len({(row["width"], row["height"]) for row in rows}) == len(rows)


def test_a_picture_that_no_list_or_table_names_is_rejected(tmp_path: Path) -> None:
    raw = run("kvasir-seg", "owner_lists", tmp_path).phantom.raw
    names = raw / "Kvasir-SEG" / "Data-split" / "train.txt"
    names.write_text(names.read_text().replace("cju0qkwl35piu0993l0dewei2\n", ""))
    table = raw / "Kvasir-SEG" / "kavsir_bboxes.json"
    boxes = json.loads(table.read_text())
    del boxes["cju0qx73cjw570799j4n5cjze"]
    table.write_text(json.dumps(boxes))
    rejected = convert("kvasir-seg", raw, tmp_path / "again", workers=1).rejected
    assert [one["image_id"] for one in rejected] == ["cju0qkwl35piu0993l0dewei2", "cju0qx73cjw570799j4n5cjze"]


def test_real_files(real: Callable[[str], Path], tmp_path: Path) -> None:
    folder = real("kvasir-seg")
    conversion = convert("kvasir-seg", folder, tmp_path / "out", workers=1)
    converted = Converted("kvasir-seg", Phantom(folder, []), conversion, tmp_path / "out")
    assert conversion.rejected == []
    rows = converted.rows()
    stems = sorted(path.stem for path in (folder / "Kvasir-SEG" / "images").iterdir())
    assert sorted(row["image_id"] for row in rows) == stems
    table = json.loads((folder / "Kvasir-SEG" / "kavsir_bboxes.json").read_text())
    for row in rows:
        stem = row["image_id"]
        with Image.open(folder / "Kvasir-SEG" / "images" / f"{stem}.jpg") as picture:
            assert np.array_equal(pixels(row["image"]), np.asarray(picture)), stem
        with Image.open(folder / "Kvasir-SEG" / "masks" / f"{stem}.jpg") as picture:
            assert np.array_equal(pixels(row["mask"]), np.asarray(picture)[..., 0] > 127), stem
        corners = [(box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]) for box in row["boxes"]]
        assert corners == [tuple(box[side] for side in ("xmin", "ymin", "xmax", "ymax")) for box in table[stem]["bbox"]]
    shares = {row["image_id"]: round(100 * float(pixels(row["mask"]).mean()), 3) for row in rows}
    assert shares["cju0qkwl35piu0993l0dewei2"] == 28.277
    assert shares["cju0rx1idathl0835detmsp84"] == 7.277
