"""MURA: every quirk."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.errors import Refused
from tests.support.harness import run


def test_tables_have_no_header_and_lose_no_first_line(tmp_path: Path) -> None:
    converted = run("mura", "clean", tmp_path)
    first = (converted.phantom.raw / "MURA-v1.1/train_image_paths.csv").read_text().splitlines()[0]
    assert first.partition("/")[2] in [row["source_file"] for row in converted.rows()]


def test_the_label_is_the_study_s(tmp_path: Path) -> None:
    rows = run("mura", "clean", tmp_path).rows()
    studies: dict[str, set[int]] = {}
    for row in rows:
        studies.setdefault(row["study_id"], set()).add(row["label"])
    assert all(len(labels) == 1 for labels in studies.values()) and len(studies) < len(rows)


def test_hidden_files_of_macos_are_no_pictures(tmp_path: Path) -> None:
    converted = run("mura", "clean", tmp_path)
    left = [one["path"] for one in converted.section()["not_used"] if one["reason"] == "left behind by an operating system"]
    assert {path.rpartition("/")[2] for path in left} == {"._image1.png", ".DS_Store"}


def test_pictures_come_from_the_tables_not_from_the_folders(tmp_path: Path) -> None:
    converted = run("mura", "unlisted", tmp_path)
    (one,) = [one for one in converted.section()["not_used"] if one["path"].endswith("image7.png")]
    assert one["reason"] == "named by no table of the owner"


def test_version_1_0_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="withdrawn"):
        run("mura", "old_version", tmp_path)


def test_equal_channels_become_grey(tmp_path: Path) -> None:
    converted = run("mura", "clean", tmp_path)
    row = converted.row("XR_ELBOW_patient00011_study1_negative_image2")
    assert row["image"]["bytes"][25] == 0  # colour type of the PNG header: grey


def test_a_label_against_its_folder_is_rejected_with_both(tmp_path: Path) -> None:
    rejected = {one["image_id"]: one["expected"] for one in run("mura", "bad_tables", tmp_path).conversion.rejected}
    assert "label 0; its folder says 1" in rejected["XR_ELBOW_patient00011_study2_positive_image1"]
    assert "twice" in rejected["XR_HAND_patient00001_study1_negative_image1"]
