"""Lossless JPEG: what the PVRG codec itself wrote comes back exactly, for every predictor; what is cut or damaged is rejected."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hf_medseg.errors import MissingExtra, Rejected
from hf_medseg.formats.lossless_jpeg import LosslessJpeg, decode, differences, summed
from hf_medseg.raw.files import RawFile, Reader
from tests.sources.ddsm.phantom import ljpeg
from tests.support.kit import Array, grey

# (bits, predictor) -> the picture below, written by the codec PVRG-JPEG 1.2.1: jpeg -iw 8 -ih 6 -k PREDICTOR -p BITS ...
WRITTEN_BY_PVRG = {
    (
        12,
        1,
    ): "/9j/wwALDAAGAAgBAREA/8QAGgAAAQUBAAAAAAAAAAAAAAAACwUICQoMA//aAAgBAQABAADP/r6+vr6+vr/dwDgHAOAcA4BwHeaOaOaOaOaOaOaPveIvEXiLxGOHvEXiO5i8xfmLjF5i/MXGL++mYDL6ZgMuGX0zAZf/2Q==",
    (
        12,
        2,
    ): "/9j/wwALDAAGAAgBAREA/8QAGwAAAgMAAwAAAAAAAAAAAAAACgsDCQwEBwj/2gAIAQEAAgAAz/6B5B6hcQ9omkXKNifuj2TZVcXfYSaVdPZUSabgyTbbO2X/AJPfYei22fNpf1sgpM5VzVXP9qotqVwCmJzcM2xqQhqsImx9z8v/2Q==",
    (
        12,
        3,
    ): "/9j/wwALDAAGAAgBAREA/8QAGgAAAgMBAQAAAAAAAAAAAAAACgsDCQwIB//aAAgBAQADAADP/oHkHqFxD2iaRco2J+h+6LSbqiCybCzZ7qizT8GibjZ6zofJzj2uj1nSfLIhB67J3G2jdXB0VdpG8uIJ9M+IP7ie1nQlVdCn/9k=",
    (
        12,
        4,
    ): "/9j/wwALDAAGAAgBAREA/8QAGgAAAQUBAAAAAAAAAAAAAAAACQMFBwoMDf/aAAgBAQAEAADP/v7+/v7+/v68wzDMMwzDMMwrkjJGSMkZIyRkjXPKeU8p5cPIeU8q9qe1PiprU/Sp8VNanXu042jptONoxtHTacbR/9k=",
    (
        12,
        5,
    ): "/9j/wwALDAAGAAgBAREA/8QAGgAAAQUBAAAAAAAAAAAAAAAADAMFBwkKC//aAAgBAQAFAAAf/f39/f39/f15xnGcZxnGcZxXtjtjtjtjtjtjtjX1b6t9W+rcK21b6t1+jX0axGro1mNYjV0a1+0CNAHQI0ANAHQI0B//2Q==",
    (
        12,
        6,
    ): "/9j/wwALDAAGAAgBAREA/8QAGgAAAgMBAQAAAAAAAAAAAAAACgwDCQsIB//aAAgBAQAGAABf/AeAuA9BNBcBsB7n9l6V7G72sntXuInsnu4JKLbNtP8AtJCe+kts87TAVsqpPF5yqz/lVGqR/wCcUsqCc21Uge1sIlI+b81af//Z",
    (
        12,
        7,
    ): "/9j/wwALDAAGAAgBAREA/8QAGgAAAgMBAQAAAAAAAAAAAAAACgsDCQwHCP/aAAgBAQAHAADP/gPAXAegmguA2A9z909S+1bBrNrZ7l57Z7+CijGzrWHzNCcro61k+2SzQfnbtM7G9uFnFe06b1YexkndCIONPauhyqrwtF9//9k=",
    (
        16,
        1,
    ): "/9j/wwALEAAGAAgBAREA/8QAGwAAAQUBAQAAAAAAAAAAAAAABQgJCgsMAxD/2gAIAQEAAQAA8fPnz58+f7qAUAoBQCgFAKA7vRvRvRvRvRvRvR95xE4icROInETiJxHe4vuL7i+4vuL7i+4v76ZjTMaZjTMaZjTMaZj/2Q==",
    (
        16,
        2,
    ): "/9j/wwALEAAGAAgBAREA/8QAHQAAAQUBAAMAAAAAAAAAAAAACwMJCgwPDQcIEP/aAAgBAQACAAD7AB7AD3AFzAHvAJrALnANhfzR7kuVPFv2STZVy7lUk2bgSTLbG2T/AIu/ZPRLbHm7MBbZbqUvKuKqn/LVHdSr/j0phebgbZtIV2r6Ip1H3r83/9k=",
    (
        16,
        3,
    ): "/9j/wwALEAAGAAgBAREA/8QAHAAAAQUBAQEAAAAAAAAAAAAADAMKCw0PCQgQ/9oACAEBAAMAAPsAHsAPcAXMAe8AmsAucA2F/Q/ujqT2qcFubHZq/ap2a/wlE5jadZIfF3x8rpOsknxZGaEHdq8xsRulwhxXYaVm82xAuTPmhFg42e1bod1WXwr/AP/Z",
    (
        16,
        4,
    ): "/9j/wwALEAAGAAgBAREA/8QAGQAAAwEBAQAAAAAAAAAAAAAABQkKBwMQ/9oACAEBAAQAAPHz58+fPn++w7DsOw7DsOw92RsjZGyNkbI2R93yvlfK+V8r5Xy96p6p6p6p6p6p6p+9tNtNtNtNtNtNtP8A/9k=",
    (
        16,
        5,
    ): "/9j/wwALEAAGAAgBAREA/8QAGgAAAgMBAQAAAAAAAAAAAAAABQsHCQoDEP/aAAgBAQAFAADx8+fPnz5/vOM4zjOM4zjOPe2O2O2O2O2O2O2Pvq31b6t9W+rfVvq37sa2NbGtjWxrY1sa+7oF0C6BdAugXQLoH//Z",
    (
        16,
        6,
    ): "/9j/wwALEAAGAAgBAREA/8QAHAAAAQUBAQEAAAAAAAAAAAAACwMJCgwOCAcQ/9oACAEBAAYAAPsAPYAuwB7gE3ALmAbMA9r+y9K9jd7OTurvELuTvcSSpbc22f8AEkF36Zbc84mAWzNSnmF5Vc/4qkalP82Uy1QLzbSkJtaxFWj+353aj//Z",
    (
        16,
        7,
    ): "/9j/wwALEAAGAAgBAREA/8QAHQAAAQUBAAMAAAAAAAAAAAAACwMJCgwOCAcNEP/aAAgBAQAHAAD7AD2ALsAe4BNwC5gGzAPa/nTqXtVwZzZ2d5dd2d/iUVMbnWkPiaC8rqdaSfLJGhDu9hpXI3lwji1hps3tsQuMi5oSwc2e23RXVa+F+wv/AP/Z",
}
LARGEST_DIFFERENCE = "/9j/wwALEAACAAMBAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAEAIP/9oACAEBAAEAAA3/AP6//9k="


def picture(bits: int) -> Array:
    y, x = np.mgrid[:6, :8]
    return ((y * y * x * 97 + x * 31 + y * 7) % (1 << bits)).astype(np.uint16)


class Bytes(Reader):
    """A reader of one file."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data

    def read(self, file: RawFile, *, keep: bool = True) -> bytes:
        return self.data


FILE = RawFile("A_0001_1.LEFT_CC.LJPEG", 1, None)


@pytest.mark.parametrize(("bits", "predictor"), WRITTEN_BY_PVRG)
def test_what_pvrg_wrote_comes_back(bits: int, predictor: int) -> None:
    data = base64.b64decode(WRITTEN_BY_PVRG[bits, predictor])
    assert np.array_equal(decode(data, "a.LJPEG"), picture(bits))


@pytest.mark.parametrize("predictor", [2, 3, 6, 7])
def test_a_decoder_that_follows_the_standard_gets_these_wrong(predictor: int) -> None:
    """Should the library follow PVRG one day, half of `ljpeg.py` can go."""
    data = base64.b64decode(WRITTEN_BY_PVRG[12, predictor])
    assert not np.array_equal(imagecodecs.jpegsof3_decode(data), picture(12))


def test_a_difference_of_32768_has_no_further_bits() -> None:
    found = decode(base64.b64decode(LARGEST_DIFFERENCE), "a.LJPEG")
    assert found.tolist() == [[0, 32768, 0], [32768, 65535, 1]]


def predicted(a: Array, y: int, x: int, predictor: int, half: int) -> int:
    if x == 0:
        return int(a[y - 1, 0]) if y else half
    left, above, corner = int(a[y, x - 1]), *((int(a[y - 1, x]), int(a[y - 1, x - 1])) if y else (half, half))
    table: dict[int, Any] = {
        1: left,
        2: above,
        3: corner,
        4: left + above - corner,
        5: left + (above - corner) // 2,
        6: above + (left - corner) // 2,
        7: (left + above) // 2,
    }
    return int(table[predictor])


PICTURES = arrays.arrays(np.uint16, arrays.array_shapes(min_dims=2, max_dims=2, max_side=9))


@given(PICTURES, st.integers(1, 7), st.integers(2, 16))
def test_samples_are_summed_up_by_the_stated_rule(pixels: Array, predictor: int, precision: int) -> None:
    found = np.array(
        [
            [(int(value) - predicted(pixels, y, x, predictor, 1 << (precision - 1))) % 65536 for x, value in enumerate(row)]
            for y, row in enumerate(pixels)
        ],
        np.uint16,
    )
    assert np.array_equal(summed(found, predictor, precision), pixels)


@given(PICTURES)
def test_differences_undo_predictor_1(pixels: Array) -> None:
    assert np.array_equal(summed(differences(pixels), 1, 16), pixels)


@given(PICTURES)
def test_any_picture_of_16_bits_comes_back(pixels: Array) -> None:
    assert np.array_equal(decode(ljpeg(pixels, 16), "a.LJPEG"), pixels)


def test_the_size_is_that_of_the_text_beside_it() -> None:
    pixels = grey("swapped", 12, 7, 4096, np.uint16)
    part = LosslessJpeg(FILE, 12, 7, 12, pixel_spacing=(0.05, 0.05))
    samples = part.samples(Bytes(ljpeg(pixels.reshape(7, 12), 12)))
    assert np.array_equal(samples.array[0], pixels)
    assert (samples.slope, samples.intercept, samples.grid.pixel_spacing) == (1.0, 0.0, (0.05, 0.05))
    with pytest.raises(Rejected, match="6 x 12 samples; the case's header promises 7 x 12"):
        part.samples(Bytes(ljpeg(pixels[:, :6], 12)))


def test_a_packed_file_is_read_and_a_bomb_is_not() -> None:
    pixels = grey("packed", 9, 5, 4096, np.uint16)
    data = gzip.compress(ljpeg(pixels, 12))
    assert np.array_equal(LosslessJpeg(FILE, 9, 5).samples(Bytes(data)).array[0], pixels)
    with pytest.raises(Rejected, match="breaks off"):
        LosslessJpeg(FILE, 9, 5).samples(Bytes(data[:-12]))
    with pytest.raises(Rejected, match="damaged"):
        LosslessJpeg(FILE, 9, 5).samples(Bytes(data[:-8] + bytes(8)))
    with pytest.raises(Rejected, match="holds more than"):
        LosslessJpeg(FILE, 9, 5).samples(Bytes(gzip.compress(bytes(1 << 24))))


def test_samples_above_the_promised_bits_are_rejected() -> None:
    with pytest.raises(Rejected, match="samples up to 5000 where the case's header promises 12 bits"):
        LosslessJpeg(FILE, 3, 4, 12).samples(Bytes(ljpeg(np.full((3, 4), 5000, np.uint16), 16)))


@pytest.mark.parametrize("kept", [0, 1, 2, 10, 30, 60, -3, -2, -1])
def test_a_cut_file_is_rejected(kept: int) -> None:
    data = ljpeg(grey("cut", 20, 15, 4096, np.uint16), 12)
    with pytest.raises(Rejected):
        decode(data[:kept], "a.LJPEG")


def test_what_is_no_lossless_jpeg_is_rejected() -> None:
    lossy = imagecodecs.jpeg8_encode(grey("lossy", 16, 16))
    for data in (b"", b"<!DOCTYPE html>", lossy):
        with pytest.raises(Rejected):
            decode(data, "a.LJPEG")


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 40))
def test_damaged_bytes_are_samples_or_rejected(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(ljpeg(grey("damaged", 20, 15, 4096, np.uint16), 12))
    for place, value in changes:
        data[place % len(data)] = value
    try:
        found = LosslessJpeg(FILE, 20, 15).samples(Bytes(bytes(data[: len(data) - cut])))
    except Rejected as error:
        assert error.file == FILE.path
    else:
        assert found.array.shape == (1, 20, 15)


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "imagecodecs", None)
    with pytest.raises(MissingExtra, match=r"pip install 'imagecodecs>="):
        decode(ljpeg(grey("extra", 4, 4, 4096, np.uint16), 12), "a.LJPEG")
