"""DRIVE's quirks, one by one."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.harness import pixels, run


def test_second_manual_is_a_palette_file_with_indices_0_and_1(tmp_path: Path) -> None:
    converted = run("drive", "older_archive", tmp_path)
    raw = tmp_path / "raw" / "DRIVE" / "test" / "2nd_manual" / "01_manual2.gif"
    with Image.open(raw) as picture:
        assert picture.mode == "P"
        indices = np.asarray(picture)
    found = pixels(converted.row("01_test")["mask_2"])
    assert found.any()
    assert np.array_equal(found, indices)


def test_todays_test_set_has_null_masks_not_empty_ones(tmp_path: Path) -> None:
    converted = run("drive", "clean", tmp_path)
    row = converted.row("01_test")
    assert row["mask"] is None and row["mask_2"] is None and row["classes"] == []
    assert pixels(row["fov_mask"]).any()
    assert converted.conversion.rejected == []
    assert converted.section()["splits"]["test"]["rows_with_mask"] == 0


def test_one_missing_manual_of_the_older_test_set_is_rejected(tmp_path: Path) -> None:
    from hf_medseg.conversion.run import convert

    raw = run("drive", "older_archive", tmp_path).phantom.raw
    (raw / "DRIVE" / "test" / "1st_manual" / "02_manual1.gif").unlink()
    (raw / "DRIVE" / "test" / "2nd_manual" / "10_manual2.gif").unlink()
    rejected = convert("drive", raw, tmp_path / "again", workers=1).rejected
    assert [one["image_id"] for one in rejected] == ["02_test", "10_test"]


def test_training_only_has_one_observer(tmp_path: Path) -> None:
    row = run("drive", "older_archive", tmp_path).row("21_training")
    assert row["mask"] is not None and row["mask_2"] is None


def test_vessel_pixels_outside_the_field_of_view_are_kept(tmp_path: Path) -> None:
    row = run("drive", "clean", tmp_path).row("21_training")
    assert np.count_nonzero(pixels(row["mask"])[pixels(row["fov_mask"]) == 0]) > 0


def test_the_folder_called_mask_is_the_field_of_view(tmp_path: Path) -> None:
    row = run("drive", "clean", tmp_path).row("21_training")
    with Image.open(tmp_path / "raw" / "training" / "mask" / "21_training_mask.gif") as picture:
        assert np.array_equal(pixels(row["fov_mask"]), np.asarray(picture) // 255)
    with Image.open(tmp_path / "raw" / "training" / "1st_manual" / "21_manual1.gif") as picture:
        assert np.array_equal(pixels(row["mask"]), np.asarray(picture) // 255)


def test_every_mask_is_stored_in_mode_l(tmp_path: Path) -> None:
    row = run("drive", "older_archive", tmp_path).row("01_test")
    for column in ("mask", "mask_2", "fov_mask"):
        with Image.open(io.BytesIO(row[column]["bytes"])) as picture:
            assert (picture.format, picture.mode) == ("PNG", "L")


def test_augmented_copies_are_rejected_by_name(tmp_path: Path) -> None:
    converted = run("drive", "altered", tmp_path)
    reasons = {one["image_id"]: one["expected"] for one in converted.conversion.rejected}
    assert sorted(reasons) == ["27_training", "34_training", "41_training", "57_training"]
    assert "21-40" in reasons["41_training"]
    assert any("34manual1.gif" in str(one) for one in converted.section()["not_used"])


def test_width_and_height_are_not_exchanged(tmp_path: Path) -> None:
    row = run("drive", "clean", tmp_path).row("21_training")
    with Image.open(tmp_path / "raw" / "training" / "images" / "21_training.tif") as picture:
        assert (row["width"], row["height"]) == picture.size
        assert row["width"] != row["height"]
