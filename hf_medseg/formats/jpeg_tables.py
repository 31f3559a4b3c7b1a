"""The tables of a JPEG: whether a reader opens them, and which of them a scan refers to.

Format: ITU-T T.81, annexes B (segments), C (Huffman codes) and G (which tables the scans of a progressive picture use).
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Container, Iterator, Mapping
from functools import lru_cache

from PIL import Image

from hf_medseg.formats.png import Damaged

QUANTISATION, HUFFMAN = 0xDB, 0xC4
FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_PROGRESSIVE = 0xC2
_SCAN, _END = 0xDA, 0xD9
_NEVER = 16  # more bits than a coefficient has

_MOST_DC = 15  # the symbols of a DC table are numbers of bits
_ONE_CODE = b"\1" + bytes(16)  # one code, of one bit, for the symbol 0


@lru_cache(maxsize=256)
def judged(segment: bytes) -> bytes:
    """A segment of tables without what no reader judges it by, so that far fewer differ: to try tables takes longer than all the rest.

    Quantisation tables may hold any values. A Huffman table is refused for its codes, and one of DC for its symbols; one that is as T.81
    (annex C) wants it becomes a table of one code. A segment that is odd in any way stays as it is, for libjpeg to say.
    """
    made, place = [segment[:2], b""], 4
    while place < len(segment):
        kind = segment[place]
        if segment[1] == 0xDB:
            length = 129 if kind >> 4 else 65
            made.append(bytes((kind,)) + bytes(length - 1))
        else:
            counts = segment[place + 1 : place + 17]
            length = 17 + sum(counts)
            symbols = segment[place + 17 : place + length]
            if not (_is_prefix_code(counts) and 0 < len(symbols) <= 256 and (kind >> 4 or max(symbols) <= _MOST_DC)):
                return segment
            made.append(bytes((kind,)) + _ONE_CODE)
        place += length
    made[1] = struct.pack(">H", 2 + sum(map(len, made[2:])))
    return b"".join(made) if place == len(segment) else segment


def _is_prefix_code(counts: bytes) -> bool:
    """Whether there are codes of 1 to 16 bits, so many of each, none of them all ones and none the beginning of another."""
    code = 0
    for bits, count in enumerate(counts, 1):
        code += count
        if count and code >= 1 << bits:
            return False
        code <<= 1
    return len(counts) == 16


@lru_cache(maxsize=256)
def unused(tables: bytes) -> Mapping[int, frozenset[int]]:
    """Opens the smallest picture that has all the tables and headers of a JPEG and none of its samples, and asks what its scans refer to.

    Whether libjpeg opens a file is decided by these alone: damaged samples are a warning to it. Many files share them.

    Returns:
        Of each segment of tables that has some to which no scan refers, by its number: the numbers of these tables.

    Raises:
        Damaged: it cannot be opened, or its scans leave out what no encoder does, as where a file is cut behind one of them and closed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(tables), formats=("JPEG",)) as picture:
                picture.load()
        return _unused(tables)
    except Damaged:
        raise
    except Exception as error:  # whatever a decoder raises
        raise Damaged("the JPEG is damaged: no reader can open its tables") from error


def _unused(tables: bytes) -> Mapping[int, frozenset[int]]:
    defined: list[int] = []  # how many tables each segment has
    latest: dict[tuple[int, int], tuple[int, int]] = {}  # where the table of a marker and a key was last defined
    used: set[tuple[int, int]] = set()
    process, quantised_by = 0, dict[int, int]()
    left_out: dict[int, list[int]] = {}  # of every coefficient of a component, the bits that no scan has brought yet
    place = 2
    while tables[place + 1] != _END:
        marker, end = tables[place + 1], place + 2 + int.from_bytes(tables[place + 2 : place + 4], "big")
        body, place = tables[place + 4 : end], end
        if marker in (QUANTISATION, HUFFMAN):
            keys = [key for key, _ in _split(marker, body)]
            latest |= {(marker, key): (len(defined), number) for number, key in enumerate(keys)}
            defined.append(len(keys))
        elif marker == _SCAN:
            for component, chosen in zip(body[1:-3:2], body[2:-3:2], strict=True):
                if component in left_out:
                    first, last, bits = (body[-3], body[-2], body[-1] & 15) if process == _PROGRESSIVE else (0, 63, 0)
                    left_out[component][first : last + 1] = [bits] * (last + 1 - first)
                wanted = [(HUFFMAN, chosen >> 4), (HUFFMAN, 0x10 | chosen & 15)]
                if process == _PROGRESSIVE:  # the first coefficient, once; or others
                    wanted = wanted[1:] if body[-3] else [] if body[-1] >> 4 else wanted[:1]
                used |= {latest[key] for key in (*wanted, (QUANTISATION, quantised_by[component])) if key in latest}
        elif marker in FRAMES:
            process, quantised_by = marker, dict(zip(body[6::3], body[8::3], strict=True))
            left_out = {component: [_NEVER] * 64 for component in body[6::3]}
    if any(any(bits) for bits in left_out.values()):
        raise Damaged("the JPEG is cut: the last of its scans are missing")
    left = {segment: frozenset(number for number in range(count) if (segment, number) not in used) for segment, count in enumerate(defined)}
    return {segment: numbers for segment, numbers in left.items() if numbers}


def without(segment: bytes, numbers: Container[int]) -> bytes:
    """A segment of tables without some of them; nothing where none is left."""
    kept = b"".join(table for number, (_, table) in enumerate(_split(segment[1], segment[4:])) if number not in numbers)
    return segment[:2] + struct.pack(">H", 2 + len(kept)) + kept if kept else b""


def _split(marker: int, tables: bytes) -> Iterator[tuple[int, bytes]]:
    """(class and number, the table) of every table of a segment."""
    place = 0
    while place < len(tables):
        kind = tables[place]
        quantises = marker == QUANTISATION
        end = place + (65 + 64 * (kind >> 4) if quantises else 17 + sum(tables[place + 1 : place + 17]))
        yield kind & 15 if quantises else kind, tables[place:end]
        place = end
