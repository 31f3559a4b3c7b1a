"""PI-CAI: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import pixels, run


def test_zones_that_end_before_the_image_are_not_annotated_beyond(tmp_path: Path) -> None:
    converted = run("picai", "clean", tmp_path, configs=[])
    assert converted.row("10000_1000000_0003")["mask_zones_2"] is None
    assert pixels(converted.row("10000_1000000_0001")["mask_zones_2"]).max() == 2


def test_outlines_without_a_grade_are_a_class_of_their_own(tmp_path: Path) -> None:
    converted = run("picai", "clean", tmp_path, configs=[])
    names = converted.names("classes")
    found = [[names[one] for one in converted.row(f"{name}_0001")["classes"]] for name in ("10000_1000000", "10001_1000001")]
    assert found == [["background", "cancer_isup_3"], ["background", "cancer_ungraded"]]


def test_a_mask_between_the_voxels_of_its_image_is_rejected_and_never_resampled(tmp_path: Path) -> None:
    (rejected, *_) = run("picai", "zones_between", tmp_path, configs=[]).conversion.rejected
    assert rejected["file"].endswith("HeviAI23/10000_1000000.nii.gz")
    assert "between them" in rejected["expected"]
