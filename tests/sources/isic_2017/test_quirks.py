"""Quirks of ISIC 2017, each under its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.formats import jpeg
from tests.support.harness import PHANTOMS, Converted, check, run


def converted_after(change: dict[str, str], tmp_path: Path) -> Converted:
    """Converts the clean phantom with texts replaced in the training tables."""
    phantom = PHANTOMS["isic-2017"].make(tmp_path / "raw")
    for path in phantom.raw.rglob("*Training*.csv"):
        text = path.read_bytes().decode()
        for old, new in change.items():
            text = text.replace(old, new)
        path.write_bytes(text.encode())
    return Converted("isic-2017", phantom, convert("isic-2017", phantom.raw, tmp_path / "out", workers=1), tmp_path / "out")


def test_superpixels_and_tables_beside_the_pictures_are_not_taken_for_pictures(tmp_path: Path) -> None:
    converted = run("isic-2017", "clean", tmp_path)
    assert len(converted.rows()) == 7
    reasons = {note["path"].rpartition("_")[2]: note["reason"] for note in converted.section()["not_used"]}
    assert set(reasons) == {"superpixels.png", "features.json"}
    assert "not a mask" in reasons["superpixels.png"]


@pytest.mark.parametrize("variant", ["clean", "integer_labels", "excel_tables"])
def test_tables_in_every_dialect(variant: str, tmp_path: Path) -> None:
    converted = run("isic-2017", variant, tmp_path)
    check(converted)
    assert converted.names("diagnosis")[converted.row("ISIC_0000002")["diagnosis"]] == "melanoma"


def test_row_numbers_for_ids_are_useless_for_joining(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"ISIC-2017_Training_Part3_GroundTruth\.csv: no line belongs"):
        run("isic-2017", "table_row_numbers", tmp_path)


def test_large_pictures_are_passed_through_byte_for_byte(tmp_path: Path) -> None:
    converted = run("isic-2017", "clean", tmp_path)
    raw = next(converted.phantom.raw.rglob("ISIC_0000000.jpg")).read_bytes()
    assert converted.row("ISIC_0000000")["image"]["bytes"] == jpeg.clean(raw).data


def test_unknown_age_and_sex_are_null(tmp_path: Path) -> None:
    converted = run("isic-2017", "clean", tmp_path)
    assert (converted.row("ISIC_0000002")["age"], converted.row("ISIC_0000002")["sex"]) == (None, None)
    assert converted.row("ISIC_0000000")["age"] == 55
    assert converted.names("sex")[converted.row("ISIC_0000000")["sex"]] == "female"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ISIC_0000002,1.0,0.0": "ISIC_0000009,1.0,0.0"}, "gives no diagnosis"),
        ({"ISIC_0000002,1.0,0.0": "ISIC_0000002,1.0,1.0"}, "gives no diagnosis"),
        ({"ISIC_0000002,1.0,0.0": "ISIC_0000002,yes,0.0"}, "gives no diagnosis"),
        ({"ISIC_0000002,unknown": "ISIC_0000009,unknown"}, "does not name it"),
        ({"ISIC_0000002,unknown,unknown": "ISIC_0000002,unknown,both"}, "'both' is none of female, male"),
    ],
    ids=["no line", "both", "no number", "no person", "odd sex"],
)
def test_a_picture_whose_line_is_wrong_is_rejected(change: dict[str, str], said: str, tmp_path: Path) -> None:
    (rejected,) = converted_after(change, tmp_path).conversion.rejected
    assert rejected["image_id"] == "ISIC_0000002"
    assert said in rejected["expected"]


def test_masks_alone_name_what_is_missing(tmp_path: Path) -> None:
    phantom = PHANTOMS["isic-2017"].make(tmp_path / "raw")
    next(phantom.raw.rglob("ISIC_0000002.jpg")).unlink()
    (rejected,) = convert("isic-2017", phantom.raw, tmp_path / "out", workers=1).rejected
    assert rejected["file"].endswith("ISIC_0000002_segmentation.png")
    assert "ISIC_0000002.jpg" in rejected["expected"]


def test_the_data_without_masks_is_refused(tmp_path: Path) -> None:
    phantom = PHANTOMS["isic-2017"].make(tmp_path / "raw")
    for path in phantom.raw.rglob("*_segmentation.png"):
        path.unlink()
    with pytest.raises(Refused, match="Part1_GroundTruth"):
        convert("isic-2017", phantom.raw, tmp_path / "out", workers=1)
