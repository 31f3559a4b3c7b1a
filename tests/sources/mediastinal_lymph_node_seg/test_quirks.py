"""Mediastinal-Lymph-Node-SEG, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_scan_annotated_in_part_was_not_searched_for_nodes(tmp_path: Path) -> None:
    found = run("mediastinal-lymph-node-seg", "clean", tmp_path, configs=["slices"])
    searched = {(row["patient_id"], tuple(row["annotated_classes"])) for row in found.rows()}
    assert searched == {("case_0002", (1,)), ("case_0005", ())}
    assert {row["patient_id"] for row in found.rows() if 1 in row["classes"]} == {"case_0002", "case_0005"}
