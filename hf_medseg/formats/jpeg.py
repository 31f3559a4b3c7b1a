"""JPEG: the check and cleaning of files that are passed through, without decoding them.

Format: ITU-T T.81 (markers, annex B), JFIF (ITU-T T.871), Exif 2.32 (APP1).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import MissingExtra, Rejected
from hf_medseg.formats import icc, tiff
from hf_medseg.formats.jpeg_tables import FRAMES, HUFFMAN, QUANTISATION, judged, unused, without
from hf_medseg.formats.png import Damaged

Array = NDArray[Any]

START = b"\xff\xd8"
_END = b"\xff\xd9"
_MARK = re.compile(rb"\xff[^\x00\xff]")
_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
# What JFIF says of a picture that says nothing of its resolution, and what it may say instead: no room for words.
_NO_RESOLUTION = b"JFIF\0\1\1\0\0\1\0\1\0\0"
_JFIF = re.compile(rb"JFIF\0\x01[\0-\x02][\0-\x02]([\0-\x1f].){2}\0\0", re.DOTALL)
BASELINE = 0xC0  # has 8 bits a sample: where it says more, the header is damaged
PLAIN = frozenset((BASELINE, 0xC1, 0xC2))
"""The frames that every reader opens: Huffman coding, sequential or progressive."""
_LOSSLESS_LS = 0xF7  # the frame of JPEG-LS (ITU-T T.87), whose scans have another stuffing
_MOST_SIDE = 65500  # libjpeg's own limit
_BLOCK = 1 << 15
# The Adobe segment but for its last byte, the colour transform; its flags mean nothing to readers.
_ADOBE = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0"
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

    Kept: tables that a scan refers to, frames, scans, JFIF (without its thumbnail), ICC profiles (without their texts), the Adobe colour
    transform. Bytes after the end are dropped.

    Raises:
        Damaged: a segment is cut, the end marker is missing, a table is damaged, or the file holds several pictures.
    """
    view = memoryview(data)  # its slices copy nothing
    kept: list[bytes | memoryview] = [START]
    tables: list[bytes | memoryview] = [START]
    profile: list[tuple[int, bytes]] = []
    defined, restarts, scanned = list[int](), False, False
    jfif, profile_at, adobe_at = b"", 0, 0
    position, frame, process, exif, xmp, whole = 2, None, 0, b"", b"", True
    size = len(data)
    while True:
        while position + 1 < size and data[position] == 0xFF and data[position + 1] == 0xFF:
            position += 1  # fill bytes
        if position + 2 > size:
            raise Damaged("the JPEG is cut: its end marker is missing")
        if data[position] != 0xFF:
            raise Damaged("the JPEG is damaged: a marker was expected")
        marker = data[position + 1]
        if marker == 0xD9:
            break
        if marker == _LOSSLESS_LS and frame is None:
            raise Damaged("it is JPEG-LS, which is another format", "Open it with the program that made it and save it as PNG.")
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            position += 2
            continue
        if position + 4 > size:
            raise Damaged("the JPEG is cut")
        (length,) = struct.unpack_from(">H", data, position + 2)
        end = position + 2 + length
        if length < 2 or end > size:
            raise Damaged("the JPEG is cut")
        if marker in (QUANTISATION, HUFFMAN):
            tables.append(judged(data[position:end]))
            defined.append(len(kept))
            kept.append(view[position:end])
            position = end
            continue
        body = data[position + 4 : end]
        if marker in FRAMES:
            if len(body) < 6:
                raise Damaged("the JPEG is cut")
            frame, process = struct.unpack_from(">BHHB", body), marker
            tables += (view[position : position + 5], b"\0\x10\0\x10", view[position + 9 : end])
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            tables.append(view[position:end])
        if marker == 0xDA:
            near = _near(data, end)
            found = _SCAN_END.search(data, near)
            if found is None:
                raise Damaged("the JPEG is cut: its end marker is missing")
            # Without restarts a reader takes nothing that follows any marker.
            first = found if restarts else _MARK.search(data, near)
            kept.append(view[position : (first or found).start()])
            scanned, position = True, found.start()
            continue
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            exif = exif or body[6:]
        elif marker == 0xE1 and body.startswith(_XMP):
            xmp = xmp or body[len(_XMP) :]
        elif marker == 0xE2 and body.startswith(b"MPF\0"):
            if not _only_thumbnails(body[4:]):
                raise Damaged("the JPEG holds several pictures (MPO)", "Save the one that is meant as a JPEG or PNG of its own.")
        elif marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 14:
            if not jfif:
                bare = body[:12] + b"\0\0"  # no thumbnail
                jfif = b"\xff\xe0\x00\x10" + (bare if _JFIF.fullmatch(bare) else _NO_RESOLUTION)
                kept.append(jfif)
                whole = whole and data[position:end] == jfif
        elif marker == 0xE2 and body.startswith(_ICC) and len(body) > 14 and not scanned:
            profile_at = profile_at or len(kept)
            profile.append((body[12], body[14:]))
        elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            if not scanned:  # readers go by the last one before
                adobe = _ADOBE + (body[11:12] if body[11] <= 2 else b"\1")
                adobe_at = adobe_at or len(kept)
                kept[adobe_at:] = [adobe, *kept[adobe_at + 1 :]]
                tables.append(adobe)
                whole = whole and data[position:end] == adobe
        elif not (0xE0 <= marker <= 0xEF or marker in (0xDC, 0xFE)):
            kept.append(view[position:end])
            restarts |= marker == 0xDD and any(body[:2])
        position = end
    if frame is None:
        raise Damaged("the JPEG has no picture")
    bits, height, width, components = frame
    if max(width, height) > _MOST_SIDE or not width * height:
        raise Damaged(f"the JPEG claims {width} x {height} pixels, which no reader opens")
    if bits == 8:
        for number, unneeded in unused(b"".join((*tables, _END))).items():
            kept[defined[number]] = without(bytes(kept[defined[number]]), unneeded)
    kept.append(_END)
    if profile:
        kept[profile_at:profile_at] = _profile_segments(profile)
    # Of most files nothing is dropped: then they are not copied either.
    cleaned = data if whole and sum(map(len, kept)) == size and not profile else b"".join(kept)
    return Cleaned(cleaned, width, height, components, bits, exif, process, xmp)


def _near(data: bytes, start: int) -> int:
    """Where the first byte from `start` on lies that may begin a marker, or the end of the data.

    NumPy comes there three times as fast as an expression. It looks at a block at a time: room for a whole file is asked of the system and
    given back for each, which takes longer than the look.
    """
    samples = np.frombuffer(data, np.uint8)
    for first in range(start, len(samples) - 1, _BLOCK):
        block = samples[first : first + _BLOCK + 1]
        marks = (block[:-1] == 0xFF) & (block[1:] != 0)
        if marks[at := int(marks.argmax())]:
            return first + at
    return len(data)


def is_deep(data: bytes) -> bool:
    """Whether a JPEG may have more than 8 bits a sample: as its first frame header says, if one is found."""
    if not data.startswith(START):
        return False
    position = 2
    while position + 9 < len(data) and data[position] == 0xFF:
        if data[position + 1] in FRAMES:
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
        raise Rejected(path, text, tiff.TOO_DEEP)
    try:
        samples: Array = imagecodecs.jpeg8_decode(bytes(cleaned.data))
    except Exception as error:  # whatever a decoder raises
        raise Damaged(f"the JPEG is damaged ({str(error) or type(error).__name__})") from error
    return samples.astype(np.uint16, copy=False)


_XMP = b"http://ns.adobe.com/xap/1.0/\0"


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
