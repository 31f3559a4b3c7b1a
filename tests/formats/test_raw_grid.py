"""Headerless grids and signed pictures: every sample comes out, and slope and intercept lead back to what the file held."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from hf_medseg.errors import Rejected
from hf_medseg.formats.physical import physical
from hf_medseg.formats.picture import Picture
from hf_medseg.formats.raw_grid import RawGrid, SignedPicture
from hf_medseg.formats.volume import Samples
from hf_medseg.masks.labels import UpperHalf
from hf_medseg.raw.files import RawFile, Reader
from tests.support.kit import encode


class Bytes(Reader):
    """A reader of one file."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data

    def read(self, file: RawFile, **_: Any) -> bytes:
        return self.data


FILE = RawFile("film.IMG", 1, None)


def back(samples: Samples) -> np.ndarray:
    row = {"image": samples.array[0], "rescale_slope": samples.slope, "rescale_intercept": samples.intercept}
    return physical(row)


@pytest.mark.parametrize("kind", [">u2", "<u2", "u1", ">i2", "i1"])
@pytest.mark.parametrize("inverted", [False, True])
@given(data=st.data())
def test_what_the_file_holds_comes_back(kind: str, inverted: bool, data: st.DataObject) -> None:
    raw = data.draw(arrays.arrays(np.dtype(kind), (3, 5)))
    samples = RawGrid(FILE, 3, 5, kind, inverted=inverted).samples(Bytes(raw.tobytes()))
    assert samples.array.dtype in (np.uint8, np.uint16) and samples.array.shape == (1, 3, 5)
    assert np.array_equal(back(samples), raw)


def test_high_is_dark() -> None:
    raw = np.array([[0, 1], [4094, 4095]], ">u2")
    samples = RawGrid(FILE, 2, 2, ">u2", highest=4095, inverted=True, pixel_spacing=(0.175, 0.175)).samples(Bytes(raw.tobytes()))
    assert samples.array[0].tolist() == [[4095, 4094], [1, 0]]
    assert (samples.slope, samples.intercept, samples.grid.pixel_spacing) == (-1.0, 4095.0, (0.175, 0.175))


@given(st.binary(max_size=40))
def test_any_other_size_is_rejected(data: bytes) -> None:
    grid = RawGrid(FILE, 3, 5, ">u2")
    if len(data) == 30:
        assert grid.samples(Bytes(data)).array.shape == (1, 3, 5)
    else:
        with pytest.raises(Rejected, match="30 bytes expected"):
            grid.samples(Bytes(data))


def test_the_other_byte_order_is_noticed() -> None:
    raw = np.arange(15, dtype="<u2").reshape(3, 5) + 300
    with pytest.raises(Rejected, match="another byte order"):
        RawGrid(FILE, 3, 5, ">u2", highest=4095).samples(Bytes(raw.tobytes()))


@pytest.mark.parametrize("low", [-1024, 0])
def test_signed_tiff_is_shifted_whatever_its_values(low: int) -> None:
    raw = np.arange(low, low + 15, dtype=np.int16).reshape(3, 5)
    buffer = io.BytesIO()
    Image.fromarray(raw.view(np.uint16)).save(buffer, "TIFF", tiffinfo={339: 2})  # sample format: signed
    samples = SignedPicture(FILE).samples(Bytes(buffer.getvalue()))
    assert np.array_equal(samples.array[0], raw.astype(int) + 32768)
    assert np.array_equal(back(samples), raw)
    if low < 0:
        with pytest.raises(Rejected, match="do not fit 16 bits"):
            Picture(FILE).array(Bytes(buffer.getvalue()))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_unsigned_pictures_stay_as_they_are(kind: type) -> None:
    raw = np.arange(15, dtype=kind).reshape(3, 5)
    samples = SignedPicture(FILE).samples(Bytes(encode(raw, "TIFF")))
    assert np.array_equal(samples.array[0], raw)
    assert (samples.array.dtype, samples.slope, samples.intercept) == (kind, 1.0, 0.0)


def test_colours_stay_colours() -> None:
    raw = np.arange(45, dtype=np.uint8).reshape(3, 5, 3)
    samples = SignedPicture(FILE).samples(Bytes(encode(raw, "TIFF")))
    assert np.array_equal(samples.array[0], raw)
    assert samples.grid.shape == (1, 3, 5)


def test_a_promised_size_is_checked() -> None:
    data = encode(np.zeros((3, 5), np.uint8))
    assert Picture(FILE, size=(5, 3)).array(Bytes(data)).shape == (1, 3, 5)
    assert Picture(FILE, size=(5, 3)).encoded(Bytes(data)).width == 5
    for use in (Picture(FILE, size=(3, 5)).array, Picture(FILE, size=(3, 5)).encoded):
        with pytest.raises(Rejected, match="5 x 3 pixels; the source promises 3 x 5"):
            use(Bytes(data))


@pytest.mark.parametrize(
    ("values", "expected"), [([0, 0], [0, 0]), ([0, 1], [0, 1]), ([127, 255, 128, 0], [0, 1, 1, 0]), ([0, 4095], [0, 1])]
)
def test_the_upper_half_is_foreground(values: list[int], expected: list[int]) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.array([values], np.uint16)).save(buffer, "TIFF")
    assert UpperHalf(Picture(FILE)).labels(Bytes(buffer.getvalue()), (1, 1, len(values))).tolist() == [[expected]]
