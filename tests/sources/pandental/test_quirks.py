"""The quirks of the panoramic X-rays, one by one."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import pixels, run


def test_grey_inside_the_mandible_is_mandible_and_black_is_a_hole(tmp_path: Path) -> None:
    row = run("pandental", "clean", tmp_path).row("1")
    mask, image = pixels(row["mask"]), pixels(row["image"])
    assert image[mask == 1].min() < 30 and mask[10, 18] == 0 and mask[10, 17] == 1
    assert pixels(row["mask_2"]).sum() > mask.sum()
