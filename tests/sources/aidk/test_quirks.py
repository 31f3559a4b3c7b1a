"""AIDK's quirks, one by one."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import pixels, run


def test_a_structure_without_outline_is_unknown(tmp_path: Path) -> None:
    converted = run("aidk", "clean", tmp_path)
    row = converted.row("partial_8")
    assert row["mask_iris"] is None and row["mask_lesion"] is None and pixels(row["mask_cornea"]).any()
    assert [converted.names("annotated_classes")[one] for one in row["annotated_classes"]] == ["cornea"]


def test_the_cornea_is_whole_where_a_lesion_covers_it(tmp_path: Path) -> None:
    row = run("aidk", "clean", tmp_path).row("partial_7")
    assert pixels(row["mask_cornea"]).sum() == 28 * 10
    assert (pixels(row["mask"]) == 1).sum() == 28 * 10 - 6 * 5
    assert row["mask_overlap"]
