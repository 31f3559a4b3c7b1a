"""Quirks of FAR-POLYP-SEG, each under its name."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import pixels, run


def test_a_normal_frame_has_an_empty_mask_beside_a_polyp_of_the_same_name(tmp_path: Path) -> None:
    converted = run("far-polyp-seg", "clean", tmp_path)
    assert not pixels(converted.row("Patient1_Normal_001")["mask"]).any()
    assert pixels(converted.row("Patient1_Polyp_001")["mask"]).any()
