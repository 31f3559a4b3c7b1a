"""Run lengths: what is read, and two codings of one mask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hf_medseg.errors import Rejected
from hf_medseg.masks.rle import Rle, Same
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone

MASKS = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=9))


def _text(mask: np.ndarray) -> str:
    """Runs found pixel by pixel, down the columns, counted from 1."""
    runs: list[list[int]] = []
    for place, value in enumerate(mask.T.reshape(-1).tolist(), 1):
        if value and runs and sum(runs[-1]) == place:
            runs[-1][1] += 1
        elif value:
            runs.append([place, 1])
    return " ".join(f"{start} {length}" for start, length in runs)


@given(MASKS)
def test_runs_along_rows_counted_from_0_give_the_mask_back(mask: np.ndarray) -> None:
    starts_and_lengths = _text(mask.T).split()
    text = " ".join(str(int(n) - 1) if k % 2 == 0 else n for k, n in enumerate(starts_and_lengths))
    found = Rle(text, "t.csv", order="rows", first=0).labels(Reader(), (1, *mask.shape))
    assert np.array_equal(found[0], mask)


@given(MASKS)
def test_runs_give_the_mask_back(mask: np.ndarray) -> None:
    labels = Rle(_text(mask), "t.csv", 3).labels(Reader(), (1, *mask.shape))
    assert labels.dtype == np.uint8
    assert np.array_equal(labels[0], mask * 3)


def test_columns_come_first_and_counting_starts_at_one() -> None:
    assert Rle("2 3", "t.csv").labels(Reader(), (1, 3, 2))[0].tolist() == [[0, 1], [1, 0], [1, 0]]


@pytest.mark.parametrize("runs", ["1", "1 2 3", "0 1", "1 0", "6 2", "1 7", "a 1", "1 -2", "1.0 2", "3 2 1 1", "1 2 2 1", "9" * 40 + " 1"])
def test_runs_that_are_none_are_rejected(runs: str) -> None:
    with pytest.raises(Rejected) as caught:
        Rle(runs, "t.csv").labels(Reader(), (1, 3, 2))
    assert caught.value.file == "t.csv"


@settings(max_examples=200)
@given(st.text("0123456789 -.a\t\n", max_size=40) | st.text(max_size=20))
def test_hostile_text_is_a_mask_or_rejected(runs: str) -> None:
    try:
        labels = Rle(runs, "t.csv").labels(Reader(), (1, 5, 7))
    except Rejected:
        return
    numbers = list(map(int, runs.split()))
    assert int(labels.sum()) == sum(numbers[1::2])


def test_two_codings_of_one_mask_must_agree(tmp_path) -> None:
    from PIL import Image

    from hf_medseg.formats.picture import Picture
    from hf_medseg.masks.labels import Values

    mask = np.zeros((4, 5), np.uint8)
    mask[1:3, 2:4] = 255
    path = tmp_path / "1_mask.tif"
    Image.fromarray(mask).save(path)
    values = Values(Picture(RawFile("1_mask.tif", path.stat().st_size, Alone(str(path)))), {0: 0, 255: 1})
    same = Same(values, Rle(_text(mask > 0), "t.csv"), "its line in t.csv")
    assert np.array_equal(same.labels(Reader(), (1, 4, 5))[0], mask > 0)
    differs = Same(values, Rle("10 2 14 1", "t.csv"), "its line in t.csv")
    with pytest.raises(Rejected, match=r"1_mask\.tif: .*its line in t\.csv.*differ in 1 pixels"):
        differs.labels(Reader(), (1, 4, 5))
