"""SPIDER: what the phantoms' promises do not say, and the owner's own tables."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.formats.headed import HeadedVolume
from tests.support.harness import PHANTOMS, Converted, run
from tests.support.kit import Phantom

REAL = Path(os.environ.get("HF_MEDSEG_REAL", Path(__file__).parents[4] / "shared/real")) / "spider"


def test_missing_tables_are_said(tmp_path: Path) -> None:
    assert any("overview.csv" in note["path"] for note in run("spider", "no_tables", tmp_path).section()["known"])


def test_a_mask_is_unpacked_once_for_classes_and_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    voxels = HeadedVolume.read
    monkeypatch.setattr(HeadedVolume, "read", lambda self, reader: read.append(self.file.path) or voxels(self, reader))
    converted = run("spider", "clean", tmp_path, configs=["slices"])
    assert len(read) == len(set(read)) == 2 * len({row["volume_id"] for row in converted.rows("slices")})


def test_what_is_called_a_birth_date_is_an_age_and_no_date(tmp_path: Path) -> None:
    row = run("spider", "clean", tmp_path).row("10_t2_SPACE_0000")
    assert row["age"] == 54.0
    assert not any("birth" in name for name in row)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
def test_the_real_tables_are_read(tmp_path: Path) -> None:
    phantom = PHANTOMS["spider"].make(tmp_path / "made")
    for table in ("overview.csv", "radiological_gradings.csv"):
        shutil.copy(REAL / table, phantom.raw / table)
    conversion = convert("spider", phantom.raw, tmp_path / "out", workers=1, configs=["volumes"])
    assert not conversion.rejected
    converted = Converted("spider", Phantom(phantom.raw, []), conversion, tmp_path / "out")
    rows = {row["image_id"]: row for row in converted.rows("volumes")}
    assert {row["split"] for row in rows.values()} <= {"train", "validation"}
    assert {name: (row["sex"], len(row["gradings"])) for name, row in rows.items()} == {
        "1_t1": (0, 7),
        "1_t2": (0, 7),
        "10_t2_SPACE": (None, 7),
    }
    assert all(1 <= one["pfirrmann"] <= 5 for row in rows.values() for one in row["gradings"])
