"""Netpbm pictures of grey or colour samples with the values that the file holds: Pillow stretches those whose highest is not 255 or 65535.

Format: https://netpbm.sourceforge.net/doc/pgm.html, ppm.html, pam.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.formats.png import Damaged

_START = re.compile(rb"P([2356])(?=[\s#])")
_TOKEN = re.compile(rb"(?:\s|#[^\r\n]*[\r\n])*(\d+)")
_PAM = re.compile(rb"P7\s*\n(.*?)ENDHDR\n", re.DOTALL)
_CHANNELS = {2: 1, 5: 1, 3: 3, 6: 3}


@dataclass(frozen=True, slots=True)
class Header:
    """What the file says of itself.

    Attributes:
        channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; other numbers are possible and mean nothing here.
        highest: the value of white.
        start: where the samples begin.
        text: whether the samples are decimal numbers.
        bilevel: whether the only values are black and white.
    """

    width: int
    height: int
    channels: int
    highest: int
    start: int
    text: bool = False
    bilevel: bool = False


def header(data: bytes) -> Header | None:
    """The header of a grey, colour or PAM picture; None for any other file.

    Raises:
        Damaged: the header is cut or makes no sense.
    """
    if data.startswith(b"P7"):
        return _pam_header(data)
    if (start := _START.match(data)) is None:
        return None
    kind, position, numbers = int(start[1]), start.end(), list[int]()
    for _ in range(3):
        if (token := _TOKEN.match(data, position)) is None:
            raise Damaged("the header of the PGM or PPM is cut")
        numbers.append(int(token[1][:9]))
        position = token.end()
    return _checked(Header(numbers[0], numbers[1], _CHANNELS[kind], numbers[2], position + 1, text=kind in (2, 3)))


def _pam_header(data: bytes) -> Header:
    found = _PAM.match(data[:65536])
    if found is None:
        raise Damaged("the header of the PAM is cut")
    words = [line.split(None, 1) for line in found[1].splitlines() if line.strip() and not line.startswith(b"#")]
    said = {line[0]: line[1].strip() for line in words if len(line) == 2}
    try:
        width, height, depth, highest = (int(said[name]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    except (KeyError, ValueError):
        raise Damaged("the header of the PAM lacks its size, depth or highest value") from None
    return _checked(Header(width, height, depth, highest, found.end(), bilevel=said.get(b"TUPLTYPE", b"") == b"BLACKANDWHITE"))


def _checked(found: Header) -> Header:
    if not 1 <= found.highest <= 65535:
        raise Damaged(f"the highest value of the PGM, PPM or PAM is {found.highest}; 1 to 65535 are possible")
    return found


def samples(data: bytes, found: Header) -> NDArray[Any]:
    """(height, width) or (height, width, channels) samples as the file holds them, uint8 or uint16.

    Raises:
        Damaged: the samples are cut, too many, or above the highest value.
    """
    count = found.width * found.height * found.channels
    wide = found.highest > 255
    if found.text:
        try:
            values = np.array(re.sub(rb"#[^\r\n]*", b"", data[found.start - 1 :]).split(), np.int64)
        except (ValueError, OverflowError):
            raise Damaged("the PGM or PPM holds something else than numbers") from None
        rest, held = b"", values.size
    else:
        kind = np.dtype(">u2" if wide else "u1")
        held = min(count, max(0, len(data) - found.start) // kind.itemsize)
        values = np.frombuffer(data, kind, held, found.start) if held else np.empty(0, kind)
        rest = data[found.start + held * kind.itemsize :]
    if held < count:
        raise Damaged(f"the PGM, PPM or PAM is cut: {count} samples expected, {held} found")
    if held > count or rest.strip(b"\0 \t\r\n"):
        raise Damaged("the PGM, PPM or PAM holds more than one picture", "Keep one picture a file.")
    if values.size and values.max() > found.highest:
        raise Damaged(f"the PGM, PPM or PAM holds samples up to {values.max()} where its header allows {found.highest}")
    shape = (found.height, found.width) if found.channels == 1 else (found.height, found.width, found.channels)
    array = values.astype(np.uint16 if wide else np.uint8).reshape(shape)
    return np.multiply(array, np.uint8(255)) if found.bilevel and not wide else array
