"""Pediatric-CT-SEG, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_skin_does_not_hide_what_lies_in_it(tmp_path: Path) -> None:
    """Its index is the last but one; it is painted first."""
    found = run("pediatric-ct-seg", "clean", tmp_path, configs=["slices"])
    names = found.names("classes")
    (drawn,) = [row for row in found.rows() if row["patient_id"].endswith("00DCF4D6") and len(row["classes"]) > 1]
    assert {"liver", "adrenal_left", "femoral_head_left", "skin", "bones"} <= {names[one] for one in drawn["classes"]}
