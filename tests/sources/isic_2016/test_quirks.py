"""Quirks of ISIC 2016, each under its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.conversion.run import convert
from tests.support.harness import PHANTOMS, run


@pytest.mark.parametrize("variant", ["clean", "zips"])
def test_the_test_table_says_numbers_where_the_training_table_says_words(variant: str, tmp_path: Path) -> None:
    converted = run("isic-2016", variant, tmp_path)
    names = converted.names("diagnosis")
    assert [names[row["diagnosis"]] for row in converted.rows()] == ["benign", "malignant", "benign", "malignant"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ISIC_0000002,maybe\n", "says 'maybe' of it"),
        ("ISIC_0000009,malignant\n", "says '' of it"),
        ("ISIC_0000002,benign\nISIC_0000002,malignant\n", "twice"),
    ],
)
def test_a_picture_whose_line_is_wrong_is_rejected(line: str, said: str, tmp_path: Path) -> None:
    phantom = PHANTOMS["isic-2016"].make(tmp_path / "raw")
    table = phantom.raw / "ISBI2016_ISIC_Part3_Training_GroundTruth.csv"
    table.write_text(table.read_text().replace("ISIC_0000002,malignant\n", line))
    (rejected,) = convert("isic-2016", phantom.raw, tmp_path / "out", workers=1).rejected
    assert rejected["image_id"] == "ISIC_0000002"
    assert said in rejected["expected"]


def test_a_first_line_of_names_is_no_picture(tmp_path: Path) -> None:
    phantom = PHANTOMS["isic-2016"].make(tmp_path / "raw")
    table = phantom.raw / "ISBI2016_ISIC_Part3_Training_GroundTruth.csv"
    table.write_text("image,class\n" + table.read_text())
    conversion = convert("isic-2016", phantom.raw, tmp_path / "out", workers=1)
    assert (conversion.rejected, conversion.rows) == ([], 4)
