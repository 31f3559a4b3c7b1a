"""Quirks of DSAD, each under its name."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_an_organ_is_a_config_with_one_class(tmp_path: Path) -> None:
    converted = run("dsad", "clean", tmp_path)
    assert {config: len(converted.rows(config)) for config in ("abdominal_wall", "liver", "vesicular_glands")} == {
        "abdominal_wall": 2,
        "liver": 1,
        "vesicular_glands": 1,
    }
    assert converted.names("classes", "liver") == ["background", "liver"]
