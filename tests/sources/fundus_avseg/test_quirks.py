"""Quirks of Fundus-AVSeg, each under its name."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_the_first_line_of_a_list_is_a_photograph_where_there_is_no_heading(tmp_path: Path) -> None:
    converted = run("fundus-avseg", "clean", tmp_path)
    assert {row["image_id"] for row in converted.rows()} == {"001_A", "002_N", "003_G"}
    assert converted.row("001_A")["classes"] == [0, 1, 2, 3, 4]
