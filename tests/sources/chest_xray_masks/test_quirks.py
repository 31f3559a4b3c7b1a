"""Chest X-ray masks: a test for every quirk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hf_medseg.catalog.lookup import find_source
from hf_medseg.formats.pixels import MAX_PIXELS
from hf_medseg.sources.chest_xray_masks.source import reading, same_people, unmasked
from tests.support.harness import Converted, pixels, run


def test_two_naming_rules_of_masks(tmp_path: Path) -> None:
    converted = run("chest-xray-masks", "clean", tmp_path)
    files = {row["image_id"]: [file["path"] for file in row["files"]] for row in converted.rows()}
    assert files["MCUCXR_0001_0"] == ["CXR_png/MCUCXR_0001_0.png", "masks/MCUCXR_0001_0.png"]
    assert files["CHNCXR_0001_0"] == ["CXR_png/CHNCXR_0001_0.png", "masks/CHNCXR_0001_0_mask.png"]


def test_the_tree_below_data_doubles_nothing(tmp_path: Path) -> None:
    twice, once = run("chest-xray-masks", "clean", tmp_path / "twice"), run("chest-xray-masks", "single-tree", tmp_path / "once")
    assert twice.rows() == once.rows()
    assert "data/Lung Segmentation/CXR_png/CHNCXR_0001_0.png" in twice.section()["duplicate"]


def test_96_films_of_shenzhen_have_no_mask(tmp_path: Path) -> None:
    numbers = [number for number in range(1, 663) if unmasked(f"{number:04d}")]
    assert len(numbers) == 96
    assert len([number for number in numbers if number <= 326]) == 47
    rows = run("chest-xray-masks", "clean", tmp_path).rows()
    assert [row["image_id"] for row in rows if row["mask"] is None] == ["CHNCXR_0025_0", "CHNCXR_0336_1"]
    assert {row["split"] for row in rows} == {"train"}


def test_palette_and_rgb_films_are_grey(tmp_path: Path) -> None:
    converted = run("chest-xray-masks", "clean", tmp_path)
    for expected in converted.phantom.rows:
        assert np.array_equal(pixels(converted.row(expected.image_id)["image"]), expected.image)


def test_films_of_4k_are_within_the_limit() -> None:
    assert MAX_PIXELS > 4020 * 4892


def test_the_apical_view_and_black_borders_are_kept(tmp_path: Path) -> None:
    row = run("chest-xray-masks", "montgomery", tmp_path).row("MCUCXR_0251_1")
    assert row["finding"] == "cavitary infiltrate in RUL; apical view"


def test_numbers_are_not_contiguous(tmp_path: Path) -> None:
    rows = run("chest-xray-masks", "montgomery", tmp_path).rows()
    assert [row["patient_id"] for row in rows] == ["MCUCXR_0001", "MCUCXR_0251"]


def test_thumbs_db_is_left_alone(tmp_path: Path) -> None:
    assert any("Thumbs.db" in str(note) for note in run("chest-xray-masks", "clean", tmp_path).section()["not_used"])


def test_left_and_right_of_the_montgomery_original_are_united(tmp_path: Path) -> None:
    row = run("chest-xray-masks", "montgomery", tmp_path).row("MCUCXR_0001_0")
    left, right = pixels(row["mask_image_left"]), pixels(row["mask_image_right"])
    assert (left & right).any(), "where both claim a pixel, it is lung"
    assert np.array_equal(pixels(row["mask"]), left | right)


@pytest.mark.parametrize(
    ("text", "sex", "age", "finding"),
    [
        ("Patient's Sex: F\nPatient's Age: 031Y\nnormal", "female", 31, "normal"),
        ("male 46yrs\nnormal", "male", 46, "normal"),
        ("Female, 33 yrs.\nnormal", "female", 33, "normal"),
        ("female37yr\nright upper PTB\nwith effusion", "female", 37, "right upper PTB with effusion"),
        ("male  6 months\nnormal", "male", 0.5, "normal"),
        ("male 0.5yr\nnormal", "male", 0.5, "normal"),
        ("male\nSTB", "male", None, "STB"),
        ("male 42\nnormal", "male", 42, "normal"),
        ("female 7", "female", 7, None),
        ("male\n2 nodules in RUL", "male", None, "2 nodules in RUL"),
        ("male, 2 nodules", "male", None, "2 nodules"),
        ("Patient's Sex: O \nPatient's Age: 005Y\nnormal", None, 5, "normal"),
        ("Sex: O\nAge: 005Y\nnormal", None, 5, "normal"),
        ("Sex: female\nAge: 30\nnormal", "female", 30, "normal"),
        ("other 30yrs\nnormal", None, 30, "normal"),
        ("O 30yrs\nnormal", None, 30, "normal"),
        ("old scars", None, None, None),
        ("no such form", None, None, None),
        ("", None, None, None),
    ],
)
def test_readings(text: str, sex: str | None, age: float | None, finding: str | None) -> None:
    found = reading(text)
    assert (found.get("sex"), found.get("age"), found.get("finding")) == (sex, age, finding)
    assert found["reading"] == (text or None)


def test_readings_that_differ_reject_their_film(tmp_path: Path) -> None:
    from hf_medseg.conversion.run import convert
    from tests.support.harness import PHANTOMS

    phantom = PHANTOMS["chest-xray-masks"].make(tmp_path / "raw", "clean")
    twin = phantom.raw / "data" / "Lung Segmentation" / "ClinicalReadings" / "CHNCXR_0001_0.txt"
    twin.write_text("female 12yrs\nnormal")
    found = convert("chest-xray-masks", phantom.raw, tmp_path / "out", workers=1)
    (rejected,) = found.report["configs"]["default"]["rejected"]
    assert "CHNCXR_0001_0" in rejected["file"]


def test_films_of_which_a_reading_says_that_they_show_one_person_share_its_id(tmp_path: Path) -> None:
    from hf_medseg.conversion.run import convert
    from tests.support import kit
    from tests.support.harness import PHANTOMS

    phantom = PHANTOMS["chest-xray-masks"].make(tmp_path / "raw", "montgomery")
    (text,) = phantom.raw.rglob("MCUCXR_0251_1.txt")
    kit.write(text, "Patient's Sex: M \nPatient's Age: 049Y\nNO REPORT (same pt as MCUCXR_0001_0)")
    conversion = convert("chest-xray-masks", phantom.raw, tmp_path / "out", workers=1)
    rows = Converted("chest-xray-masks", phantom, conversion, tmp_path / "out").rows()
    assert {row["image_id"]: row["patient_id"] for row in rows} == {"MCUCXR_0001_0": "MCUCXR_0001", "MCUCXR_0251_1": "MCUCXR_0001"}
    assert rows[1]["finding"] == "NO REPORT (same pt as MCUCXR_0001_0)"


def test_one_person_in_three_films() -> None:
    texts = {
        "MCUCXR_0170_1": ["(Same patient as MCUCXR_0166_1)"],
        "MCUCXR_0166_1": ["(same pt as MCUCXR_0162_1)"],
        "MCUCXR_0162_1": ["normal"],
    }
    assert set(same_people(texts).values()) == {"MCUCXR_0162"}
    assert len(same_people(texts)) == 3
    assert same_people({"MCUCXR_0001_0": ["normal, the same. Compare MCUCXR_0002_0"]}) == {}


def test_a_copy_with_the_same_pixels_in_other_bytes_is_a_duplicate(tmp_path: Path) -> None:
    from hf_medseg.conversion.run import convert
    from tests.support.harness import PHANTOMS

    phantom = PHANTOMS["chest-xray-masks"].make(tmp_path / "raw", "single-tree")
    copies = sorted(phantom.raw.rglob("test/*.png"))
    assert copies
    for path in copies:  # as in the real mix: grey where CXR_png holds a palette
        with Image.open(path) as picture:
            picture.convert("L").save(path, optimize=True)
    conversion = convert("chest-xray-masks", phantom.raw, tmp_path / "out", workers=1)
    section = conversion.report["configs"]["default"]
    assert not conversion.rejected
    assert {path.name for path in copies} == {Path(one).name for one in section["duplicate"]}
    with Image.open(copies[0]) as picture:
        changed = np.asarray(picture).copy()
    changed[0, 0] ^= 1
    Image.fromarray(changed).save(copies[0])
    (rejected,) = convert("chest-xray-masks", phantom.raw, tmp_path / "other", workers=1).rejected
    assert "claim to be the same file and differ" in rejected["expected"]


def test_a_label_of_the_uploader_does_not_open_it() -> None:
    assert find_source("chest-xray-masks-and-labels").tiers == ("unknown",)
