"""BUSI's quirks, one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.harness import pixels, run


def test_further_lesions_are_united_and_told_apart(tmp_path: Path) -> None:
    row = run("breast-cancer", "clean", tmp_path).row("benign (195)")
    folder = tmp_path / "raw" / "Dataset_BUSI_with_GT" / "benign"
    assert row["num_masks"] == 3
    union = np.zeros((row["height"], row["width"]), bool)
    for number, suffix in enumerate(("_mask", "_mask_1", "_mask_2"), 1):
        with Image.open(folder / f"benign (195){suffix}.png") as picture:
            lesion = np.asarray(picture.convert("L")) > 127
        assert np.array_equal(pixels(row["instances"]) == number, lesion)
        union |= lesion
    assert np.array_equal(pixels(row["mask"]), union)


def test_one_row_a_picture_whatever_the_number_of_masks(tmp_path: Path) -> None:
    converted = run("breast-cancer", "clean", tmp_path)
    assert len(converted.rows()) == 9
    assert sum(row["num_masks"] for row in converted.rows()) == 14


def test_masks_of_any_mode(tmp_path: Path) -> None:
    rows = run("breast-cancer", "clean", tmp_path).rows()
    folder = tmp_path / "raw" / "Dataset_BUSI_with_GT"
    modes = set()
    for path in folder.rglob("*_mask*.png"):
        with Image.open(path) as picture:
            modes.add(picture.mode)
    assert modes == {"1", "L", "LA", "RGB", "RGBA"}
    assert all(set(np.unique(pixels(row["mask"]))) <= {0, 1} for row in rows)


def test_byte_identical_pictures_are_listed(tmp_path: Path) -> None:
    converted = run("breast-cancer", "duplicates", tmp_path)
    assert converted.section()["duplicate"] == ["benign/benign (26).png"]
    assert converted.row("benign (25)")["source_sha256"] == converted.row("benign (26)")["source_sha256"]


def test_the_contradicting_pair_is_known_and_stays(tmp_path: Path) -> None:
    converted = run("breast-cancer", "clean", tmp_path)
    assert [note["path"] for note in converted.section()["known"]] == ["benign/benign (433).png", "malignant/malignant (145).png"]
    labels = [converted.names("label")[converted.row(name)["label"]] for name in ("benign (433)", "malignant (145)")]
    assert labels == ["benign", "malignant"]


def test_the_pair_is_not_reported_where_it_is_not(tmp_path: Path) -> None:
    from hf_medseg.conversion.run import convert

    raw = run("breast-cancer", "clean", tmp_path).phantom.raw
    for path in raw.rglob("malignant (145)*"):
        path.unlink()
    assert convert("breast-cancer", raw, tmp_path / "again", workers=1).report["configs"]["default"]["known"] == []


def test_numbers_are_sorted_as_numbers(tmp_path: Path) -> None:
    rows = run("breast-cancer", "clean", tmp_path, limit=3).rows()
    assert {row["image_id"] for row in rows} == {"benign (4)", "benign (6)", "benign (25)"}


def test_sizes_of_mask_and_picture_are_compared(tmp_path: Path) -> None:
    (rejected,) = run("breast-cancer", "mask_size", tmp_path).conversion.rejected
    assert rejected["file"] == "malignant/malignant (53)_mask_1.png"
    assert "33 x 40" in rejected["expected"]


def test_masks_of_normal_are_black_and_not_null(tmp_path: Path) -> None:
    row = run("breast-cancer", "clean", tmp_path).row("normal (1)")
    assert row["classes"] == [0]
    assert not pixels(row["instances"]).any()


def test_coloured_overlays_stay_in_the_picture(tmp_path: Path) -> None:
    image = pixels(run("breast-cancer", "clean", tmp_path).row("benign (6)")["image"])
    assert (image[2:6, 3:12] == (250, 200, 10)).all()
