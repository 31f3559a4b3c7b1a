"""PCMMD's quirks, one by one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.harness import run


def test_one_stem_in_both_folders_is_two_rows(tmp_path: Path) -> None:
    rows = run("pcmmd", "clean", tmp_path).rows()
    assert {row["image_id"] for row in rows} >= {"plasma_cell_1", "non_plasma_cell_1"}


def test_a_cell_of_the_other_folder_is_named(tmp_path: Path) -> None:
    (rejected,) = run("pcmmd", "other_kind", tmp_path).section()["rejected"]
    assert "known are non_plasma_cell" in json.dumps(rejected)
