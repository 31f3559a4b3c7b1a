"""Quirks of STS-2D-Tooth, each under its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.support.harness import run
from tests.support.kit import write


def test_an_adult_and_a_child_of_one_name_are_two_pictures(tmp_path: Path) -> None:
    rows = run("sts-2d-tooth", "clean", tmp_path).rows()
    assert {row["image_id"]: row["age_group"] for row in rows} == {
        "adult_1": "adult",
        "adult_2": "adult",
        "child_1": "child",
        "child_unlabeled_1": "child",
    }


def test_pieces_that_were_not_joined_are_refused(tmp_path: Path) -> None:
    for number in (1, 2, 15):
        write(tmp_path / f"raw/SD-Tooth.zip.{number:03}", b"PK\x03\x04 a piece")
    with pytest.raises(Refused, match="all pieces in one folder"):
        convert("sts-2d-tooth", tmp_path / "raw", tmp_path / "out", workers=1)
    assert not (tmp_path / "out").exists()
