"""Pancreas-CT, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_the_terms_of_images_and_segmentations_both_stand_on_the_card(tmp_path: Path) -> None:
    found = run("pancreas-ct", "clean", tmp_path, configs=["volumes"])
    card = (found.out / "README.md").read_text()
    assert "license: cc-by-3.0" in card and "the segmentations (Pancreas-CT-SEG) are CC BY 4.0" in card
