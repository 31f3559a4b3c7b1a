"""Belarus tuberculosis portal: every quirk, on phantoms."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.formats.physical import physical
from tests.support.dicom import uid
from tests.support.harness import PHANTOMS, pixels, run


def test_the_jpeg_beside_a_dicom_file_is_not_read(tmp_path: Path) -> None:
    converted = run("belarus-tb", "clean", tmp_path)
    reasons = {note["path"].rpartition(".")[2]: note["reason"] for note in converted.section("cxr")["not_used"]}
    assert reasons["jpg"] == "a rendering; DICOM files are read"
    ids = [row["image_id"] for row in converted.rows("cxr")]
    assert len(ids) == len(set(ids)) == 3


def test_localisers_are_dropped_and_kernels_are_volumes_of_their_own(tmp_path: Path) -> None:
    converted = run("belarus-tb", "clean", tmp_path)
    rows = [row for row in converted.rows("volumes") if row["case_id"] == "77"]
    assert sorted(row["convolution_kernel"] for row in rows) == ["LUNG", "STANDARD"]
    assert any(note["reason"] == "a localiser" for note in converted.section("volumes")["not_used"])


def test_there_are_no_masks(tmp_path: Path) -> None:
    converted = run("belarus-tb", "clean", tmp_path)
    assert {row["mask"] for config in ("slices", "volumes", "cxr") for row in converted.rows(config)} == {None}


def test_ct_and_x_rays_of_one_patient_are_joined_by_patient_and_case(tmp_path: Path) -> None:
    converted = run("belarus-tb", "clean", tmp_path)
    found = {config: {(row["patient_id"], row["case_id"]) for row in converted.rows(config)} for config in ("volumes", "cxr")}
    assert found["volumes"] & found["cxr"] == {("201", "31")}


def test_a_patient_may_have_several_cases(tmp_path: Path) -> None:
    converted = run("belarus-tb", "clean", tmp_path)
    rows = [*converted.rows("volumes"), *converted.rows("cxr")]
    assert {row["case_id"] for row in rows if row["patient_id"] == "1044"} == {"77", "105"}


def test_dark_x_rays_are_turned_round_and_physical_leads_back(tmp_path: Path) -> None:
    converted = run("belarus-tb", "clean", tmp_path)
    headers = [pydicom.dcmread(path) for path in converted.phantom.raw.rglob("*.dcm")]
    dark = {header.SOPInstanceUID: header.pixel_array for header in headers if header.PhotometricInterpretation == "MONOCHROME1"}
    assert len(dark) == 2
    for name, stored in dark.items():
        row = converted.row(name, "cxr")
        assert np.array_equal(physical(row), stored)
        assert not np.array_equal(pixels(row["image"]), stored)


def test_without_the_portals_folders_patient_id_names_the_patient(tmp_path: Path) -> None:
    rows = run("belarus-tb", "any-folder", tmp_path).rows("cxr")
    assert {(row["patient_id"], row["case_id"]) for row in rows} == {("201", None), ("1044", None), ("1187", None)}


def test_one_file_under_two_cases_is_rejected(tmp_path: Path) -> None:
    phantom = PHANTOMS["belarus-tb"].make(tmp_path / "raw", "cxr-only")
    path = next(phantom.raw.rglob(f"{uid('sop by cxr 3 0')}.dcm"))
    other = Path(str(path).replace("patient/1187/case/12", "patient/201/case/31"))
    other.parent.mkdir(parents=True)
    shutil.copy(path, other)
    (rejected,) = convert("belarus-tb", phantom.raw, tmp_path / "out", configs=["cxr"], workers=1).rejected
    assert "lies under several cases: 1187/12, 201/31" in rejected["expected"]


def test_other_modalities_are_listed(tmp_path: Path) -> None:
    phantom = PHANTOMS["belarus-tb"].make(tmp_path / "raw", "cxr-only")
    path = next(phantom.raw.rglob("*.dcm"))
    header = pydicom.dcmread(path)
    header.Modality = "US"
    header.save_as(path)
    conversion = convert("belarus-tb", phantom.raw, tmp_path / "out", configs=["cxr"], workers=1)
    assert conversion.rows == 2
    assert "neither CT nor a chest X-ray" in {note["reason"] for note in conversion.report["configs"]["cxr"]["not_used"]}


def test_a_config_that_the_tree_holds_nothing_of_is_refused_by_name(tmp_path: Path) -> None:
    phantom = PHANTOMS["belarus-tb"].make(tmp_path / "raw", "cxr-only")
    with pytest.raises(Refused, match="holds nothing of the config slices"):
        convert("belarus-tb", phantom.raw, tmp_path / "out", workers=1)
