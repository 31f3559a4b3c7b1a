"""NIH ChestX-ray14: every quirk, and the real films and tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hf_medseg.conversion.run import convert
from tests.support.harness import Converted, pixels, run
from tests.support.kit import Phantom


def test_commas_inside_the_header_s_brackets(tmp_path: Path) -> None:
    row = run("nih-cxr14", "clean", tmp_path).row("00000001_000")
    assert (row["original_width"], row["original_height"], row["original_pixel_spacing"]) == (2682, 2749, [0.143, 0.143])


def test_a_trailing_comma_makes_no_column(tmp_path: Path) -> None:
    assert run("nih-cxr14", "kaggle", tmp_path).row("00000001_000")["original_width"] == 2682


@pytest.mark.parametrize("variant", ["kaggle", "clean"])
def test_patient_gender_and_patient_sex(variant: str, tmp_path: Path) -> None:
    converted = run("nih-cxr14", variant, tmp_path)
    assert converted.names("sex")[converted.row("00000002_000")["sex"]] == "female"


def test_four_numbers_of_a_box_in_four_columns(tmp_path: Path) -> None:
    (box,) = run("nih-cxr14", "clean", tmp_path).row("00030805_000")["boxes"]
    assert [box[side] for side in ("x", "y", "width", "height")] == [343.438229166667, 446.198524305556, 120.604444444444, 53.4755555555556]


def test_infiltrate_is_infiltration(tmp_path: Path) -> None:
    from hf_medseg.sources.nih_cxr14.source import BOXED, FINDINGS

    row = run("nih-cxr14", "clean", tmp_path).row("00001336_003")
    assert BOXED[row["boxes"][0]["label"]] == "infiltration" == FINDINGS[row["labels"][0]]


def test_impossible_ages_are_null(tmp_path: Path) -> None:
    assert run("nih-cxr14", "kaggle", tmp_path).row("00000001_001")["age"] is None
    assert run("nih-cxr14", "clean", tmp_path / "2020").row("00000002_000")["age"] == 0


def test_four_channels_become_grey(tmp_path: Path) -> None:
    assert pixels(run("nih-cxr14", "clean", tmp_path).row("00000002_000")["image"]).shape == (1024, 1024)


def test_a_film_of_another_size_is_rejected(tmp_path: Path) -> None:
    rejected = {one["image_id"]: one["expected"] for one in run("nih-cxr14", "bad_images", tmp_path).conversion.rejected}
    assert "the source promises 1024 x 1024" in rejected["00030805_000"]


def test_the_first_archive_alone_is_a_note(tmp_path: Path) -> None:
    converted = run("nih-cxr14", "partial", tmp_path)
    assert not converted.conversion.rejected
    assert {"what": "rows", "split": "train", "published": 86524, "found": 3} in converted.section()["published"]


def test_real_films_and_tables(real: Callable[[str], Path], tmp_path: Path) -> None:
    raw = real("nih-cxr14")
    conversion = convert("nih-cxr14", raw, tmp_path / "out", workers=1)
    converted = Converted("nih-cxr14", Phantom(raw, []), conversion, tmp_path / "out")
    rows = converted.rows()
    assert len(rows) == 10 and not conversion.rejected
    for row in rows:
        with Image.open(raw / "images_001" / row["source_file"]) as picture:
            expected = np.asarray(picture.convert("RGB"))[..., 0]  # all channels are equal, the fourth is opaque
        assert np.array_equal(pixels(row["image"]), expected)
    row = converted.row("00000100_000")
    assert row["patient_id"] == "00000100" and row["labels"] and row["boxes"] == []
