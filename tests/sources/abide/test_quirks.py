"""ABIDE: every quirk, on phantoms."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hf_medseg.conversion.run import convert
from hf_medseg.formats.physical import physical
from tests.support.harness import PHANTOMS, pixels, run

TABLE = "Phenotypic_V1_0b_preprocessed1.csv"
PITT = "cpac_nofilt_noglobal_Pitt_0050003"
CMU = "cpac_nofilt_noglobal_CMU_a_0050642"


def test_lines_without_files_are_no_rows(tmp_path: Path) -> None:
    converted = run("abide", "clean", tmp_path)
    assert "no_filename" in next(converted.phantom.raw.rglob(TABLE)).read_text()
    assert len(converted.rows("volumes")) == 4
    assert not converted.conversion.rejected


def test_a_table_that_lies_above_raw_is_missed_by_name(tmp_path: Path) -> None:
    """`Outputs` alone was given, and diagnosis, age and sex came out null without a word."""
    phantom = PHANTOMS["abide"].make(tmp_path / "raw")
    (outputs,) = [path.parent for path in phantom.raw.rglob("cpac")]
    assert (outputs.parent / TABLE).exists()
    found = convert("abide", outputs, tmp_path / "out", workers=1)
    (note,) = [one for one in found.report["configs"]["slices"]["known"] if "Phenotypic_V1_0b" in one["path"]]
    assert note["reason"] == "this table is not below RAW, so what it says is missing; put it there to use it"


def test_missing_values_are_null_whether_empty_or_9999(tmp_path: Path) -> None:
    converted = run("abide", "clean", tmp_path)
    assert converted.row(CMU, "volumes")["fiq"] is None  # -9999
    assert converted.row(CMU, "volumes")["viq"] is None  # empty
    assert converted.row(PITT, "volumes")["fiq"] == 124


def test_notes_with_commas_do_not_shift_the_columns(tmp_path: Path) -> None:
    row = run("abide", "clean", tmp_path).row("cpac_nofilt_noglobal_UM_1_0050272", "volumes")
    assert (row["qc_rater_1"], row["qc_anat_rater_2"], row["qc_func_rater_2"]) == ("fail", "OK", "maybe")


def test_columns_without_a_name_are_let_pass(tmp_path: Path) -> None:
    phantom = PHANTOMS["abide"].make(tmp_path / "raw", "clean")
    assert next(phantom.raw.rglob(TABLE)).read_text().startswith(",Unnamed: 0,")
    assert not convert("abide", phantom.raw, tmp_path / "out", workers=1).rejected


def test_site_codes_differ_in_case_and_the_table_is_joined_by_file_id(tmp_path: Path) -> None:
    row = run("abide", "clean", tmp_path).row(CMU, "volumes")
    assert (row["site"], row["patient_id"]) == ("CMU", "0050642")


def test_left_and_right_come_from_the_header(tmp_path: Path) -> None:
    """Subjects are stored in three orders of axes; the harness compares every pixel, this the geometry."""
    rows = run("abide", "clean", tmp_path).rows("volumes")
    assert {row["orientation"] for row in rows} == {"LPS"}
    assert {tuple(row["image_position"]) for row in rows} == {(-19.5, -21.0, -9.0)}


def test_1_is_autism_and_2_is_control(tmp_path: Path) -> None:
    converted = run("abide", "clean", tmp_path)
    names = converted.names("label")
    assert [names[converted.row(name, "volumes")["label"]] for name in (PITT, CMU)] == ["autism", "control"]


def test_a_code_that_is_not_declared_is_rejected(tmp_path: Path) -> None:
    phantom = PHANTOMS["abide"].make(tmp_path / "raw", "clean")
    table = next(phantom.raw.rglob(TABLE))
    table.write_text(table.read_text().replace("CMU_a_0050642,2,", "CMU_a_0050642,3,"))
    (rejected,) = convert("abide", phantom.raw, tmp_path / "out", workers=1).rejected
    assert rejected["image_id"] == CMU
    assert "'3' is none of autism, control" in rejected["expected"]


def test_float_means_stay_32_bit_floats(tmp_path: Path) -> None:
    converted = run("abide", "clean", tmp_path)
    row = converted.row(f"{PITT}_0002")
    assert pixels(row["image"]).dtype == np.float32
    assert np.array_equal(physical(row), physical(converted.row(PITT, "volumes"))[2])


def test_raw_scans_have_null_masks(tmp_path: Path) -> None:
    converted = run("abide", "raw_scans", tmp_path)
    assert {row["mask"] for row in converted.rows()} == {None}
    assert converted.conversion.plan.edition.name == "raw"


def test_raw_scans_are_joined_to_the_table_by_number(tmp_path: Path) -> None:
    phantom = PHANTOMS["abide"].make(tmp_path / "raw", "raw_scans")
    (phantom.raw / "Phenotypic_V1_0b.csv").write_text(
        "SITE_ID,SUB_ID,DX_GROUP,AGE_AT_SCAN,SEX\nPITT,50003,1,24.5,1\nUM_1,50272,2,14.25,2\n"
    )
    convert("abide", phantom.raw, tmp_path / "out", workers=1, configs=["volumes"])
    rows = {row["image_id"]: row for row in _rows(tmp_path / "out")}
    assert [rows[name]["age"] for name in ("Pitt_0050003", "Pitt_0050004", "UM_1_0050272")] == [24.5, None, 14.25]
    assert rows["Pitt_0050004"]["site"] == "PITT"


def _rows(out: Path) -> list[dict[str, object]]:
    import pyarrow.parquet as pq

    return [row for path in sorted((out / "volumes").glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
