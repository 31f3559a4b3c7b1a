"""QIN-PROSTATE-Repeatability, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_names_decide_where_segments_are_numbered_as_they_come(tmp_path: Path) -> None:
    found = run("qin-prostate-repeatability", "clean", tmp_path, configs=["volumes"])
    assert sorted(row["annotated_classes"] for row in found.rows("volumes")) == [[1, 2, 3, 4], [1, 3]]
    assert {row["patient_id"] for row in found.rows("volumes")} == {"PCAMPMRI-00001"}
