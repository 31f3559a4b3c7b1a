"""FLARE22: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_cases_of_the_tuning_set_are_validation(tmp_path: Path) -> None:
    converted = run("flare22", "challenge", tmp_path)
    assert {row["patient_id"] for row in converted.rows() if row["split"] == "validation"} == {"FLARETs_0001"}


def test_labels_beside_their_image_are_rejected_by_name(tmp_path: Path) -> None:
    (rejected, *_) = run("flare22", "labels_moved", tmp_path, configs=[]).conversion.rejected
    assert rejected["file"].endswith("labels/FLARE22_Tr_0001.nii.gz")
