"""ADNI: every quirk, on phantoms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.formats.physical import physical
from tests.support.harness import PHANTOMS, Converted, run

TABLE = "ADNI_T1_2_14_2020.csv"


def test_study_tables_are_listed_whatever_a_release_calls_them(tmp_path: Path) -> None:
    phantom = PHANTOMS["adni"].make(tmp_path / "raw", "clean")
    for name in ("DXSUM.csv", "DXSUM_PDXCONV_ADNIALL.csv", "DXSUM_12Jun2024.csv", "MPRAGEMETA_1_2_2023.csv"):
        (phantom.raw / name).write_text('"RID","VISCODE","ImageUID"\n"74","m96","474782"\n')
    conversion = convert("adni", phantom.raw, tmp_path / "out", workers=1)
    assert not conversion.rejected
    reasons = {note["path"]: note["reason"] for note in conversion.report["configs"]["slices"]["not_used"]}
    assert {reason for path, reason in reasons.items() if path.endswith(".csv")} == {"a study table: it describes visits, not images"}
    assert TABLE not in reasons


def test_the_label_is_the_research_group_of_the_table(tmp_path: Path) -> None:
    """It is the group at baseline: the study table beside says Dementia for the visit of this image, and is not used."""
    converted = run("adni", "clean", tmp_path)
    assert converted.names("label")[converted.row("I474782_0000")["label"]] == "mci"


def test_original_and_processed_images_of_a_visit_are_both_kept(tmp_path: Path) -> None:
    converted = run("adni", "clean", tmp_path)
    rows = [row for row in converted.rows("volumes") if row["patient_id"] == "027_S_0074"]
    found = {(converted.names("processing", "volumes")[row["processing"]], row["description"]) for row in rows}
    assert found == {("original", "MPRAGE"), ("processed", "MPR__GradWarp__B1_Correction__N3__Scaled")}


def test_copies_as_jpeg_in_class_folders_are_refused(tmp_path: Path) -> None:
    phantom = PHANTOMS["adni"].make(tmp_path / "raw", "refused_jpegs")
    with pytest.raises(Refused, match="This is not adni"):
        convert("adni", phantom.raw, tmp_path / "out", workers=1)


def test_nifti_with_both_codes_0_keeps_the_stored_order(tmp_path: Path) -> None:
    row = run("adni", "clean", tmp_path).row("I82", "volumes")
    assert (row["orientation"], row["image_position"], row["pixel_spacing"]) == (None, None, [pytest.approx(1.1), pytest.approx(1.0)])


def test_one_image_in_two_zips_is_compared(tmp_path: Path) -> None:
    same = run("adni", "same_id_twice", tmp_path / "same")
    assert any("I474790" in path for path in same.section()["duplicate"])
    assert not same.conversion.rejected
    differing = run("adni", "differing_twins", tmp_path / "differing")
    assert {one["image_id"] for one in differing.conversion.rejected} == {"I474790"}


def test_rid_is_the_last_number_of_the_subject(tmp_path: Path) -> None:
    converted = run("adni", "clean", tmp_path)
    assert [converted.row(name, "volumes")["rid"] for name in ("I474782", "I1119527", "I1200011")] == [74, 6570, 10022]


def test_masks_are_null_and_there_are_no_classes(tmp_path: Path) -> None:
    converted = run("adni", "clean", tmp_path)
    assert {row["mask"] for row in converted.rows()} == {None}
    assert converted.names("classes") == ["background"]


def test_listed_images_that_were_not_downloaded_are_a_note(tmp_path: Path) -> None:
    converted = run("adni", "missing_image", tmp_path)
    (note,) = converted.section()["known"]
    assert note["path"] == TABLE
    assert "lists 1 image that the raw tree lacks, such as I999001" in note["reason"]


def test_metadata_gives_what_the_table_does_not(tmp_path: Path) -> None:
    converted = run("adni", "xml_only", tmp_path)
    row = converted.row("I474790", "volumes")
    assert converted.names("label", "volumes")[row["label"]] == "mci"
    assert (row["field_strength"], row["age"]) == (3.0, pytest.approx(74.9))
    assert run("adni", "no_tables", tmp_path / "none").row("I474790", "volumes")["field_strength"] is None


def test_tables_of_the_newer_search_page_are_read(tmp_path: Path) -> None:
    phantom = PHANTOMS["adni"].make(tmp_path / "raw", "table_without_group")
    (phantom.raw / TABLE).write_text(
        '"Subject ID","Sex","Research Group","Visit","Age","Modality","Description","Image ID"\n'
        '"941_S_6570","F","AD","ADNI3 Year 1 Visit","61","MRI","Accelerated Sagittal MPRAGE","1119527"\n'
    )
    convert("adni", phantom.raw, tmp_path / "out", workers=1)
    import pyarrow.parquet as pq

    rows = [row for path in (tmp_path / "out").glob("slices/*.parquet") for row in pq.read_table(path).to_pylist()]
    (row,) = [row for row in rows if row["image_id"] == "I1119527_0000"]
    assert (row["label"], row["age"], row["description"]) == (5, 61.0, "Accelerated Sagittal MPRAGE")


def test_two_tables_that_contradict_each_other_reject_the_image(tmp_path: Path) -> None:
    phantom = PHANTOMS["adni"].make(tmp_path / "raw", "clean")
    table = phantom.raw / TABLE
    later = phantom.raw / "ADNI_T1_later_3_1_2021.csv"
    later.write_text(table.read_text().replace("11/20/2016", "3/1/2021"))  # the day of the download is nobody's matter
    assert not convert("adni", phantom.raw, tmp_path / "out", workers=1).rejected
    later.write_text(later.read_text().replace('"I82","002_S_0413","CN"', '"I82","002_S_0413","SMC"'))
    (rejected,) = convert("adni", phantom.raw, tmp_path / "again", workers=1).rejected
    assert rejected["image_id"] == "I82"


def test_damaged_metadata_rejects_its_image(tmp_path: Path) -> None:
    phantom = PHANTOMS["adni"].make(tmp_path / "raw", "xml_only")
    next(phantom.raw.rglob("*_I82.xml")).write_text("<idaxs><project>")
    (rejected,) = convert("adni", phantom.raw, tmp_path / "out", workers=1).rejected
    assert rejected["image_id"] == "I82"
    assert "metadata in XML expected" in rejected["expected"]


def test_a_file_that_is_no_dicom_rejects_its_image(tmp_path: Path) -> None:
    phantom = PHANTOMS["adni"].make(tmp_path / "raw", "clean")
    next(phantom.raw.rglob("*_I474782.dcm")).write_bytes(b"<!DOCTYPE html>" * 20)
    (rejected,) = convert("adni", phantom.raw, tmp_path / "out", workers=1).rejected
    assert rejected["image_id"] == "I474782"


def test_an_image_in_two_formats_is_one_too_many(tmp_path: Path) -> None:
    phantom = PHANTOMS["adni"].make(tmp_path / "raw", "clean")
    nifti = next(phantom.raw.rglob("*_I474790.nii"))
    (nifti.parent / nifti.name.replace("I474790", "I474782")).write_bytes(nifti.read_bytes())
    (rejected,) = convert("adni", phantom.raw, tmp_path / "out", workers=1).rejected
    assert rejected["image_id"] == "I474782"
    assert rejected["file"].endswith("_I474782.nii")


def test_slices_give_back_the_volume_also_in_physical_values(tmp_path: Path) -> None:
    converted = run("adni", "clean", tmp_path)
    for volume in converted.rows("volumes"):
        rows = sorted((row for row in converted.rows() if row["volume_id"] == volume["volume_id"]), key=lambda row: row["slice_index"])
        assert np.array_equal(np.stack([physical(row) for row in rows]), physical(volume))


def test_a_group_that_says_only_patient_is_a_label(tmp_path: Path) -> None:
    phantom = PHANTOMS["adni"].make(tmp_path / "raw", "clean")
    table = phantom.raw / TABLE
    table.write_text(table.read_text().replace('"I82","002_S_0413","CN"', '"I82","002_S_0413","Patient"'))
    conversion = convert("adni", phantom.raw, tmp_path / "out", workers=1)
    converted = Converted("adni", phantom, conversion, tmp_path / "out")
    assert not conversion.rejected
    assert {converted.names("label")[row["label"]] for row in converted.rows() if row["volume_id"] == "I82"} == {"patient"}
