"""Whether the format of a picture changed its samples, which no mask of numbers survives."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
from collections.abc import Iterator

from PIL import Image

from hf_medseg.formats import jpeg
from hf_medseg.formats.bmp import with_full_palette


@contextlib.contextmanager
def told(data: bytes) -> Iterator[Image.Image | None]:
    """What Pillow says of a picture that was decoded already; None where another library decoded it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which is dropped anyway
        try:
            picture = Image.open(io.BytesIO(with_full_palette(data)))
        except (OSError, ValueError, SyntaxError, LookupError, TypeError, struct.error):
            yield None
            return
        with picture:
            yield picture


def saved_with_loss(data: bytes) -> bool:
    """Whether the format of a picture changed its samples: JPEG, also in TIFF, and the lossy kinds of WebP and JPEG 2000."""
    if data.startswith(jpeg.START):
        return True
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        place = 12
        while place + 8 <= len(data):
            if data[place : place + 4] == b"VP8 ":
                return True
            place += 8 + int.from_bytes(data[place + 4 : place + 8], "little") + 1 & ~1
        return False
    if data.startswith((b"II", b"MM")):
        with told(data) as picture:
            return picture is not None and picture.info.get("compression") in ("jpeg", "tiff_jpeg")
    if data.startswith((b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP")):
        coding = data.find(b"\xff\x52")  # COD: the transformation is 12 bytes on; 0 is the irreversible one
        return coding >= 0 and data[coding + 13 : coding + 14] == b"\0"
    return False
