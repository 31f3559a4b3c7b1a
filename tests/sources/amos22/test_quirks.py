"""AMOS22: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_scans_of_one_person_share_a_patient_though_no_date_is_exported(tmp_path: Path) -> None:
    rows = run("amos22", "clean", tmp_path, configs=[]).rows()
    assert {row["volume_id"]: row["patient_id"] for row in rows} == {
        "amos_0005": "amos_0005",
        "amos_0138": "amos_0005",
        "amos_0200": "amos_0200",
        "amos_0500": "amos_0500",
        "amos_0501": "amos_0501",
    }
    assert not any("Date" in column for column in rows[0])


def test_facts_of_mri_are_null_because_the_table_is_shifted(tmp_path: Path) -> None:
    rows = [row for row in run("amos22", "clean", tmp_path, configs=[]).rows() if row["volume_id"] in ("amos_0500", "amos_0501")]
    assert {(row["volume_id"], row["modality"], row["age"], row["sex"]) for row in rows} == {
        ("amos_0500", 0, None, None),
        ("amos_0501", 1, None, None),
    }
