"""Quirks of SegPC-2021, each under its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.support.harness import PHANTOMS, Converted, pixels, run


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return run("segpc-2021", "clean", tmp_path_factory.mktemp("segpc"))


def test_picture_610_has_no_masks(clean: Converted) -> None:
    row = clean.row("610")
    assert row["mask"] is None
    assert row["instances"] is None
    assert row["masks"] is None and row["mask_names"] is None and row["classes"] == []
    (note,) = clean.section()["known"]
    assert note["path"] == "validation/x/610.bmp"
    assert not clean.conversion.rejected


def test_the_test_split_has_no_masks(clean: Converted) -> None:
    assert {row["image_id"]: row["mask"] for row in clean.rows() if row["split"] == "test"} == {"107": None, "9276": None}


def test_cell_numbers_have_gaps_and_go_by_value(clean: Converted) -> None:
    row = clean.row("10")
    assert row["mask_names"] == ["10_1", "10_3", "10_12"]
    assert sorted(np.unique(pixels(row["instances"]))) == [0, 1, 2, 3]


def test_a_mask_of_102_is_not_one_of_10(clean: Converted) -> None:
    assert clean.row("102")["mask_names"] == ["102_1"]


def test_touching_cells_overlap(clean: Converted) -> None:
    row = clean.row("10")
    cells = [pixels(mask) > 0 for mask in row["masks"]]
    both = cells[0] & cells[1]
    assert both.any()
    assert row["mask_overlap"] is True
    assert clean.row("102")["mask_overlap"] is False
    assert (pixels(row["instances"])[both] == 2).all()


def test_the_nucleus_wins_where_cells_overlap(clean: Converted) -> None:
    row = clean.row("10")
    cells = [pixels(mask) for mask in row["masks"]]
    differing = (cells[0] > 0) & (cells[1] > 0) & (cells[0] != cells[1])
    assert differing.any()
    assert (pixels(row["mask"])[differing] == 2).all()


def test_one_cell_outlined_twice_is_known_and_kept(tmp_path: Path) -> None:
    converted = run("segpc-2021", "twice_annotated", tmp_path)
    assert converted.row("2122")["mask_names"] == ["2122_4", "2122_5"]
    assert any("2122_4" in note["reason"] for note in converted.section()["known"] if note["path"].endswith("2122_5.bmp"))


def test_a_nucleus_may_fill_its_cell(clean: Converted) -> None:
    assert sorted(np.unique(pixels(clean.row("1697")["masks"][0]))) == [0, 2]


def test_20_and_40_are_no_empty_mask(clean: Converted) -> None:
    with Image.open(clean.phantom.raw / "train" / "y" / "102_1.bmp") as published:
        stored = np.asarray(published)
    assert np.array_equal(pixels(clean.row("102")["masks"][0]) * 20, stored[..., 0])
    assert clean.row("102")["classes"] == [0, 1, 2]


def test_merged_jpeg_copies_are_not_this_source(tmp_path: Path) -> None:
    phantom = PHANTOMS["segpc-2021"].make(tmp_path / "raw")
    for path in phantom.raw.rglob("*.bmp"):
        Image.open(path).save(path.with_suffix(".jpg"))
        path.unlink()
    with pytest.raises(Refused, match=r"This is not segpc-2021\. Looked for"):
        convert("segpc-2021", phantom.raw, tmp_path / "out", workers=1)


def test_a_mask_of_60_is_two_cells_added_up(tmp_path: Path) -> None:
    (rejected,) = run("segpc-2021", "undeclared_value", tmp_path).conversion.rejected
    assert rejected["file"] == "validation/y/106_2.bmp"
    assert "mask values 60 where only 0, 20, 40 are declared" in rejected["expected"]


def test_the_camera_is_read_from_the_size(tmp_path: Path) -> None:
    converted = run("segpc-2021", "cameras", tmp_path)
    names = converted.names("camera")
    assert {row["image_id"]: names[row["camera"]] for row in converted.rows()} == {"110": "nikon", "1783": "olympus"}
