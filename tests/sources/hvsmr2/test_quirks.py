"""HVSMR-2.0: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_part_of_a_scan_is_no_case_of_its_own(tmp_path: Path) -> None:
    converted = run("hvsmr2", "cropped", tmp_path, configs=[])
    assert {row["volume_id"] for row in converted.rows()} == {"pat0", "pat2", "pat10"}


def test_a_structure_that_a_patient_lacks_is_no_gap(tmp_path: Path) -> None:
    rows = [row for row in run("hvsmr2", "clean", tmp_path).rows() if row["volume_id"] == "pat2"]
    assert max(index for row in rows for index in row["classes"]) == 7
