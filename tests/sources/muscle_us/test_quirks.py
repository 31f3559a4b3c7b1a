"""Quirks of the muscle ultrasound, each under its name."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_equal_names_in_other_folders_are_other_pictures_and_no_mask_is_null(tmp_path: Path) -> None:
    rows = {row["image_id"]: row for row in run("muscle-us", "clean", tmp_path).rows()}
    assert set(rows) == {"BB_Healthy_001", "BB_Pathological_001", "GM_Healthy_001", "TA_Pathological_007"}
    assert rows["TA_Pathological_007"]["mask"] is None and rows["TA_Pathological_007"]["classes"] == []
