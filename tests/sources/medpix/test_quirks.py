"""MedPix 2.0: every quirk, on phantoms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hf_medseg.conversion.run import convert
from tests.support.harness import PHANTOMS, Converted, pixels, run


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return run("medpix", "clean", tmp_path_factory.mktemp("medpix"))


def test_keys_are_read_in_either_spelling(clean: Converted, tmp_path: Path) -> None:
    small = run("medpix", "small_keys", tmp_path)
    assert [row["location_category"] for row in small.rows()] == [row["location_category"] for row in clean.rows()]


def test_modality_is_that_of_the_descriptions_not_tac_or_mri(clean: Converted) -> None:
    assert {row["modality"] for row in clean.rows()} == {"CT", "MR"}
    assert "TAC" in (clean.phantom.raw / "MedPix-2-0" / "images_overview.csv").read_text()


def test_ages_are_years_whatever_their_unit_and_null_where_none_is_said(clean: Converted) -> None:
    ages = {row["image_id"]: row["age"] for row in clean.rows()}
    assert ages["MPX1007_synpic46719"] == 41
    assert ages["MPX1009_synpic46283"] is None  # N/A
    assert ages["MPX1024_synpic33"] == pytest.approx(42 / 365.25)  # 6 weeks


def test_n_a_is_null(clean: Converted) -> None:
    row = clean.row("MPX1009_synpic46283")
    assert (row["sex"], row["plane"], row["history"]) == (None, None, None)


def test_texts_keep_their_line_breaks(clean: Converted) -> None:
    assert clean.row("MPX1007_synpic46719")["history"] == "Pain in the right flank.\r\nNo fever."


def test_who_made_the_diagnosis_is_left_out(clean: Converted) -> None:
    assert not any("by" in name for name in clean.rows()[0])
    assert clean.phantom.secrets  # none of them is in the output: the harness searches every byte


def test_opaque_alpha_is_dropped(clean: Converted) -> None:
    assert pixels(clean.row("MPX1024_synpic33")["image"]).shape[2] == 3


def test_official_splits_are_by_case(clean: Converted) -> None:
    found = {row["image_id"]: (row["split"], row["train_part"]) for row in clean.rows()}
    assert found["MPX1007_synpic46719"] == ("validation", None)
    assert found["MPX1012_synpic9949"] == found["MPX1012_synpic22950"] == ("train", 2)


def test_a_case_in_no_list_is_rejected(tmp_path: Path) -> None:
    phantom = PHANTOMS["medpix"].make(tmp_path / "raw", "clean")
    for name in ("data_train.jsonl", "data_train_1.jsonl"):
        path = phantom.raw / "MedPix-2-0" / "splitted_dataset" / name
        path.write_text("".join(line for line in path.read_text().splitlines(True) if "MPX1024" not in line))
    (rejected,) = convert("medpix", phantom.raw, tmp_path / "out", workers=1).rejected
    assert "MPX1024 is in none of the lists" in rejected["expected"]


def test_masks_are_null(clean: Converted) -> None:
    assert {row["mask"] for row in clean.rows()} == {None}
    assert np.unique([len(row["classes"]) for row in clean.rows()]).tolist() == [0]
