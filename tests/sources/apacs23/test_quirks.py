"""Quirks of APACS23, each under its name."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_name_without_a_partner_is_listed_and_paired_with_nothing(tmp_path: Path) -> None:
    converted = run("apacs23", "clean", tmp_path)
    assert sorted(row["image_id"] for row in converted.rows()) == ["test_0001", "test_0002", "train_0001", "train_0002"]
    assert not converted.conversion.rejected
