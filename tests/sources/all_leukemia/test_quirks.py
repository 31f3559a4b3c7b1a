"""Quirks of the ALL image dataset, each under its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hf_medseg.catalog.lookup import find_source
from hf_medseg.conversion.run import convert
from tests.support.harness import PHANTOMS, Converted, pixels, run


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return run("all-leukemia", "clean", tmp_path_factory.mktemp("leukemia"))


def test_segmented_is_no_mask_but_gives_one(clean: Converted) -> None:
    row = clean.row("WBC-Malignant-Early-003")
    with Image.open(clean.phantom.raw / "Segmented" / "Early" / "WBC-Malignant-Early-003.jpg") as published:
        segmented = np.asarray(published)
    assert np.array_equal(pixels(row["mask"]), segmented.max(axis=2) > 64)
    assert np.array_equal(pixels(row["segmented"]), segmented)
    assert clean.names("mask_origin")[row["mask_origin"]] == "derived"


def test_the_class_pro_is_almost_unsegmented(clean: Converted) -> None:
    assert 0 < (pixels(clean.row("WBC-Malignant-Pro-011")["mask"]) > 0).mean() < 0.01


def test_byte_identical_pairs_are_listed_and_both_stay(clean: Converted) -> None:
    assert clean.section()["duplicate"] == ["Original/Pro/WBC-Malignant-Pro-012.jpg"]
    assert clean.row("WBC-Malignant-Pro-011")["source_sha256"] == clean.row("WBC-Malignant-Pro-012")["source_sha256"]


def test_an_empty_mask_is_a_mask(clean: Converted) -> None:
    row = clean.row("WBC-Malignant-Pro-804")
    assert not pixels(row["mask"]).any()
    assert row["classes"] == [0]


def test_the_release_has_3256_pictures() -> None:
    assert find_source("all-leukemia").editions[0].published.rows == {"train": 3256}


def test_folder_case_may_differ_between_the_two_trees(tmp_path: Path) -> None:
    raw = PHANTOMS["all-leukemia"].make(tmp_path / "raw").raw
    (raw / "Segmented" / "Early").rename(raw / "Segmented" / "early")
    conversion = convert("all-leukemia", raw, tmp_path / "out", workers=1)
    assert (conversion.rows, conversion.rejected) == (8, [])


def test_a_picture_in_the_folder_of_another_class_is_rejected(tmp_path: Path) -> None:
    raw = PHANTOMS["all-leukemia"].make(tmp_path / "raw").raw
    for tree in ("Original", "Segmented"):
        (raw / tree / "Pro" / "WBC-Malignant-Pro-804.jpg").rename(raw / tree / "Pre" / "WBC-Malignant-Pro-804.jpg")
    (rejected,) = convert("all-leukemia", raw, tmp_path / "out", workers=1).rejected
    assert "lies in the folder pre, its name says pro" in rejected["expected"]
