"""FDG-PET-CT-Lesions, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_study_without_lesions_is_negative_not_unlabelled(tmp_path: Path) -> None:
    found = run("fdg-pet-ct-lesions", "clean", tmp_path)
    rows = [row for row in found.rows() if row["patient_id"] == "PETCT_ffffa50bd2"]
    assert len(rows) == 3
    assert {(tuple(row["classes"]), tuple(row["annotated_classes"])) for row in rows} == {((0,), (1,))}
