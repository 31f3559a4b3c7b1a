"""DDSM: every quirk, on phantoms and on the real tables of CBIS-DDSM."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pydicom
import pytest

from hf_medseg.catalog.lookup import find_source
from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.sources.ddsm import phantom as ddsm
from tests.support.harness import PHANTOMS, pixels, run
from tests.support.kit import grey

RIGHT = "Mass-Training_P_00004_RIGHT_MLO"


def test_quoted_line_breaks_at_the_end_of_paths(tmp_path: Path) -> None:
    converted = run("ddsm", "clean", tmp_path)
    assert b'000001.dcm\n",' in (converted.phantom.raw / "calc_case_description_train_set.csv").read_bytes()
    assert [len(converted.rows(config)) for config in ("mass", "calc")] == [4, 3]


def test_density_is_found_under_both_column_names(tmp_path: Path) -> None:
    converted = run("ddsm", "clean", tmp_path)
    heads = {table: (converted.phantom.raw / f"{table}_case_description_train_set.csv").read_text() for table in ("mass", "calc")}
    assert "breast_density" in heads["mass"] and "breast density" in heads["calc"]
    assert converted.row("Mass-Training_P_00001_LEFT_CC")["breast_density"] == 3
    assert converted.row("Calc-Training_P_00005_RIGHT_CC", "calc")["breast_density"] == 3


@pytest.mark.parametrize("lesion", [0, 1])
def test_the_mask_is_the_file_as_large_as_the_film_whatever_the_table_says(lesion: int, tmp_path: Path) -> None:
    converted = run("ddsm", "clean", tmp_path)
    expected = next(row for row in converted.phantom.rows if row.image_id == RIGHT)
    assert np.array_equal(pixels(converted.row(RIGHT)["masks"][lesion]), expected.columns["masks"][lesion])
    reasons = {note["reason"] for note in converted.section()["not_used"] if note["path"] in converted.phantom.not_used}
    assert "a crop of a film that is a row" in reasons


def test_crop_and_mask_in_different_series(tmp_path: Path) -> None:
    row = run("ddsm", "clean", tmp_path).row("Mass-Training_P_00059_LEFT_CC")
    assert row["classes"] == [0, 1]
    assert len({file["path"].partition("/")[0] for file in row["files"]}) == 2


def test_a_mask_a_few_pixels_off_rejects_its_film(tmp_path: Path) -> None:
    (rejected,) = run("ddsm", "mask-size", tmp_path).conversion.rejected
    assert rejected["image_id"] == "Mass-Training_P_00001_LEFT_CC"
    assert "29 x 48" in rejected["expected"] and "31 x 48" in rejected["expected"]


def test_masks_of_the_jpeg_re_host_are_cut_at_127(tmp_path: Path) -> None:
    converted = run("ddsm", "kaggle-jpeg", tmp_path)
    row = converted.row("Mass-Training_P_00001_LEFT_CC")
    assert row["image"]["bytes"].startswith(b"\xff\xd8")
    assert row["rescale_slope"] is None
    assert set(np.unique(pixels(row["mask"]))) == {0, 1}
    dicom = run("ddsm", "clean", tmp_path / "dicom").row("Mass-Training_P_00001_LEFT_CC")
    assert np.array_equal(pixels(row["mask"]), pixels(dicom["mask"]))


def test_patient_is_in_the_name_of_the_film_not_in_patient_id(tmp_path: Path) -> None:
    converted = run("ddsm", "clean", tmp_path)
    headers = {pydicom.dcmread(path).PatientID for path in converted.phantom.raw.rglob("*.dcm")}
    assert {"Mass-Training_P_00001_LEFT_CC", "Mass-Training_P_00001_LEFT_CC_1"} < headers
    assert converted.row("Mass-Training_P_00001_LEFT_CC")["patient_id"] == "P_00001"


def test_a_patient_may_be_in_train_of_one_config_and_in_test_of_the_other(tmp_path: Path) -> None:
    converted = run("ddsm", "clean", tmp_path)
    splits = {config: {row["split"] for row in converted.rows(config) if row["patient_id"] == "P_00016"} for config in ("mass", "calc")}
    assert splits == {"mass": {"test"}, "calc": {"train"}}


def test_density_subtlety_and_assessment_0_stay(tmp_path: Path) -> None:
    converted = run("ddsm", "clean", tmp_path)
    assert converted.row("Calc-Test_P_00038_LEFT_CC", "calc")["breast_density"] == 0
    row = converted.row(RIGHT)
    assert (row["subtlety"], row["assessment"]) == ([0, 5], [0, 2])


def test_lesions_keep_the_numbers_of_the_table(tmp_path: Path) -> None:
    row = run("ddsm", "clean", tmp_path).row("Calc-Training_P_00016_RIGHT_CC", "calc")
    assert (row["abnormality_id"], row["mask_names"]) == ([1, 3], ["calcification_1", "calcification_3"])


def test_two_files_as_large_as_the_film_are_rejected(tmp_path: Path) -> None:
    phantom = PHANTOMS["ddsm"].make(tmp_path / "raw", "clean")
    mask = next(path for path in phantom.raw.rglob("*.dcm") if "P_00001_LEFT_CC_1" in path.as_posix() and pydicom.dcmread(path).Rows == 48)
    header = pydicom.dcmread(mask)
    header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID + "9"
    header.save_as(mask.with_name("000002.dcm"))
    (rejected,) = convert("ddsm", phantom.raw, tmp_path / "out", workers=1).rejected
    assert "claims to be the same picture of Mass-Training_P_00001_LEFT_CC_1" in rejected["expected"]


def test_dicom_without_the_tables_is_refused_with_where_to_get_them(tmp_path: Path) -> None:
    phantom = PHANTOMS["ddsm"].make(tmp_path / "raw", "nbia")
    for table in phantom.raw.glob("*.csv"):
        table.unlink()
    with pytest.raises(Refused, match="case_description"):
        convert("ddsm", phantom.raw, tmp_path / "out", workers=1)
    assert any("four tables" in step for step in find_source("ddsm").access.steps)


def test_the_original_is_never_open(tmp_path: Path) -> None:
    converted = run("ddsm", "original", tmp_path)
    assert (converted.conversion.plan.edition.name, converted.conversion.plan.edition.license.tier) == ("original", "unknown")
    with pytest.raises(Refused, match="its layout fits: original"):
        convert("ddsm", converted.phantom.raw, tmp_path / "again", edition="cbis", workers=1)


def test_gzipped_files_of_a_case_are_read(tmp_path: Path) -> None:
    converted = run("ddsm", "original-gzip", tmp_path)
    row = converted.row("B_3102_1.LEFT_CC")
    assert row["source_file"].endswith(".LJPEG.gz") and row["classes"] == [0, 1]


def test_films_that_mirrors_lack_are_known(tmp_path: Path) -> None:
    converted = run("ddsm", "original-known", tmp_path)
    known = {note["path"]: note["reason"] for note in converted.section()["known"]}
    assert known["benign_10/case4164/D_4164_1.LEFT_MLO.LJPEG"] == known["cancer_09/case3407/B_3407_1.RIGHT_CC.LJPEG"]
    assert not converted.conversion.rejected


def test_overlays_known_to_be_wrong_leave_a_null_mask(tmp_path: Path) -> None:
    converted = run("ddsm", "original-known", tmp_path)
    rows = {name: converted.row(name) for name in ("C_1738_1.RIGHT_CC", "C_1738_1.RIGHT_MLO", "C_1738_1.LEFT_CC", "A_1694_1.LEFT_CC")}
    assert [row["mask"] is None for row in rows.values()] == [True, True, False, True]
    assert rows["C_1738_1.RIGHT_CC"]["mask_names"] is None


def test_a_chain_may_leave_the_film_by_one_pixel(tmp_path: Path) -> None:
    mask = pixels(run("ddsm", "original", tmp_path).row("A_0029_1.LEFT_MLO")["mask"])
    assert mask[0].any()


def test_sides_swapped_in_the_jpeg_header_are_those_of_the_ics(tmp_path: Path) -> None:
    converted = run("ddsm", "original", tmp_path)
    row = converted.row("A_0029_1.RIGHT_MLO")
    data = (converted.phantom.raw / row["source_file"]).read_bytes()
    assert int.from_bytes(data[7:9], "big") == row["width"] and int.from_bytes(data[9:11], "big") == row["height"]


def test_a_film_without_overlay_is_searched_and_empty(tmp_path: Path) -> None:
    row = run("ddsm", "original", tmp_path).row("B_0003_1.RIGHT_CC")
    assert (row["classes"], row["masks"], row["mask_names"], row["pathology"]) == ([0], [], [], [])
    assert row["mask_core"] is None


def test_pixel_size_and_scanner_come_from_the_ics(tmp_path: Path) -> None:
    row = run("ddsm", "original", tmp_path).row("A_1410_1.RIGHT_CC")
    assert (row["pixel_spacing"], row["digitizer"], row["bits_per_pixel"]) == ([0.05, 0.05], "DBA", 16)


def test_a_damaged_ics_rejects_its_case_alone(tmp_path: Path) -> None:
    phantom = PHANTOMS["ddsm"].make(tmp_path / "raw", "original-gzip")
    packed = next(phantom.raw.rglob("*.ics.gz"))
    packed.write_bytes(packed.read_bytes()[:30])
    rejected = convert("ddsm", phantom.raw, tmp_path / "out", workers=1).rejected
    assert sorted(one["image_id"] for one in rejected) == sorted(f"B_3102_1.{view}" for view in ddsm.VIEWS)


# ---------------------------------------------------------------- the real tables


def _real_rows(folder: Path) -> dict[tuple[str, str], list[dict[str, str]]]:
    """The rows of the four tables as Python's own reader sees them."""
    found = {}
    for kind in ("mass", "calc"):
        for split in ("train", "test"):
            with (folder / f"{kind}_case_description_{split}_set.csv").open(newline="") as file:
                found[kind, split] = list(csv.DictReader(file))
    return found


def test_real_tables_have_the_published_counts(real: Callable[[str], Path]) -> None:
    rows = _real_rows(real("cbis-ddsm"))
    films = {key: {row["image file path"].partition("/")[0] for row in some} for key, some in rows.items()}
    patients = {key: {row["patient_id"] for row in some} for key, some in rows.items()}
    assert [len(some) for some in rows.values()] == [1318, 378, 1546, 326]
    assert [len(some) for some in films.values()] == [1231, 361, 1227, 284]
    assert [len(some) for some in patients.values()] == [691, 201, 602, 151]
    train, test = (patients["mass", split] | patients["calc", split] for split in ("train", "test"))
    assert [len(train), len(test), len(train & test), len(train | test)] == [1248, 349, 31, 1566]
    edition = next(one for one in find_source("ddsm").editions if one.name == "cbis")
    assert edition.published.rows == {split: len(films["mass", split]) for split in ("train", "test")}


def test_real_tables_name_films_as_the_source_expects(real: Callable[[str], Path]) -> None:
    for (kind, split), rows in _real_rows(real("cbis-ddsm")).items():
        for row in rows:
            side, view, lesion = (row[column] for column in ("left or right breast", "image view", "abnormality id"))
            film = f"{kind.title()}-{'Training' if split == 'train' else 'Test'}_{row['patient_id']}_{side}_{view}"
            assert row["image file path"].startswith(f"{film}/")
            assert row["ROI mask file path"].startswith(f"{film}_{lesion}/")


def test_real_tables_are_the_owners_but_for_a_slash(real: Callable[[str], Path]) -> None:
    """The copy says NA where the owner's tables say N/A: put back, the published checksums come out."""
    hashes = find_source("ddsm").hashes
    for path in real("cbis-ddsm").glob("*.csv"):
        data = re.sub(rb"(?<=,)NA(?=,)", b"N/A", path.read_bytes())
        assert (len(data), hashlib.sha256(data).hexdigest()) in hashes


def test_real_tables_with_films_made_up(real: Callable[[str], Path], tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for path in real("cbis-ddsm").glob("*.csv"):
        shutil.copy(path, raw)
    film, mask = grey("film", 60, 40, 60000, np.uint16), np.zeros((60, 40), np.uint8)
    mask[20:31, 12:22] = 255
    shots = {"Calc-Test_P_00038_LEFT_CC": film, "Calc-Test_P_00038_LEFT_CC_1": mask}
    for number, (owner, shot) in enumerate(shots.items()):
        series = ddsm.uid9590(f"real {number}")
        ddsm.film_file(raw / owner, shot, owner, ddsm.uid9590("real study"), series, ddsm.uid9590(f"real sop {number}"), "", "1-1.dcm")
    conversion = convert("ddsm", raw, tmp_path / "out", configs=["calc"], workers=1)
    assert not conversion.rejected
    (row,) = pq.read_table(next((tmp_path / "out" / "calc").glob("*.parquet"))).to_pylist()
    assert np.array_equal(pixels(row["image"]), film)
    assert np.array_equal(pixels(row["mask"]), (mask > 0) * 2)
    assert np.array_equal(pixels(row["masks"][0]), mask > 0)
    assert (row["calc_type"], row["calc_distribution"], row["breast_density"]) == (["PUNCTATE-PLEOMORPHIC"], ["CLUSTERED"], 2)
