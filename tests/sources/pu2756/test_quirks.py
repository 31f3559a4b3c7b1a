"""Quirks of PU2756, each under its name."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_equal_names_in_both_folders_are_two_patients(tmp_path: Path) -> None:
    rows = {row["image_id"]: row["label"] for row in run("pu2756", "clean", tmp_path).rows()}
    assert rows == {"benign_1": 0, "malignant_1": 1, "malignant_2": 1}
