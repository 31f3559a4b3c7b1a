"""Statistics: exact numbers of rows that were made for them."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import hf_medseg
from hf_medseg.cli import main
from hf_medseg.errors import MedsegError, Refused
from hf_medseg.statistics import collect
from hf_medseg.statistics.record import GRID
from hf_medseg.statistics.sums import Samples
from tests.support.made import FLAT, Made, edition, flat, flat_row, picture, volumes


def row(number: int, image: Any, mask: Any, **changed: Any) -> dict[str, Any]:
    height, width = image.shape[:2]
    cells = {"image": picture(image), "mask": None if mask is None else picture(mask)}
    return {**flat_row(number), **cells, "height": height, "width": width, **changed}


def marked(*boxes: tuple[int, slice, slice]) -> Any:
    mask = np.zeros((64, 128), np.uint8)
    for value, down, across in boxes:
        mask[down, across] = value
    return mask


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Two shards of train: a cell in the upper left corner with a nucleus beside it, an empty mask, no mask; and a row of test."""
    grey = np.full((64, 128), 10, np.uint8)
    bright = np.where(np.arange(128) < 64, 0, 200).astype(np.uint8) * np.ones((64, 1), np.uint8)
    first = row(0, grey, marked((1, slice(0, 32), slice(0, 32)), (2, slice(0, 8), slice(64, 72))), patient_id="a")
    rows = [first, row(1, bright, marked()), row(2, grey[:32], None, patient_id="a")]
    tables = {("default", "train"): [rows[:2], rows[2:]], ("default", "test"): [[row(4, grey, marked((1, slice(32, 64), slice(64, 128))))]]}
    return Made(FLAT, tables).write(tmp_path / "out")


def test_rows_sizes_and_patients_are_counted_for_every_split(out: Path) -> None:
    train, test = hf_medseg.stats(out).splits
    assert (train.split, train.rows, train.rows_with_mask, train.rows_empty, train.patients) == ("train", 3, 2, 1, 2)
    assert (test.split, test.rows, test.rows_with_mask, test.rows_empty, test.patients) == ("test", 1, 1, 0, 1)
    assert train.sizes == (((128, 64), 2), ((128, 32), 1))
    assert (train.heights.least, train.heights.median, train.heights.most, train.heights.count) == (32, 64, 64, 3)


def test_classes_are_weighed_by_pixels_rows_and_what_they_occur_with(out: Path) -> None:
    train, test = hf_medseg.stats(out).splits
    _, cell, _ = train.classes
    assert [one.name for one in train.classes] == ["background", "cell", "nucleus"]
    assert [one.pixels for one in train.classes] == [2 * 64 * 128 - 32 * 32 - 64, 32 * 32, 64]
    assert [one.rows for one in train.classes] == [2, 1, 1]
    assert cell.fraction is not None and cell.fraction.mean == 0.125
    assert train.together == ((2, 1, 1), (1, 1, 1), (1, 1, 1))
    assert test.classes[2].fraction is None
    assert train.foreground is not None and train.foreground.count == 2 and train.foreground.least == 0


def test_a_class_lies_where_its_pixels_are_whatever_the_size(out: Path) -> None:
    cell = hf_medseg.stats(out).splits[0].classes[1]
    centroids, coverage = np.array(cell.centroids), np.array(cell.coverage)
    assert np.argwhere(centroids).tolist() == [[GRID // 4, GRID // 8]]
    assert (coverage[: GRID // 2, : GRID // 4] == 0.5).all(), "in one of two masks"
    assert coverage.sum() == 0.5 * (GRID // 2) * (GRID // 4)


def test_intensities_are_those_of_all_samples(out: Path) -> None:
    found = hf_medseg.stats(out).splits[0].intensities["image"]
    samples = np.concatenate([np.full(64 * 128, 10), np.repeat([0, 200], 64 * 64), np.full(32 * 128, 10)])
    assert (found.begin, found.width, sum(found.counts)) == (0, 1, len(samples))
    assert {value: count for value, count in enumerate(found.counts) if count} == {0: 64 * 64, 10: 64 * 128 + 32 * 128, 200: 64 * 64}
    assert found.mean == pytest.approx(samples.mean()) and found.deviation == pytest.approx(samples.std())


def test_colours_are_told_by_channel(tmp_path: Path) -> None:
    found = hf_medseg.stats(flat().write(tmp_path / "out")).splits[0].intensities
    assert list(found) == ["image red", "image green", "image blue"]


def test_volumes_are_measured_whole_and_by_slices_in_physical_values(tmp_path: Path) -> None:
    slices, whole = hf_medseg.stats(volumes().write(tmp_path / "out")).splits
    assert (slices.config, slices.rows, slices.volumes) == ("slices", 6, 2)
    assert (whole.config, whole.rows, whole.volumes) == ("volumes", 2, 2)
    assert {axis: one.median for axis, one in slices.spacings.items()} == {"row": 0.5, "column": 0.5, "slice": 2.0}
    assert slices.intensities["image"] == whole.intensities["image"]
    assert slices.intensities["image"].begin < 0, "Hounsfield units"
    assert [one.pixels for one in slices.classes] == [one.pixels for one in whole.classes]


def test_the_numbers_do_not_depend_on_workers_or_order(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hf_medseg.stats(out, workers=2) == hf_medseg.stats(out, workers=1)
    parts = [np.array([0.0, 0.25]), np.array([1e6]), np.array([-3.0, 4000.0]), np.array([np.nan, 2.0])]
    told = set()
    for order in itertools.permutations(parts):
        sums = Samples()
        for values in order:
            sums.add(values, np.ones(len(values), np.int64))
        told.add(repr(sums.told()))
    assert len(told) == 1


def test_a_bin_is_never_too_narrow_for_what_it_holds() -> None:
    sums = Samples()
    for values in (np.array([0.001, 0.002]), np.array([5.0]), np.array([-70000.0, 70000.0])):
        sums.add(values, np.ones(len(values), np.int64))
    found = sums.told()
    assert found is not None and len(found.counts) <= 1024 and sum(found.counts) == 5
    assert found.begin <= -70000 and found.begin + found.width * len(found.counts) > 70000


def test_the_same_folder_twice_is_counted_once(out: Path) -> None:
    assert hf_medseg.stats(out, str(out) + "/") == hf_medseg.stats(out)


def test_what_holds_no_rows_is_refused_by_name(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["stats", str(out), str(tmp_path / "empty")]) == 2
    assert str(tmp_path / "empty") in capsys.readouterr().err
    with pytest.raises(Refused):
        hf_medseg.stats()
    with pytest.raises(Refused):
        hf_medseg.stats(out, workers=0)


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    made = flat()
    made.row(number=1)["image"]["bytes"] = b"\x89PNG\r\n"
    with pytest.raises(MedsegError, match="cell_1: a picture cannot be decoded"):
        hf_medseg.stats(made.write(tmp_path / "out"))


def test_a_mask_with_classes_of_no_name_is_named(tmp_path: Path) -> None:
    made = flat()
    made.row()["mask"] = picture(np.full((20, 31), 9, np.uint8))
    with pytest.raises(MedsegError, match="cell_0: its mask holds classes that have no name"):
        hf_medseg.stats(made.write(tmp_path / "out"))


def test_the_summary_fits_a_terminal_and_json_holds_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = edition(FLAT, classes=("a structure whose name goes on and on and on for ever", "nucleus"))
    made = flat(long).write(tmp_path / "out")
    assert main(["stats", str(made)]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert "made-up / train" in text and "nucleus" in text
    assert main(["stats", str(made), "--json"]) == 0
    splits = json.loads(capsys.readouterr().out)["splits"]
    assert [(one["split"], one["rows"]) for one in splits] == [("train", 4), ("test", 2)]


def test_the_picture_is_drawn_of_one_set_of_several_and_of_one_without_masks(out: Path, tmp_path: Path) -> None:
    without = Made(FLAT, {("default", "train"): [[flat_row(0, masked=False)]]}).write(tmp_path / "without")
    for number, outs in enumerate(([out], [out, volumes().write(tmp_path / "volumes"), without], [without])):
        target = tmp_path / f"{number}.png"
        assert main(["stats", *map(str, outs), "--picture", str(target), "-q"]) == 0
        with Image.open(target) as drawn:
            assert drawn.width == 1920


def test_without_matplotlib_it_is_said_before_anything_is_read(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr(collect, "stats", None)
    assert main(["stats", str(out), "--picture", str(tmp_path / "x.png")]) == 2
    assert "matplotlib is needed" in capsys.readouterr().err
