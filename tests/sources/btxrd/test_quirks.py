"""BTXRD's quirks, one by one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.harness import pixels, run


def test_the_rectangle_around_a_lesion_is_not_painted(tmp_path: Path) -> None:
    row = run("btxrd", "clean", tmp_path).row("IMG000001")
    assert (pixels(row["mask"]) == 9).sum() == 12 * 16 and len(row["objects"]) == 1


def test_a_type_that_nobody_knows_is_named(tmp_path: Path) -> None:
    (rejected,) = run("btxrd", "strange_type", tmp_path).section()["rejected"]
    assert "'chordoma'" in json.dumps(rejected) and "IMG000002.json" in json.dumps(rejected)
