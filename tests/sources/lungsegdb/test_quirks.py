"""LungSegDB: every quirk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hf_medseg.errors import Refused
from hf_medseg.formats.physical import physical
from tests.support.harness import pixels, run


def test_the_two_forms_of_a_slice_are_never_in_one_config(tmp_path: Path) -> None:
    converted = run("lungsegdb", "clean", tmp_path)
    for config in ("raw_v1", "raw_v2", "preprocessed_v1", "preprocessed_v2"):
        assert {(row["variant"], row["version"]) for row in converted.rows(config)} == {
            (["raw", "preprocessed"].index(config.split("_")[0]), int(config[-1]) - 1)
        }
    assert {one["reason"] for one in converted.section()["not_used"]} == {
        "belongs to another config",
        "belongs to no case of this config",  # README.txt
    }


def test_extensions_in_any_case(tmp_path: Path) -> None:
    suffixes = {
        row["source_file"][-4:] for config in ("raw_v1", "preprocessed_v1") for row in run("lungsegdb", "clean", tmp_path).rows(config)
    }
    assert suffixes == {".TIF", ".tif"}


def test_patients_only_where_the_stem_names_them(tmp_path: Path) -> None:
    rows = run("lungsegdb", "clean", tmp_path).rows()
    assert {row["image_id"]: row["patient_id"] for row in rows} == {
        "1": None,
        "2": None,
        "10": None,
        "LIDC-IDRI-0003_041": "LIDC-IDRI-0003",
        "LIDC-IDRI-0003_042": "LIDC-IDRI-0003",
    }


def test_white_is_whatever_the_mask_has(tmp_path: Path) -> None:
    converted = run("lungsegdb", "clean", tmp_path)  # V1 has 255, V2 has 1
    assert {tuple(row["classes"]) for config in ("raw_v1", "raw_v2") for row in converted.rows(config)} == {(0,), (0, 1)}


def test_signed_slices_come_back(tmp_path: Path) -> None:
    converted = run("lungsegdb", "signed", tmp_path)
    for row in converted.rows():
        assert np.array_equal(physical(row), pixels(row["image"]).astype(int) - 32768)
        assert (row["rescale_slope"], row["rescale_intercept"]) == (1.0, -32768.0)


def test_unsigned_slices_are_not_shifted(tmp_path: Path) -> None:
    assert {row["rescale_intercept"] for row in run("lungsegdb", "clean", tmp_path).rows()} == {0.0}


def test_one_version_is_enough(tmp_path: Path) -> None:
    assert list(run("lungsegdb", "v1_only", tmp_path).conversion.report["configs"]) == ["raw_v1"]


def test_the_face_mask_set_is_another_one(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="This is not lungsegdb"):
        run("lungsegdb", "face_masks", tmp_path)


def test_the_text_on_face_masks_is_not_carried_along() -> None:
    from hf_medseg.sources.lungsegdb.source import SOURCE

    assert not any(word in repr(SOURCE) for word in ("ABANet", "rezvaniabanet", "Instagram", "MSFD"))
