"""Netpbm pictures keep the values that they hold, whatever their highest one is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_medseg.errors import Rejected
from hf_medseg.formats.pixels import decode


def raster(array: Any, highest: int, form: str) -> bytes:
    """A file as the format says: binary (`P5`, `P6`, `P7`) or in numbers (`P2`, `P3`)."""
    height, width = array.shape[:2]
    channels = array.shape[2] if array.ndim == 3 else 1
    kind = ">u2" if highest > 255 else "u1"
    if form == "P7":
        return f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL {highest}\nENDHDR\n".encode() + array.astype(kind).tobytes()
    head = f"{form}\n# made by hand\n{width} {height}\n{highest}\n".encode()
    return head + (" ".join(map(str, array.ravel())).encode() if form in ("P2", "P3") else array.astype(kind).tobytes())


@settings(max_examples=60)
@given(st.integers(1, 65535), st.sampled_from(["P2", "P5", "P7"]), st.data())
def test_grey_values_are_those_of_the_file(highest: int, form: str, data: st.DataObject) -> None:
    array = np.array(data.draw(st.lists(st.integers(0, highest), min_size=12, max_size=12))).reshape(3, 4)
    found = decode(raster(array, highest, form), "a.pgm")
    assert found.dtype == (np.uint16 if highest > 255 else np.uint8)
    assert np.array_equal(found, array)


@pytest.mark.parametrize("highest", [1, 15, 100, 255])
@pytest.mark.parametrize("form", ["P3", "P6", "P7"])
def test_colours_are_those_of_the_file(form: str, highest: int) -> None:
    array = np.arange(36).reshape(3, 4, 3) % (highest + 1)
    assert np.array_equal(decode(raster(array, highest, form), "a.ppm"), array)


def test_opaque_alpha_is_dropped_and_black_and_white_is_0_and_255() -> None:
    array = np.arange(12).reshape(3, 4)
    assert np.array_equal(decode(raster(np.dstack([array, np.full((3, 4), 15)]), 15, "P7"), "a.pam"), array)
    with pytest.raises(Rejected, match="transparent"):
        decode(raster(np.dstack([array, np.full((3, 4), 14)]), 15, "P7"), "a.pam")
    bits = raster(array % 2, 1, "P7").replace(b"ENDHDR", b"TUPLTYPE BLACKANDWHITE\nENDHDR")
    assert np.array_equal(decode(bits, "a.pam"), array % 2 * 255)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"P5 2 2 15\n\1\2\3", "cut"),
        (b"P2 2 2 15\n1 2 3", "cut"),
        (b"P5 2 2", "cut"),
        (b"P5 2 2 15\n\1\2\3\x10", "up to 16 where its header allows 15"),
        (b"P2 2 1 15\n1 sixteen", "something else than numbers"),
        (b"P5 2 1 15\n\1\2P5 2 1 15\n\1\2", "more than one picture"),
        (b"P5 2 1 0\n\1\2", "highest value"),
        (b"P5 99999 99999 255\n\1", "bomb"),
        (b"P6 1 1 4095\n" + bytes(6), "more than 8 bits"),
    ],
)
def test_what_is_no_such_picture_is_rejected(data: bytes, words: str) -> None:
    with pytest.raises(Rejected, match=words):
        decode(data, "a.pgm")
