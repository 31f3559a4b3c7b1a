"""JPEG: the check and cleaning of files that are passed through, without decoding them.

Format: ITU-T T.81 (markers, annex B), JFIF (ITU-T T.871), Exif 2.32 (APP1).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

import numpy as np

from hf_medseg.pixels.png import Damaged

START = b"\xff\xd8"
_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_SOF = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A JPEG without its metadata.

    Attributes:
        data: the file; its compressed pixels are byte for byte those of the input.
        width, height, components, bits: from the frame header.
        exif: the content of the Exif segment after its identifier, or nothing.
    """

    data: bytes
    width: int
    height: int
    components: int
    bits: int
    exif: bytes


def clean(data: bytes) -> Cleaned:
    """Walks the markers to the end of the picture and drops the segments that do not shape it.

    Kept: tables, frames, scans, JFIF (without its thumbnail), ICC profiles, the Adobe colour transform. Bytes after the end are dropped.

    Raises:
        Damaged: a segment is cut, the end marker is missing, or the file holds several pictures.
    """
    view = memoryview(data)  # its slices copy nothing
    kept: list[bytes | memoryview] = [START]
    position, frame, exif, whole = 2, None, b"", True
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
            kept.append(b"\xff\xd9")
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
        body = data[position + 4 : end]
        if marker in _SOF:
            if len(body) < 6:
                raise Damaged("the JPEG is cut")
            frame = struct.unpack_from(">BHHB", body)
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
        elif marker == 0xE2 and body.startswith(b"MPF\0"):
            raise Damaged("the JPEG holds several pictures")
        elif marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 14 and body[12:] != b"\0\0":
            kept += (b"\xff\xe0\x00\x10", body[:12], b"\0\0")  # no thumbnail
            whole = False
        elif (
            not (0xE0 <= marker <= 0xEF or marker == 0xFE)
            or (marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) == 14)
            or (marker == 0xE2 and body.startswith(b"ICC_PROFILE\0"))
            or (marker == 0xEE and body.startswith(b"Adobe"))
        ):
            kept.append(view[position:end])
        position = end
    if frame is None:
        raise Damaged("the JPEG has no picture")
    bits, height, width, components = frame
    # Of most files nothing is dropped: then they are not copied either.
    cleaned = data if whole and sum(map(len, kept)) == size else b"".join(kept)
    return Cleaned(cleaned, width, height, components, bits, exif)
