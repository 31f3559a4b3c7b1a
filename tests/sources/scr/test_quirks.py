"""SCR on JSRT: every quirk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.formats.physical import physical
from tests.sources.scr import phantom
from tests.sources.scr.phantom import STRUCTURES, density, doubled, films_of, structures
from tests.support.harness import Converted, check, pixels, run


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return run("scr", "clean", tmp_path_factory.mktemp("scr"))


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return run("scr", "cut_words", tmp_path_factory.mktemp("scr"))


def test_tables_end_lines_with_a_bare_carriage_return(clean: Converted) -> None:
    tables = [path.read_bytes() for path in clean.phantom.raw.rglob("C?NDAT_EN.*")]
    assert len(tables) == 2
    assert all(b"\r" in data and b"\n" not in data for data in tables)
    assert clean.row("JPCLN016")["age"] == 51 and clean.row("JPCNN001")["age"] == 34


@pytest.mark.parametrize(
    ("stem", "location", "diagnosis"),
    [
        ("JPCLN002", "l.upper lobe(S1+2)", "pulmonary hematoma"),
        ("JPCLN070", "r.middle lobe(S5)", "organiging pneumonia"),
        ("JPCLN107", "left lung", "inflammatory mass"),
        ("JPCLN109", "right lung", "metastasis of colon cancer"),
    ],
)
def test_cut_words_are_joined(cut: Converted, stem: str, location: str, diagnosis: str) -> None:
    row = cut.row(stem)
    assert (row["location"], row["diagnosis"]) == (location, diagnosis)


def test_a_cut_between_words_gets_its_blank_back(clean: Converted) -> None:
    assert clean.row("JPCLN113")["diagnosis"] == "lung cancer or metastasis"
    assert clean.row("JPCLN106")["diagnosis"] == "lung cancer"


def test_subtlety_comes_first_and_size_second(clean: Converted) -> None:
    row = clean.row("JPCLN016")
    assert (row["subtlety"], row["nodule_size_mm"]) == (4, 17)


def test_an_unknown_age_is_null_and_shifts_nothing(clean: Converted) -> None:
    row = clean.row("JPCLN106")
    assert (row["age"], row["nodule_size_mm"], row["nodule_x"], row["nodule_y"]) == (None, 12, 301, 1310)


def test_tables_under_the_names_of_the_guide(tmp_path: Path) -> None:
    assert run("scr", "guide_names", tmp_path).row("JPCLN113")["diagnosis"] == "lung cancer or m\u00e9tastasis"


def test_the_wrong_byte_order_is_rejected(tmp_path: Path) -> None:
    rejected = {one["image_id"]: one["expected"] for one in run("scr", "bad_images", tmp_path).conversion.rejected}
    assert "byte order" in rejected["JPCLN113"]
    assert f"{phantom.FULL**2 * 2} bytes expected" in rejected["JPCLN106"]


def test_high_is_dark_and_comes_back(clean: Converted) -> None:
    row = clean.row("JPCLN016")
    assert np.array_equal(physical(row), density("JPCLN016"))
    assert (pixels(row["image"]).max(), row["rescale_slope"], row["rescale_intercept"]) == (4095, -1.0, 4095.0)


def test_masks_of_half_the_size_stand_for_four_pixels_each(clean: Converted) -> None:
    row = clean.row("JPCLN016")
    native = pixels(row["mask_native"])
    assert native.shape == (phantom.NATIVE, phantom.NATIVE)
    assert np.array_equal(pixels(row["mask"]), doubled(native))


def test_overlapping_structures_stay_whole(clean: Converted) -> None:
    row, shapes = clean.row("JPCLN016"), structures("JPCLN016")
    assert (shapes["right lung"] & shapes["right clavicle"]).any()
    for name in STRUCTURES:
        assert np.array_equal(pixels(row[f"mask_{name.replace(' ', '_')}"]), doubled(shapes[name]))


def test_the_right_lung_is_on_the_left_of_the_picture(clean: Converted) -> None:
    row = clean.row("JPCLN016")
    right, left = (np.nonzero(pixels(row[f"mask_{side}_lung"]))[1].mean() for side in ("right", "left"))
    assert right < left


@pytest.mark.parametrize(("stem", "fold"), [("JPCLN016", 2), ("JPCLN113", 1), ("JPCNN001", 1)])
def test_odd_numbers_are_fold_1(clean: Converted, stem: str, fold: int) -> None:
    assert clean.row(stem)["fold"] == fold


def test_the_outlier_of_a_landmark_set_stays_and_is_known(clean: Converted) -> None:
    assert clean.row("JPCLN016")["mask"] is not None
    assert [one["path"] for one in clean.section()["known"]] == ["jsrt/All247images/JPCLN016.IMG"]


def test_films_of_the_true_size(tmp_path: Path) -> None:
    with films_of(phantom.TRUE):
        made = phantom.make(tmp_path / "raw")
        for path in made.raw.rglob("*.IMG"):
            if path.stem != "JPCLN113":
                path.unlink()
        made.rows, made.known = [row for row in made.rows if row.image_id == "JPCLN113"], []
        found = Converted("scr", made, convert("scr", made.raw, tmp_path / "out", workers=1), tmp_path / "out")
        check(found)
    row = found.row("JPCLN113")
    assert (row["width"], row["height"]) == (2048, 2048)
    assert pixels(row["mask_native"]).shape == (1024, 1024)
    # A nodule may lie outside the lungs.
    lungs = pixels(row["mask_right_lung"]) | pixels(row["mask_left_lung"])
    assert not lungs[row["nodule_y"], row["nodule_x"]]


def test_differing_masks_in_both_folds_are_rejected(tmp_path: Path) -> None:
    rejected = {one["image_id"]: one["expected"] for one in run("scr", "bad_masks", tmp_path).conversion.rejected}
    assert "claim to be the same file and differ" in rejected["JPCLN016"]
    assert f"the source promises {phantom.NATIVE} x {phantom.NATIVE}" in rejected["JPCLN113"]


@pytest.mark.parametrize(("variant", "part"), [("no_jsrt", "jsrt"), ("no_scr", "scr")])
def test_a_missing_part_says_how_to_get_it(variant: str, part: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=rf"the part '{part}' is missing[\s\S]*1\. "):
        run("scr", variant, tmp_path)


def test_the_teaching_set_is_another_one(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="This is not scr"):
        run("scr", "mini_jsrt", tmp_path)
