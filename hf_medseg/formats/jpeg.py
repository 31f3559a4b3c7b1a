"""JPEG: the check and cleaning of files that are passed through, without decoding them.

Format: ITU-T T.81 (markers, annex B), JFIF (ITU-T T.871), Exif 2.32 (APP1).
"""

from __future__ import annotations

import io
import re
import struct
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.errors import MissingExtra, Rejected
from hf_medseg.formats import icc
from hf_medseg.formats.png import Damaged

Array = NDArray[Any]

START = b"\xff\xd8"
_END = b"\xff\xd9"
_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_SOF = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
BASELINE = 0xC0  # has 8 bits a sample: where it says more, the header is damaged
PLAIN = frozenset((BASELINE, 0xC1, 0xC2))
"""The frames that every reader opens: Huffman coding, sequential or progressive."""
_MOST_SIDE = 65500  # libjpeg's own limit
_ICC, _ICC_PART = b"ICC_PROFILE\0", 65519


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A JPEG without its metadata.

    Attributes:
        data: the file; its compressed pixels are byte for byte those of the input.
        width, height, components, bits: from the frame header.
        exif: the content of the Exif segment after its identifier, or nothing.
        frame: the marker of the frame header, which tells the process.
        xmp: the content of the XMP segment after its identifier, or nothing.
    """

    data: bytes
    width: int
    height: int
    components: int
    bits: int
    exif: bytes
    frame: int
    xmp: bytes


def clean(data: bytes) -> Cleaned:
    """Walks the markers to the end of the picture, drops the segments that do not shape it, and tries its tables.

    Kept: tables, frames, scans, JFIF (without its thumbnail), ICC profiles (without their texts), the Adobe colour transform. Bytes after
    the end are dropped.

    Raises:
        Damaged: a segment is cut, the end marker is missing, a table is damaged, or the file holds several pictures.
    """
    view = memoryview(data)  # its slices copy nothing
    kept: list[bytes | memoryview] = [START]
    tables: list[bytes | memoryview] = [START]
    profile: list[tuple[int, bytes]] = []
    profile_at = 0
    position, frame, process, exif, xmp, whole = 2, None, 0, b"", b"", True
    size, marks = len(data), None
    while True:
        while position + 1 < size and data[position] == 0xFF and data[position + 1] == 0xFF:
            position += 1  # fill bytes
        if position + 2 > size:
            raise Damaged("the JPEG is cut: its end marker is missing")
        if data[position] != 0xFF:
            raise Damaged("the JPEG is damaged: a marker was expected")
        marker = data[position + 1]
        if marker == 0xD9:
            kept.append(_END)
            break
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            position += 2
            continue
        if position + 4 > size:
            raise Damaged("the JPEG is cut")
        (length,) = struct.unpack_from(">H", data, position + 2)
        end = position + 2 + length
        if length < 2 or end > size:
            raise Damaged("the JPEG is cut")
        if marker == 0xDB or marker == 0xC4:
            tables.append(_judged(data[position:end]))
            kept.append(view[position:end])
            position = end
            continue
        body = data[position + 4 : end]
        if marker in _SOF:
            if len(body) < 6:
                raise Damaged("the JPEG is cut")
            frame, process = struct.unpack_from(">BHHB", body), marker
            tables += (view[position : position + 5], b"\0\x10\0\x10", view[position + 9 : end])
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            tables.append(view[position:end])
        if marker == 0xDA:
            if marks is None:
                samples = np.frombuffer(data, np.uint8)
                marks = (samples[:-1] == 0xFF) & (samples[1:] != 0)
            # NumPy comes to the first byte that may begin a marker three times as fast as the expression.
            near = end + int(marks[end:].argmax()) if end < marks.size else end
            found = _SCAN_END.search(data, near)
            if found is None:
                raise Damaged("the JPEG is cut: its end marker is missing")
            kept.append(view[position : found.start()])
            position = found.start()
            continue
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            exif = exif or body[6:]
        elif marker == 0xE1 and body.startswith(_XMP):
            xmp = xmp or body[len(_XMP) :]
        elif marker == 0xE2 and body.startswith(b"MPF\0"):
            if not _only_thumbnails(body[4:]):
                raise Damaged("the JPEG holds several pictures (MPO)", "Save the one that is meant as a JPEG or PNG of its own.")
        elif marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 14 and body[12:] != b"\0\0":
            kept += (b"\xff\xe0\x00\x10", body[:12], b"\0\0")  # no thumbnail
            whole = False
        elif marker == 0xE2 and body.startswith(_ICC) and len(body) > 14:
            profile_at = profile_at or len(kept)
            profile.append((body[12], body[14:]))
        elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            kept += (b"\xff\xee\x00\x0e", body[:12])
            tables += kept[-2:]
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE) or (marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) == 14):
            kept.append(view[position:end])
        position = end
    if frame is None:
        raise Damaged("the JPEG has no picture")
    bits, height, width, components = frame
    if max(width, height) > _MOST_SIDE or not width * height:
        raise Damaged(f"the JPEG claims {width} x {height} pixels, which no reader opens")
    if bits == 8:
        _try_tables(b"".join((*tables, _END)))
    if profile:
        kept[profile_at:profile_at] = _profile_segments(profile)
    # Of most files nothing is dropped: then they are not copied either.
    cleaned = data if whole and sum(map(len, kept)) == size and not profile else b"".join(kept)
    return Cleaned(cleaned, width, height, components, bits, exif, process, xmp)


def is_deep(data: bytes) -> bool:
    """Whether a JPEG may have more than 8 bits a sample: as its first frame header says, if one is found."""
    if not data.startswith(START):
        return False
    position = 2
    while position + 9 < len(data) and data[position] == 0xFF:
        if data[position + 1] in _SOF:
            return data[position + 4] > 8
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return False


def deep(data: bytes, path: str, check_size: Callable[[int, int, str], None]) -> Array:
    """The samples of a grey JPEG of more than 8 bits.

    Args:
        data: the file's bytes.
        path: its path, for messages.
        check_size: called with (width, height, path) before samples are read.

    Returns:
        (height, width) uint16.

    Raises:
        Rejected: it has several channels, or is damaged.
        MissingExtra: a library is missing.
    """
    try:
        import imagecodecs
    except ImportError as error:
        raise MissingExtra("imagecodecs", "tiff") from error
    cleaned = clean(data)
    check_size(cleaned.width, cleaned.height, path)
    if cleaned.frame == BASELINE:
        raise Damaged(f"the JPEG is damaged: it claims {cleaned.bits} bits a sample, and its process has 8")
    if cleaned.components != 1:
        text = f"more than 8 bits a colour channel ({cleaned.bits}); no stored picture holds them."
        raise Rejected(path, text, "Ask for 8 bits or 16-bit grey.")
    try:
        samples: Array = imagecodecs.jpeg8_decode(bytes(cleaned.data))
    except Exception as error:  # whatever a decoder raises
        raise Damaged(f"the JPEG is damaged ({str(error) or type(error).__name__})") from error
    return samples.astype(np.uint16, copy=False)


_XMP = b"http://ns.adobe.com/xap/1.0/\0"


_MOST_DC = 15  # the symbols of a DC table are numbers of bits
_ONE_CODE = b"\1" + bytes(16)  # one code, of one bit, for the symbol 0


@lru_cache(maxsize=256)
def _judged(segment: bytes) -> bytes:
    """A segment of tables without what no reader judges it by, so that far fewer differ: to try tables takes longer than all the rest.

    Quantisation tables may hold any values. A Huffman table is refused for its codes, and one of DC for its symbols; one that is as T.81
    (annex C) wants it becomes a table of one code. A segment that is odd in any way stays as it is, for libjpeg to say.
    """
    judged, place = [segment[:2], b""], 4
    while place < len(segment):
        kind = segment[place]
        if segment[1] == 0xDB:
            length = 129 if kind >> 4 else 65
            judged.append(bytes((kind,)) + bytes(length - 1))
        else:
            counts = segment[place + 1 : place + 17]
            length = 17 + sum(counts)
            symbols = segment[place + 17 : place + length]
            if not (_is_prefix_code(counts) and 0 < len(symbols) <= 256 and (kind >> 4 or max(symbols) <= _MOST_DC)):
                return segment
            judged.append(bytes((kind,)) + _ONE_CODE)
        place += length
    judged[1] = struct.pack(">H", 2 + sum(map(len, judged[2:])))
    return b"".join(judged) if place == len(segment) else segment


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
def _try_tables(tables: bytes) -> None:
    """Opens the smallest picture that has all the tables and headers of a JPEG and none of its samples.

    Whether libjpeg opens a file is decided by these alone: damaged samples are a warning to it. Many files share their tables.

    Raises:
        Damaged: it cannot be opened.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(tables), formats=("JPEG",)) as picture:
                picture.load()
    except Exception as error:  # whatever a decoder raises
        raise Damaged("the JPEG is damaged: no reader can open its tables") from error


def _profile_segments(parts: Sequence[tuple[int, bytes]]) -> list[bytes]:
    """The segments of a cleaned ICC profile; none where the parts make no profile."""
    profile = icc.cleaned(b"".join(part for _, part in sorted(parts, key=lambda one: one[0])))
    if profile is None:
        return []
    pieces = [profile[start : start + _ICC_PART] for start in range(0, len(profile), _ICC_PART)]
    return [
        b"\xff\xe2" + struct.pack(">H", len(piece) + 16) + _ICC + bytes((number, len(pieces))) + piece
        for number, piece in enumerate(pieces, 1)
    ]


def _only_thumbnails(index: bytes) -> bool:
    """Whether a multi-picture index (CIPA DC-007) names nothing but smaller copies of the first picture."""
    order = {b"II": "<", b"MM": ">"}.get(index[:2])
    if order is None:
        return False
    try:
        (start,) = struct.unpack_from(order + "I", index, 4)
        (count,) = struct.unpack_from(order + "H", index, start)
        for number in range(min(count, 64)):
            tag, _, size, place = struct.unpack_from(order + "HHII", index, start + 2 + 12 * number)
            if tag == 0xB002:  # one entry of 16 bytes a picture; the first 32 bits say its kind
                kinds = [struct.unpack_from(order + "I", index, place + 16 * one)[0] & 0xFFFFFF for one in range(1, size // 16)]
                return all(kind >> 16 == 1 for kind in kinds)
    except struct.error:
        return False
    return False
