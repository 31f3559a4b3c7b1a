"""ICC profiles: what says how colours look is kept, what is text or names a device goes.

Format: ICC.1:2022 (profile version 4.4), and ICC.1:2001-04 (version 2) for its text types.
"""

from __future__ import annotations

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
            tags.append((name, data))
    return _built(_header(profile), tags)


def _header(profile: bytes) -> bytes:
    """The header without the names of programs and devices, the date and the profile's id."""
    kept = bytearray(_HEADER)
    for start, end in ((8, 24), (36, 40), (64, 80)):  # version, class, colour spaces; signature; rendering intent, illuminant
        kept[start:end] = profile[start:end]
    return bytes(kept)


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
