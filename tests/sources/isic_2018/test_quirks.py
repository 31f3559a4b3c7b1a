"""Quirks of ISIC 2018, each under its name."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_an_attribute_that_was_not_found_is_empty_and_one_not_looked_for_is_null(tmp_path: Path) -> None:
    assert run("isic-2018", "clean", tmp_path).row("ISIC_0012169")["mask_milia_like_cyst"] is not None
    assert run("isic-2018", "task1_only", tmp_path / "1").row("ISIC_0012169")["mask_milia_like_cyst"] is None


def test_the_attribute_that_is_missing_is_named(tmp_path: Path) -> None:
    (rejected,) = run("isic-2018", "missing_attribute", tmp_path).conversion.rejected
    assert "ISIC2018_Task2_Training_GroundTruth_v3/ISIC_0000001_attribute_streaks.png" in f"{rejected['file']} {rejected['expected']}"


def test_the_other_license_of_task_3_is_said_where_its_pictures_lie_beside(tmp_path: Path) -> None:
    notes = run("isic-2018", "task3", tmp_path).section()["not_used"]
    assert [note["reason"] for note in notes if "Task3" in note["path"]] == ["Task 3, another collection under another license"]
