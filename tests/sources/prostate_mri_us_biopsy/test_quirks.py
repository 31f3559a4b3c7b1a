"""Prostate-MRI-US-Biopsy, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_lesion_of_the_prostate_is_not_the_prostate(tmp_path: Path) -> None:
    found = run("prostate-mri-us-biopsy", "clean", tmp_path, configs=["volumes"])
    assert {(row["patient_id"][-4:], *row["annotated_classes"]) for row in found.rows("volumes")} == {("0001", 1, 2), ("0002", 1)}
