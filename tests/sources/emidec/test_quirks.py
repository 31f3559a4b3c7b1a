"""EMIDEC: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_value_that_is_no_class_rejects_the_scan_by_the_name_of_its_mask(tmp_path: Path) -> None:
    (rejected, *_) = run("emidec", "value_5", tmp_path, configs=[]).conversion.rejected
    assert rejected["file"].endswith("Case_N006/Contours/Case_N006.nii.gz")
    assert "mask values 5 where only" in rejected["expected"]
