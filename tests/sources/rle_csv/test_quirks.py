"""Quirks of tables of run lengths, one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.support.harness import PHANTOMS, Converted, pixels
from tests.support.kit import Phantom, colour, save, write


def test_which_way_the_runs_go_is_asked_with_the_line_that_says_it(tmp_path: Path) -> None:
    phantom = PHANTOMS["rle-csv"].make(tmp_path, "no_order")
    with pytest.raises(Refused, match=r'train.csv: nobody says which way the runs go. Say in the about file: order = "columns"'):
        convert("rle-csv", phantom.raw, tmp_path / "out", about=phantom.about, workers=1)


def test_two_tables_are_refused_with_the_line_that_chooses(tmp_path: Path) -> None:
    save(tmp_path / "raw/a.png", colour("a", 5, 5))
    for name in ("old.csv", "new.csv"):
        write(tmp_path / "raw" / name, "ImageId,EncodedPixels\na.png,1 2\n")
    with pytest.raises(Refused, match=r'table = "new.csv" or: table = "old.csv"'):
        convert("rle-csv", tmp_path / "raw", tmp_path / "out", workers=1)


def test_a_table_for_hand_ins_is_not_taken_for_the_masks(tmp_path: Path) -> None:
    save(tmp_path / "raw/a.png", colour("a", 5, 5))
    write(tmp_path / "raw/train.csv", "ImageId,EncodedPixels\na,1 2\n")
    write(tmp_path / "raw/sample_submission.csv", "ImageId,EncodedPixels\na,1 1\n")
    conversion = convert("rle-csv", tmp_path / "raw", tmp_path / "out", workers=1)
    row = Converted("rle-csv", Phantom(tmp_path, []), conversion, tmp_path / "out").row("a")
    assert [one["segmentation"] for one in row["objects"]] == ["1 2"]


def test_runs_along_the_rows_are_not_painted_down_the_columns(tmp_path: Path) -> None:
    """Read down the columns, as the column's name says, an oblique blob of a picture that is no square falls apart."""
    save(tmp_path / "raw/a.png", colour("a", 40, 60))
    runs = " ".join(f"{60 * row + 10 + row // 2} 20" for row in range(5, 35))
    write(tmp_path / "raw/train.csv", f"ImageId,EncodedPixels\na,{runs}\n")
    (rejected,) = convert("rle-csv", tmp_path / "raw", tmp_path / "none", workers=1).rejected
    assert rejected["advice"] == 'Say in the about file which way they go: order = "rows" or order = "columns"'
    about = write(tmp_path / "about.toml", 'order = "rows"\n')
    conversion = convert("rle-csv", tmp_path / "raw", tmp_path / "out", workers=1, about=about)
    (row,) = Converted("rle-csv", Phantom(tmp_path, []), conversion, tmp_path / "out").rows()
    mask = pixels(row["mask"])
    assert mask.sum() == 600 and mask[5, 11:31].all()


def test_a_run_that_begins_at_0_says_that_pixels_are_counted_from_0(tmp_path: Path) -> None:
    for name in "ab":
        save(tmp_path / f"raw/{name}.png", colour(name, 5, 5))
    write(tmp_path / "raw/train.csv", "ImageId,EncodedPixels\na,0 2\nb,3 2\n")
    with pytest.raises(Refused, match=r"a run of a begins at 0, .* Say in the about file: first = 0\Z"):
        convert("rle-csv", tmp_path / "raw", tmp_path / "out", workers=1)
