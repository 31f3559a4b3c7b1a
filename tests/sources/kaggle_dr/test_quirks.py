"""Kaggle Diabetic Retinopathy Detection: every quirk."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.errors import Refused
from tests.support.harness import run


def known(section: dict[str, list[dict[str, str]]]) -> list[tuple[str, bool]]:
    return [(one["path"], one["reason"].startswith("no row")) for one in section["known"]]


def test_bad_pictures_stay_and_are_known(tmp_path: Path) -> None:
    converted = run("kaggle-dr", "clean", tmp_path)
    assert converted.row("492_right")["image"] is not None
    assert known(converted.section()) == [("train/492_right.jpeg", False)]


def test_a_bad_picture_that_cannot_be_read_is_known_and_not_rejected(tmp_path: Path) -> None:
    converted = run("kaggle-dr", "unreadable_known", tmp_path)
    assert "492_right" not in [row["image_id"] for row in converted.rows()]
    assert known(converted.section()) == [("train/492_right.jpeg", False), ("train/492_right.jpeg", True)]
    assert not converted.conversion.rejected


def test_incomplete_labels_reject_by_name(tmp_path: Path) -> None:
    converted = run("kaggle-dr", "missing_labels", tmp_path)
    (one,) = converted.conversion.rejected
    assert (one["image_id"], one["file"]) == ("10_right", "train/10_right.jpeg")
    assert "no line" in one["expected"]


def test_order_is_by_number(tmp_path: Path) -> None:
    rows = run("kaggle-dr", "clean", tmp_path, limit=2).rows()
    assert {row["image_id"] for row in rows if row["split"] == "train"} == {"10_left", "10_right"}  # as text, 10003 comes first


def test_aptos_is_another_data_set(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="This is not kaggle-dr"):
        run("kaggle-dr", "aptos", tmp_path)


def test_resized_copies_are_never_mixed_in(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"15_left\.png|10003_right\.png"):
        run("kaggle-dr", "mixed", tmp_path)


def test_test_labels_are_null_without_the_solution(tmp_path: Path) -> None:
    assert {row["label"] for row in run("kaggle-dr", "no_solution", tmp_path).rows() if row["split"] == "test"} == {None}
