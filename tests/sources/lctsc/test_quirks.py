"""LCTSC, one test a quirk."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.support.harness import PHANTOMS, run


def test_the_split_stands_in_the_patient_id_and_names_vary(tmp_path: Path) -> None:
    found = run("lctsc", "clean", tmp_path, configs=["volumes"])
    assert {(row["patient_id"], row["split"]) for row in found.rows("volumes")} == {
        ("LCTSC-Train-S1-001", "train"),
        ("LCTSC-Test-S2-201", "test"),
    }
    assert not found.section("volumes")["known"]


def test_another_collection_is_refused_with_where_to_go(tmp_path: Path) -> None:
    other = PHANTOMS["lctsc"].make(tmp_path / "made", "refused_other")
    with pytest.raises(Refused, match="Any other collection is converted by tcia"):
        convert("lctsc", other.raw, tmp_path / "out", workers=1)
    assert not (tmp_path / "out").exists()
    general = convert("tcia", other.raw, tmp_path / "out", workers=1)
    assert general.plan.edition.classes == ("heart",)


def test_tcia_leaves_it_to_its_own_source_even_where_headers_alone_tell(tmp_path: Path) -> None:
    for variant in ("clean", "tcia_utils"):
        phantom = PHANTOMS["lctsc"].make(tmp_path / variant, variant)
        with pytest.raises(Refused, match="hf-medseg convert lctsc RAW OUT"):
            convert("tcia", phantom.raw, tmp_path / "out", workers=1)


@pytest.mark.parametrize(("kind", "lacking"), [("RTSTRUCT", "not its SEG or RTSTRUCT"), ("CT", "not the images that its masks")])
def test_images_or_masks_alone_are_refused(kind: str, lacking: str, tmp_path: Path) -> None:
    phantom = PHANTOMS["lctsc"].make(tmp_path / "made", "idc")
    for path in phantom.raw.rglob(f"{kind}_*"):
        path.rename(tmp_path / path.name)
    with pytest.raises(Refused, match=lacking):
        convert("lctsc", phantom.raw, tmp_path / "out", workers=1)


def test_a_header_that_denies_that_identities_were_removed_is_rejected_with_these_words(tmp_path: Path) -> None:
    phantom = PHANTOMS["lctsc"].make(tmp_path / "made", "tcia_utils")
    series = phantom.rows[0].columns["volume_id"]
    for path in (phantom.raw / series).glob("*.dcm"):
        header = dcmread(path)
        header.PatientIdentityRemoved = "NO"
        header.save_as(path, enforce_file_format=True)
    done = convert("lctsc", phantom.raw, tmp_path / "out", workers=1, configs=["volumes"])
    (rejected,) = done.rejected
    assert rejected["image_id"] == series and "PatientIdentityRemoved = YES" in rejected["expected"]
    assert "ask the owner for clean files" in rejected["advice"]
