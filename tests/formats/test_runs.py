"""Label maps packed by their runs: any reader gets back what went in, and the bytes are the same everywhere."""

from __future__ import annotations

import hashlib
import io
import zlib

import deflate
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.formats import png, runs


def unpacked(samples: NDArray[np.uint8]) -> bytes:
    """What two readers make of the packed samples."""
    found = runs.of(samples[np.newaxis])
    assert found is not None
    assert np.array_equal(found.counts(), np.bincount(samples, minlength=256))
    stream = runs.packed(found)
    plain = zlib.decompress(stream)
    assert deflate.zlib_decompress(stream, len(samples) + 1) == plain
    assert plain[0] == 0
    return plain[1:]


@pytest.mark.parametrize(
    "length", [1, 2, 3, 4, 10, 11, 12, 66, 67, 130, 131, 256, 257, 258, 259, 260, 261, 262, 516, 517, 518, 519, 70_000]
)
def test_a_run_of_any_length_between_others_comes_back(length: int) -> None:
    samples = np.concatenate([np.full(size, value, np.uint8) for size, value in ((999, 0), (length, 3), (1500, 0), (length, 1))])
    assert unpacked(samples) == samples.tobytes()
    assert unpacked(np.zeros(length, np.uint8)) == bytes(length)


@pytest.mark.parametrize("highest", [0, 1, 2, 3, 6, 7, 62, 63, 127, 254, 255])
def test_every_value_comes_back(highest: int) -> None:
    chance = np.random.default_rng(highest)
    values = np.concatenate([np.arange(highest + 1), chance.integers(0, highest + 1, 300)]).astype(np.uint8)
    samples = np.repeat(values, chance.integers(1, 600, len(values)))
    assert unpacked(samples) == samples.tobytes()


def test_runs_that_go_on_over_many_stretches_come_back() -> None:
    samples = np.repeat(np.array([1, 0, 2], np.uint8), [(1 << 18) - 1, (1 << 19) + 1, 70])
    assert unpacked(samples) == samples.tobytes()


@pytest.mark.parametrize("shape", [(1, 1), (300, 1), (1, 300), (7, 900), (900, 7), (40, 700)])
@pytest.mark.parametrize("border", ["nothing", "left", "right", "both"])
def test_runs_that_meet_the_ends_of_lines_come_back(shape: tuple[int, int], border: str) -> None:
    drawn = np.zeros(shape, np.uint8)
    drawn[len(drawn) // 2 :: 97] = 3
    for side, column in (("left", 0), ("right", -1)):
        if border in (side, "both"):
            drawn[: 1 + len(drawn) // 200, column] = 255
    stored = png.encode(drawn, labels=True)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(stored))), drawn)
    found = runs.of(drawn)
    assert found is None or np.array_equal(found.counts(), np.bincount(drawn.ravel(), minlength=256))


def test_short_runs_are_left_to_the_search_for_repeats() -> None:
    stripes = np.tile(np.repeat(np.array([0, 1], np.uint8), 20), (400, 10))
    assert runs.of(stripes) is None
    stored = png.encode(stripes, labels=True)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(stored))), stripes) and len(stored) < 2000


def test_a_label_map_has_the_same_bytes_on_every_machine() -> None:
    rows, columns = np.ogrid[:384, :512]
    disc = ((rows - 200) ** 2 + (columns - 230) ** 2 < 120**2).astype(np.uint8) + ((rows - 180) ** 2 + (columns - 260) ** 2 < 40**2)
    disc[rows + columns > 760] = 255
    stored = png.encode(disc, labels=True)
    with Image.open(io.BytesIO(stored)) as picture:
        assert picture.mode == "L" and np.array_equal(np.asarray(picture), disc)
    assert len(stored) < 1.5 * len(zlib.compress(b"".join(b"\0" + row.tobytes() for row in disc), 9))
    assert hashlib.sha256(stored).hexdigest() == "050412b32a7e72aa7f05b7cd15c4d7d89f161d16ed88443d9dc869d7d5ac9b4a"
