"""HCC-TACE-Seg, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_phase_that_only_a_program_outlined_is_no_row(tmp_path: Path) -> None:
    found = run("hcc-tace-seg", "clean", tmp_path, configs=["volumes"])
    assert sorted(row["patient_id"] for row in found.rows("volumes")) == ["HCC_001", "HCC_105"]
