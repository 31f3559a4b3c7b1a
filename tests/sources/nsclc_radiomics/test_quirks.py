"""NSCLC-Radiomics, one test a quirk."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.errors import Refused
from hf_medseg.publishing.gate import check
from tests.support.harness import run


def test_copies_of_the_outlines_and_programs_masks_reach_no_column(tmp_path: Path) -> None:
    found = run("nsclc-radiomics", "clean", tmp_path, configs=["volumes"])
    first = next(row for row in found.rows("volumes") if row["patient_id"] == "LUNG1-001")
    assert first["mask_names"] == ["GTV-1", "Lung-Left", "Lung-Right", "Esophagus", "Spinal-Cord"]
    assert {row["mask_automatic"] for row in found.rows("volumes")} == {None}


def test_it_is_published_for_noncommercial_purposes_only(tmp_path: Path) -> None:
    found = run("nsclc-radiomics", "clean", tmp_path)
    with pytest.raises(Refused, match="--allow-noncommercial"):
        check(found.out)
    assert check(found.out, allow_noncommercial=True).license.id == "cc-by-nc-3.0"
