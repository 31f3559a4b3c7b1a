"""ICC profiles: what says how colours look is kept, what is text or names a device goes.

Format: ICC.1:2022 (profile version 4.4), and ICC.1:2001-04 (version 2) for its text types.
"""

from __future__ import annotations

import re
import struct
from functools import lru_cache

_HEADER = 128
_MOST_TAGS = 100
# Tags that shape colours, and the types of which they are made: none of these holds text.
_SHAPING = frozenset(
    b"wtpt bkpt rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC chad chrm lumi cicp gamt A2B0 A2B1 A2B2 A2B3 B2A0 B2A1 B2A2 B2A3 D2B0 D2B1 D2B2 D2B3 "
    b"B2D0 B2D1 B2D2 B2D3 pre0 pre1 pre2 rig0 rig2".split()
)
_NUMBERS = frozenset((b"XYZ ", b"curv", b"para", b"sf32", b"chrm", b"cicp", b"mft1", b"mft2", b"mAB ", b"mBA ", b"mpet", b"sig "))
# What may stand in the header where a class, two colour spaces and the colour of the light are: no room for words.
_CLASSES = re.compile(rb"(scnr|mntr|prtr|spac|\0{4})(RGB |GRAY|\0{4})(XYZ |Lab |\0{4})")
_LIGHT = re.compile(rb"(\0[\0\1]..){3}", re.DOTALL)
_D50 = bytes.fromhex("0000f6d6000100000000d32d")
# Parameters of the five kinds of curves (ICC.1:2022, table 68).
_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
# The two texts that every profile must have, empty: in version 2 as a description and a text, in version 4 as texts of many languages.
_EMPTY = {
    2: {b"desc": b"desc" + bytes(86), b"cprt": b"text" + bytes(5)},
    4: {tag: b"mluc" + struct.pack(">III", 0, 0, 12) for tag in (b"desc", b"cprt")},
}


@lru_cache(maxsize=16)
def cleaned(profile: bytes) -> bytes | None:
    """A profile with the same colours and without its texts, maker, device, date and private tags; None where it is no profile.

    What was cleaned stays as it is.
    """
    if len(profile) < _HEADER + 4 or profile[36:40] != b"acsp":
        return None
    size, count = struct.unpack_from(">I", profile)[0], struct.unpack_from(">I", profile, _HEADER)[0]
    version = profile[8]
    if not _HEADER + 4 <= size <= len(profile) or version not in (2, 4) or not 1 <= count <= _MOST_TAGS:
        return None
    if not _CLASSES.fullmatch(profile, 12, 24):
        return None
    if _HEADER + 4 + 12 * count > size:
        return None
    tags: list[tuple[bytes, bytes]] = []
    for number in range(count):
        name, start, length = struct.unpack_from(">4sII", profile, _HEADER + 4 + 12 * number)
        if start < _HEADER + 4 or length < 8 or start + length > size:
            return None
        data = profile[start : start + length]
        if name in _EMPTY[version]:
            tags.append((name, _EMPTY[version][name]))
        elif name in _SHAPING and data[:4] in _NUMBERS:
            tags.append((name, _bare(data)))
    return _built(_header(profile), tags)


def _header(profile: bytes) -> bytes:
    """The header without the names of programs and devices, the date and the profile's id."""
    kept = bytearray(_HEADER)
    for start, end in ((8, 10), (12, 24), (36, 40)):  # version; class, colour spaces; signature
        kept[start:end] = profile[start:end]
    kept[67] = profile[67] & 3  # rendering intent
    kept[68:80] = profile[68:80] if _LIGHT.fullmatch(profile, 68, 80) else _D50
    return bytes(kept)


def _bare(data: bytes) -> bytes:
    """A tag's numbers without what follows them; tables of many dimensions stay as they are."""
    kind, (number,) = data[:4], struct.unpack_from(">I", data.ljust(12, b"\0"), 8)
    size = {
        b"XYZ ": 20,
        b"curv": 12 + 2 * number,
        b"para": 12 + 4 * _PARAMETERS.get(number >> 16, 7),
        b"sf32": 44,
        b"chrm": 12 + 8 * min(number >> 16, 3),
        b"cicp": 12,
        b"sig ": 12,
    }.get(kind)
    return data if size is None else kind + bytes(4) + data[8:size]


def _built(header: bytes, tags: list[tuple[bytes, bytes]]) -> bytes:
    """A profile of these tags; those of the same content share it."""
    places: dict[bytes, int] = {}
    position = _HEADER + 4 + 12 * len(tags)
    body = b""
    for _, data in tags:
        if data not in places:
            places[data] = position
            padded = data + bytes(-len(data) % 4)
            body += padded
            position += len(padded)
    table = b"".join(struct.pack(">4sII", name, places[data], len(data)) for name, data in tags)
    return struct.pack(">I", position) + header[4:] + struct.pack(">I", len(tags)) + table + body
