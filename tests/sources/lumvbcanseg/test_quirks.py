"""LumVBCanSeg: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_value_that_is_no_class_rejects_the_scan_by_the_name_of_its_mask(tmp_path: Path) -> None:
    (rejected, *_) = run("lumvbcanseg", "value_6", tmp_path, configs=[]).conversion.rejected
    assert rejected["file"].endswith("Task908/001_seg.nii.gz")
    assert "mask values 6 where only" in rejected["expected"]
