"""CT-ORG: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_volume_20_is_the_last_of_the_test_set(tmp_path: Path) -> None:
    converted = run("ct-org", "clean", tmp_path)
    assert {row["volume_id"] for row in converted.rows() if row["split"] == "test"} == {"volume-0", "volume-20"}
    assert {row["volume_id"] for row in converted.rows() if row["split"] == "train"} == {"volume-21"}


def test_a_volume_without_labels_is_rejected_by_the_missing_file(tmp_path: Path) -> None:
    (rejected, *_) = run("ct-org", "labels_missing", tmp_path, configs=[]).conversion.rejected
    assert rejected["expected"].startswith("labels-0.nii.gz, which belongs to it, is missing")
