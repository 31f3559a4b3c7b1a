"""Quirks of BUS-UCLM, each under its name."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import pixels, run


def test_a_picture_may_have_both_kinds_and_a_normal_one_has_an_empty_mask(tmp_path: Path) -> None:
    converted = run("bus-uclm", "clean", tmp_path)
    assert converted.row("COPE_003")["classes"] == [0, 1, 2]
    assert converted.row("FLKA_100")["classes"] == [0] and not pixels(converted.row("FLKA_100")["mask"]).any()
