"""Quirks of Herlev, each under its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.support.harness import PHANTOMS, Converted, check, pixels, run
from tests.support.kit import as_zip, save_palette

COLUMNAR = "149143370-149143378-001"


def test_palette_masks_are_read_through_their_palette(tmp_path: Path) -> None:
    raw = PHANTOMS["herlev"].make(tmp_path / "raw").raw
    # The same indices under another palette mean something else.
    mask = next(raw.rglob(f"{COLUMNAR}-d.bmp"))
    shape = (27, 38)
    palette = [(0, 0, 255), (0, 0, 128), (255, 0, 0), (128, 128, 128), (0, 0, 0)]
    save_palette(mask, np.arange(27 * 38).reshape(shape) % 5, palette)
    conversion = convert("herlev", raw, tmp_path / "out", workers=1)
    found = Converted("herlev", PHANTOMS["herlev"].make(tmp_path / "again"), conversion, tmp_path / "out").row(COLUMNAR)
    assert np.array_equal(pixels(found["mask"]), np.array([2, 1, 0, 255, 255])[np.arange(27 * 38).reshape(shape) % 5])


def test_undefined_pixels_are_not_background(tmp_path: Path) -> None:
    converted = run("herlev", "clean", tmp_path)
    row = converted.row("149056321-149056343-001")
    mask = pixels(row["mask"])
    assert (mask[:5, -9:] == 255).all()  # grey
    assert (pixels(converted.row(COLUMNAR)["mask"])[-4:, :7] == 255).all()  # black
    assert row["classes"] == [0, 1, 2]
    assert converted.section()["splits"]["train"]["pixels"]["not annotated"] > 0


@pytest.mark.parametrize("variant", ["clean", "lower_case"])
def test_mixed_extension_case_and_thumbs_db(variant: str, tmp_path: Path) -> None:
    converted = run("herlev", variant, tmp_path)
    check(converted)
    assert [note for note in converted.section()["not_used"] if not note["path"].endswith("Thumbs.db")] == []


def test_needless_cytoplasm_files_are_skipped(tmp_path: Path) -> None:
    converted = run("herlev", "cytoplasm_files", tmp_path)
    (note,) = [note for note in converted.section()["not_used"] if note["path"].endswith("-cyt.bmp")]
    assert "cytoplasm" in note["reason"]
    assert not converted.conversion.rejected


def test_recoloured_masks_are_rejected_by_name(tmp_path: Path) -> None:
    (rejected,) = run("herlev", "recoloured", tmp_path).conversion.rejected
    assert rejected["file"].endswith(f"{COLUMNAR}-d.bmp")
    assert "palette" in rejected["expected"]
    assert "recoloured" in rejected["advice"]


def test_a_renamed_picture_stands_in_only_where_the_plain_name_is_missing(tmp_path: Path) -> None:
    raw = PHANTOMS["herlev"].make(tmp_path / "raw").raw
    plain = next(raw.rglob(f"{COLUMNAR}.BMP"))
    other = next(raw.rglob("149056321-149056371-001.BMP"))
    plain.with_name(f"{COLUMNAR}_2.BMP").write_bytes(other.read_bytes())
    conversion = convert("herlev", raw, tmp_path / "out", workers=1)
    assert not conversion.rejected
    (note,) = [note for note in conversion.report["configs"]["default"]["not_used"] if "_2" in note["path"]]
    assert "plain name" in note["reason"]


def test_sipakmed_is_not_this_source(tmp_path: Path) -> None:
    phantom = PHANTOMS["sipakmed"].make(tmp_path / "raw", "clean")
    with pytest.raises(Refused, match="This is not herlev"):
        convert("herlev", phantom.raw, tmp_path / "out", workers=1)


@pytest.mark.parametrize(("variant", "folder"), [("numbered_folders", "07_carcinima_in_situ"), ("clean", "carcinoma_in_situ")])
def test_folder_name_variants(variant: str, folder: str, tmp_path: Path) -> None:
    converted = run("herlev", variant, tmp_path)
    row = converted.row("153826597-153826619-001")
    assert converted.names("label")[row["label"]] == "carcinoma_in_situ"
    assert row["source_file"].partition("_")[2] == f"{folder}/{row['image_id']}.BMP".partition("_")[2]


def test_a_zip_downloaded_by_hand_is_read_in_place(tmp_path: Path) -> None:
    phantom = PHANTOMS["herlev"].make(tmp_path / "raw")
    as_zip(phantom.raw, tmp_path / "smear2005.zip", top="smear2005/")
    folder, packed = (
        convert("herlev", raw, tmp_path / name, workers=1) for raw, name in ((phantom.raw, "a"), (tmp_path / "smear2005.zip", "b"))
    )
    for name in folder.made:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert folder.made == packed.made


def test_cells_of_a_slide_share_patient_id(tmp_path: Path) -> None:
    rows = run("herlev", "clean", tmp_path).rows()
    assert sum(row["patient_id"] == "149056321-149056343" for row in rows) == 3
