"""CHASE_DB1's quirks, one by one, and its real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from hf_medseg.conversion.run import convert
from tests.support.harness import Converted, pixels, run
from tests.support.kit import Phantom


def test_both_eyes_of_a_child_share_the_patient(tmp_path: Path) -> None:
    converted = run("chase-db1", "clean", tmp_path)
    left, right = converted.row("Image_01L"), converted.row("Image_01R")
    assert left["patient_id"] == right["patient_id"] == "01"
    assert [converted.names("laterality")[row["laterality"]] for row in (left, right)] == ["left", "right"]


def test_side_files_of_windows_are_litter(tmp_path: Path) -> None:
    converted = run("chase-db1", "zone_identifier", tmp_path)
    assert len(converted.rows()) == 7
    assert converted.conversion.rejected == []
    reasons = {note["reason"] for note in converted.section()["not_used"]}
    assert reasons == {"left behind by an operating system"}


def test_one_bit_masks_are_not_empty(tmp_path: Path) -> None:
    row = run("chase-db1", "clean", tmp_path).row("Image_01L")
    with Image.open(tmp_path / "raw" / "Image_01L_1stHO.png") as picture:
        assert picture.mode == "1"
        assert np.array_equal(pixels(row["mask"]), np.asarray(picture).astype(np.uint8))
    assert row["classes"] == [0, 1]


def test_vessel_pixels_outside_the_disc_are_kept(tmp_path: Path) -> None:
    row = run("chase-db1", "clean", tmp_path).row("Image_01L")
    dark = pixels(row["image"]).max(axis=2) <= 20
    assert np.count_nonzero(pixels(row["mask"])[dark]) > 0


def test_the_two_observers_are_kept_apart(tmp_path: Path) -> None:
    row = run("chase-db1", "clean", tmp_path).row("Image_01L")
    assert not np.array_equal(pixels(row["mask"]), pixels(row["mask_2"]))


def test_no_field_of_view_is_invented(tmp_path: Path) -> None:
    assert "fov_mask" not in run("chase-db1", "clean", tmp_path).row("Image_01L")


def test_real_files(real: Callable[[str], Path], tmp_path: Path) -> None:
    folder = real("chase-db1")
    conversion = convert("chase-db1", folder, tmp_path / "out", workers=1)
    converted = Converted("chase-db1", Phantom(folder, []), conversion, tmp_path / "out")
    assert conversion.rejected == []
    rows = {row["image_id"]: row for row in converted.rows()}
    assert sorted(rows) == sorted(path.stem for path in folder.rglob("Image_*.jpg"))
    shares = {}
    for name, row in rows.items():
        with Image.open(folder / "CHASEDB1" / f"{name}.jpg") as picture:
            assert np.array_equal(pixels(row["image"]), np.asarray(picture)), name
        for column, observer in (("mask", "1stHO"), ("mask_2", "2ndHO")):
            with Image.open(folder / "CHASEDB1" / f"{name}_{observer}.png") as picture:
                assert np.array_equal(pixels(row[column]), np.asarray(picture).astype(np.uint8)), name
        shares[name] = [round(float(pixels(row[column]).mean()), 5) for column in ("mask", "mask_2")]
    assert shares["Image_01L"] == [0.06974, 0.06575]
    assert shares["Image_08L"] == [0.06468, 0.08002]
    # The first observer marks more than the second on 01-07 and less on 08-14, on average.
    for numbers, more in ((range(1, 8), True), (range(8, 15), False)):
        mine = np.array([share for name, share in shares.items() if int(name[6:8]) in numbers])
        assert bool(mine[:, 0].mean() > mine[:, 1].mean()) is more
