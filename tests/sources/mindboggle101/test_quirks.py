"""Mindboggle-101: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from hf_medseg.sources.mindboggle101.source import CLASSES, SOURCE
from tests.support.harness import run


def test_numbers_of_the_protocol_become_the_classes_of_their_names() -> None:
    (edition,) = SOURCE.editions
    assert {number: edition.classes[index - 1] for number, index in CLASSES.items() if number in (1002, 1035, 2002, 2024, 2035)} == {
        1002: "left_caudal_anterior_cingulate",
        1035: "left_insula",
        2002: "right_caudal_anterior_cingulate",
        2024: "right_precentral",
        2035: "right_insula",
    }


def test_a_number_that_is_no_region_rejects_the_scan_by_the_name_of_its_mask(tmp_path: Path) -> None:
    (rejected,) = run("mindboggle101", "label_1001", tmp_path, configs=[]).conversion.rejected
    assert rejected["file"].endswith("MMRR-21-3/labels.DKT31.manual.nii.gz")
    assert "mask values 1001 where only" in rejected["expected"]
