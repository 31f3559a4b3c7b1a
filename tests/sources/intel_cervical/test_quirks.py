"""Intel & MobileODT cervix photographs: every quirk, on phantoms."""

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
    return run("intel-cervical", "clean", tmp_path_factory.mktemp("intel"))


def test_empty_and_cut_files_are_known_and_reject_nothing(clean: Converted) -> None:
    known = {note["path"]: note["reason"] for note in clean.section()["known"] if note["path"].endswith(".jpg")}
    assert len(known) == 6
    assert known["additional/Type_2/2845.jpg"].endswith("(published empty)")
    assert known["train/Type_1/1339.jpg"].endswith("(published cut short)")
    assert not clean.conversion.rejected


def test_sound_copies_of_the_bad_files_are_rows(tmp_path: Path) -> None:
    converted = run("intel-cervical", "repaired", tmp_path)
    assert pixels(converted.row("train_Type_1_1339")["image"]).ndim == 3
    assert len([note for note in converted.section()["known"] if note["path"].endswith(".jpg")]) == 4


def test_both_tables_speak_of_the_additional_pictures_and_not_of_train(clean: Converted) -> None:
    def labels(name: str) -> tuple[str, str]:
        row = clean.row(name)
        return clean.names("label")[row["label"]], clean.names("label")[row["original_label"]]

    assert labels("additional_Type_2_80") == ("type_3", "type_2")
    assert labels("additional_Type_3_9") == ("type_1", "type_3")
    assert labels("additional_Type_1_9") == ("type_1", "type_1")
    # The tables list these numbers and types, and removed_files.csv lists 1120.jpg: of train they are other pictures.
    assert labels("train_Type_1_80") == ("type_1", "type_1")
    assert labels("train_Type_2_968") == ("type_2", "type_2")
    assert labels("train_Type_3_1120") == ("type_3", "type_3")


def test_no_patient_is_known(clean: Converted) -> None:
    assert {row["patient_id"] for row in clean.rows()} == {None}


def test_numbers_repeat_and_ids_do_not(clean: Converted) -> None:
    nines = {row["image_id"] for row in clean.rows() if row["source_file"].endswith("/9.jpg")}
    assert nines == {"train_Type_2_9", "additional_Type_1_9", "additional_Type_3_9"}


def test_the_encrypted_second_stage_is_refused_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="7z x"):
        run("intel-cervical", "packed_7z", tmp_path)


def test_the_orientation_tag_turns_nothing(clean: Converted) -> None:
    row = clean.row("train_Type_3_5")
    with Image.open(clean.phantom.raw / "train" / "Type_3" / "5.jpg") as picture:
        assert np.array_equal(np.asarray(picture), pixels(row["image"]))
    assert row["exif_orientation"] == 6


def test_a_test_picture_without_a_line_is_rejected(tmp_path: Path) -> None:
    phantom = PHANTOMS["intel-cervical"].make(tmp_path / "raw", "clean")
    table = phantom.raw / "solution_stg1_release.csv"
    table.write_text("".join(line for line in table.read_text().splitlines(True) if not line.startswith("2.jpg")))
    (rejected,) = convert("intel-cervical", phantom.raw, tmp_path / "out", workers=1).rejected
    assert "2.jpg has no line" in rejected["expected"]


def test_additional_pictures_stay_a_split_of_their_own(clean: Converted) -> None:
    assert set(clean.section()["splits"]) == {"train", "additional", "test", "test_stg2"}


def test_a_list_of_withdrawn_files_without_types_is_read(tmp_path: Path) -> None:
    phantom = PHANTOMS["intel-cervical"].make(tmp_path / "raw", "withdrawn")
    (phantom.raw / "removed_files.csv").write_text("filename\n1023.jpg\n")
    section = convert("intel-cervical", phantom.raw, tmp_path / "out", workers=1).report["configs"]["default"]
    assert "withdrawn by the organisers" in next(one["reason"] for one in section["not_used"] if one["path"].endswith("1023.jpg"))


def test_lines_of_the_tables_that_fit_no_picture_are_noted(tmp_path: Path) -> None:
    phantom = PHANTOMS["intel-cervical"].make(tmp_path / "raw", "clean")
    for name, line in (("fixed_labels_v2.csv", "99999.jpg,Type_1,Type_2"), ("solution_stg1_release.csv", "99999.jpg,1,0,0")):
        with (phantom.raw / name).open("a") as file:
            file.write(f"{line}\n")
    known = convert("intel-cervical", phantom.raw, tmp_path / "out", workers=1).report["configs"]["default"]["known"]
    for name in ("fixed_labels_v2.csv", "solution_stg1_release.csv"):
        assert any(
            "belong" in one["reason"] and "to no file of the raw tree" in one["reason"] for one in known if one["path"].endswith(name)
        )
