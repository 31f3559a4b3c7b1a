"""NLSTseg: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_mask_of_another_scan_is_rejected_by_its_name(tmp_path: Path) -> None:
    (rejected,) = run("nlstseg", "mask_of_another", tmp_path, configs=[]).conversion.rejected
    assert rejected["file"].endswith("NLSTseg_2_LungTumor/100147/100147_tumor.nii.gz")
    assert "it has 8 x 9 x 2 voxels, the image of its case 8 x 9 x 3" in rejected["expected"]
