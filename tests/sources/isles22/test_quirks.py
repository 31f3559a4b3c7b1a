"""ISLES'22: what the phantoms' promises do not say, and a real case."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as Itk

from hf_medseg.conversion.run import convert
from hf_medseg.formats.floats import ROUNDED
from tests.support.harness import Converted, pixels, run
from tests.support.kit import Phantom

REAL = Path(os.environ.get("HF_MEDSEG_REAL", Path(__file__).parents[4] / "shared/real")) / "isles22"


def test_an_empty_mask_is_a_true_one(tmp_path: Path) -> None:
    rows = [row for row in run("isles22", "clean", tmp_path).rows() if row["patient_id"] == "sub-strokecase0009"]
    assert all(row["classes"] == [0] and not pixels(row["mask"]).any() for row in rows)


def test_rounded_floats_are_named_in_the_report(tmp_path: Path) -> None:
    report = run("isles22", "doubles", tmp_path).section()
    assert {note["path"].rpartition("_")[2] for note in report["notes"] if note["reason"] == ROUNDED} == {"dwi.nii.gz", "adc.nii.gz"}


def test_a_mask_on_the_grid_of_flair_is_rejected_by_name(tmp_path: Path) -> None:
    (rejected, *_) = run("isles22", "mask_of_flair", tmp_path, configs=[]).conversion.rejected
    assert rejected["file"].endswith("sub-strokecase0001_ses-0001_msk.nii.gz")
    assert "it has 20 x 24 x 3 voxels, the image of its case 10 x 12 x 5" in rejected["expected"]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
def test_a_real_case_is_what_simpleitk_reads(tmp_path: Path) -> None:
    shutil.copytree(REAL, tmp_path / "raw")
    [dwi] = (tmp_path / "raw").rglob("*_dwi.nii.gz")
    shutil.copy(dwi, dwi.with_name(dwi.name.replace("_dwi", "_adc")))  # the real one is not among the files kept here
    conversion = convert("isles22", tmp_path / "raw", tmp_path / "out", workers=1, configs=["volumes", "flair"])
    assert not conversion.rejected
    converted = Converted("isles22", Phantom(tmp_path / "raw", []), conversion, tmp_path / "out")
    row = converted.row("sub-strokecase0009_ses-0001", "volumes")
    itk = Itk.DICOMOrient(Itk.ReadImage(str(dwi)), "LPS")
    assert np.array_equal(pixels(row["image"]), Itk.GetArrayFromImage(itk).astype(np.float32))
    [mask] = (tmp_path / "raw").rglob("*_msk.nii.gz")
    assert np.array_equal(pixels(row["mask"]), Itk.GetArrayFromImage(Itk.DICOMOrient(Itk.ReadImage(str(mask)), "LPS")))
    assert np.allclose(row["image_position"], itk.GetOrigin(), atol=1e-4)
    assert (row["age"], row["sex"], row["field_strength"], row["b_value"]) == (60.0, 0, 3.0, 800.0)
    flair = sorted(converted.rows("flair"), key=lambda row: row["slice_index"])
    [file] = (tmp_path / "raw").rglob("*_flair.nii.gz")
    expected = Itk.GetArrayFromImage(Itk.DICOMOrient(Itk.ReadImage(str(file)), "LPS"))
    stacked = np.stack([pixels(row["image"]) for row in flair]) * flair[0]["rescale_slope"] + flair[0]["rescale_intercept"]
    assert np.array_equal(stacked.astype(np.float32), expected)
