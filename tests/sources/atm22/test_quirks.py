"""ATM'22: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_mask_whose_scan_was_given_out_is_rejected_by_the_name_of_the_scan_that_is_missing(tmp_path: Path) -> None:
    done = run("atm22", "scan_missing", tmp_path, configs=[]).conversion
    (rejected,) = done.rejected
    assert "imagesTr/ATM_001_0000.nii.gz" in rejected["file"] + rejected["expected"]
