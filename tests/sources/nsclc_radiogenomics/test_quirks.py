"""NSCLC Radiogenomics, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_the_tumor_is_told_by_who_drew_it_not_by_what_the_program_called_it(tmp_path: Path) -> None:
    found = run("nsclc-radiogenomics", "clean", tmp_path, configs=["volumes"])
    assert found.names("classes", "volumes") == ["background", "tumor"]
    assert {(row["patient_id"], *row["mask_names"]) for row in found.rows("volumes")} == {("R01-001", "Heart"), ("AMC-001", "Tissue")}
