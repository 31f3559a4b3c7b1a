"""Multiple sclerosis of Mendeley Data: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_mask_that_lies_on_another_sequence_is_rejected_by_its_name(tmp_path: Path) -> None:
    (rejected, *_) = run("mendeley-ms", "mask_of_another", tmp_path, configs=[]).conversion.rejected
    assert rejected["file"].endswith("Patient-1/1-LesionSeg-T1.nii")
    assert "it has 8 x 10 x 4 voxels, the image of its case 8 x 9 x 3" in rejected["expected"]
