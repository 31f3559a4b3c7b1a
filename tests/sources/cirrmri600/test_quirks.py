"""CirrMRI600+: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_both_sequences_of_a_patient_are_known_as_one_patient_s(tmp_path: Path) -> None:
    rows = [row for row in run("cirrmri600", "clean", tmp_path).rows() if row["patient_id"] == "7"]
    assert {(row["volume_id"], row["sequence"]) for row in rows} == {("T1_7", 0), ("T2_7", 1)}


def test_a_value_besides_the_liver_rejects_the_scan_by_name(tmp_path: Path) -> None:
    (rejected, *_) = run("cirrmri600", "mask_value_2", tmp_path, configs=[]).conversion.rejected
    assert rejected["file"].endswith("Cirrhosis_T1_3D/train_masks/7.nii.gz")
