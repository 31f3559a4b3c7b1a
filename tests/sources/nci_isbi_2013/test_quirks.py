"""NCI-ISBI 2013: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.harness import run


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ("series_missing", "a DICOM series with the PatientID Prostate3T-01-0001, which belongs to it, is missing"),
        ("two_series", "2 MR series of Prostate3T-01-0001 are there; one is expected"),
        ("other_distance", "its voxels are not those of the image of its case"),
        ("value_3", "mask values 3 where only 0, 1, 2, 255 are declared"),
    ],
)
def test_what_nobody_can_join_is_rejected_with_what_was_expected(variant: str, words: str, tmp_path: Path) -> None:
    (rejected, *_) = run("nci-isbi-2013", variant, tmp_path, configs=[]).conversion.rejected
    assert words in rejected["expected"]
