"""OASIS: every quirk, on phantoms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hf_medseg.formats.physical import physical
from tests.support.harness import Converted, run


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return run("oasis", "clean", tmp_path_factory.mktemp("oasis"))


def test_gaps_in_the_numbers_are_no_defect(clean: Converted) -> None:
    assert {row["patient_id"] for row in clean.rows()} == {"OAS1_0001", "OAS1_0061", "OAS1_0457"}
    assert not clean.conversion.rejected


def test_derived_jpeg_slices_are_refused(tmp_path: Path) -> None:
    from hf_medseg.errors import Refused

    with pytest.raises(Refused, match="This is not oasis"):
        run("oasis", "jpeg_slices", tmp_path)


def test_n3_and_n4_names_are_the_same_kind_of_file(clean: Converted) -> None:
    names = {row["source_file"].rpartition("/")[2].split("_anon")[0] for row in clean.rows("volumes")}
    assert {name[-2:] for name in names} == {"n3", "n4"}


def test_either_byte_order_gives_the_same_rows(clean: Converted, tmp_path: Path) -> None:
    little = run("oasis", "little_endian", tmp_path).row("OAS1_0457_MR1", "volumes")
    big = clean.row("OAS1_0457_MR1", "volumes")
    assert little["image"] == big["image"]
    assert little["source_sha256"] != big["source_sha256"]


def test_no_orientation_in_the_header_stays_unknown(clean: Converted) -> None:
    row = clean.row("OAS1_0001_MR1_0002")
    assert (row["orientation"], row["image_position"], row["image_orientation"]) == (None, None, None)
    assert (row["plane"], row["pixel_spacing"], row["slice_spacing"]) == ("axial", [1.0, 1.0], 1.0)


def test_an_empty_rating_is_null_and_not_0(clean: Converted) -> None:
    ratings = {row["image_id"]: row["cdr"] for row in clean.rows("volumes")}
    assert ratings == {"OAS1_0001_MR1": 0.0, "OAS1_0061_MR1": None, "OAS1_0061_MR2": None, "OAS1_0457_MR1": 0.5}


def test_the_second_session_is_a_rescan_of_the_same_person(clean: Converted) -> None:
    first, second = (clean.row(f"OAS1_0061_MR{number}", "volumes") for number in (1, 2))
    assert (first["is_retest"], second["is_retest"], second["delay"]) == (False, True, 11.0)
    assert first["patient_id"] == second["patient_id"]


def test_previews_are_left_alone(clean: Converted) -> None:
    reasons = {note["reason"] for note in clean.section()["not_used"] if note["path"].endswith(".gif")}
    assert reasons == {"preview"}


def test_every_file_left_alone_has_its_own_reason(clean: Converted) -> None:
    assert "belongs to no case of this config" not in {note["reason"] for note in clean.section()["not_used"]}


def test_tissue_is_called_automatic(clean: Converted) -> None:
    names = clean.names("mask_origin")
    assert {names[row["mask_origin"]] for row in clean.rows()} == {"automatic"}
    assert clean.names("classes") == ["background", "csf", "grey_matter", "white_matter"]


def test_sessions_of_a_person_share_the_id_in_oasis_2(tmp_path: Path) -> None:
    converted = run("oasis", "oasis_2", tmp_path)
    rows = [row for row in converted.rows("volumes") if row["patient_id"] == "OAS2_0001"]
    assert len({row["volume_id"] for row in rows}) == len(rows) == 5
    assert {row["plane"] for row in rows} == {"sagittal"}
    assert {file["path"].rpartition(".")[2] for row in rows for file in row["files"]} == {"img", "hdr"}


def test_stacked_slices_give_physical_values(tmp_path: Path) -> None:
    converted = run("oasis", "oasis_2", tmp_path)
    row = converted.row("OAS2_0001_MR1_mpr-2", "volumes")
    slices = [one for one in converted.rows() if one["volume_id"] == row["volume_id"]]
    assert -3 <= physical(row).min() < 0
    assert np.array_equal(np.stack([physical(one) for one in slices]), physical(row))


def test_workbook_and_csv_say_the_same(clean: Converted, tmp_path: Path) -> None:
    book = run("oasis", "xlsx", tmp_path)
    assert [row["age"] for row in book.rows("volumes")] == [row["age"] for row in clean.rows("volumes")]
