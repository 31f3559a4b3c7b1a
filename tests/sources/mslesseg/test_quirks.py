"""MSLesSeg: what the phantoms' promises do not say, and a real scan."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as Itk

from hf_medseg.conversion.run import convert
from tests.support.harness import Converted, pixels, run
from tests.support.kit import Phantom

REAL = Path(os.environ.get("HF_MEDSEG_REAL", Path(__file__).parents[4] / "shared/real")) / "mslesseg"


def test_points_in_time_of_a_patient_stay_together_and_apart_in_name(tmp_path: Path) -> None:
    rows = [row for row in run("mslesseg", "clean", tmp_path).rows() if row["patient_id"] == "P9"]
    assert {(row["volume_id"], row["time_point"]) for row in rows} == {("P9_T1", 1), ("P9_T2", 2)}


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
def test_a_real_scan_is_what_simpleitk_reads(tmp_path: Path) -> None:
    scan = tmp_path / "raw/MSLesSeg Dataset/train/P18/T1"
    shutil.copytree(REAL / "MSLesSeg Dataset/train/P18/T1", scan)
    for word in ("T1", "T2"):  # too large to be kept
        shutil.copy(scan / "P18_T1_FLAIR.nii.gz", scan / f"P18_T1_{word}.nii.gz")
    conversion = convert("mslesseg", tmp_path / "raw", tmp_path / "out", workers=1, configs=["volumes"])
    assert not conversion.rejected
    row = Converted("mslesseg", Phantom(tmp_path / "raw", []), conversion, tmp_path / "out").row("P18_T1", "volumes")
    for column, word in (("image", "FLAIR"), ("mask", "MASK")):
        itk = Itk.DICOMOrient(Itk.ReadImage(str(scan / f"P18_T1_{word}.nii.gz")), "LPS")
        assert np.array_equal(pixels(row[column]), Itk.GetArrayFromImage(itk))
        assert row["image_position"] == list(itk.GetOrigin())
