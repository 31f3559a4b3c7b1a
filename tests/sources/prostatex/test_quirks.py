"""PROSTATEx, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_segments_are_told_by_name_whatever_their_numbers(tmp_path: Path) -> None:
    found = run("prostatex", "clean", tmp_path, configs=["volumes"])
    first, second = (row["mask_names"] for row in sorted(found.rows("volumes"), key=lambda row: str(row["patient_id"])))
    assert first == second[::-1]
    assert {tuple(row["annotated_classes"]) for row in found.rows("volumes")} == {(1, 2, 3, 4)}
