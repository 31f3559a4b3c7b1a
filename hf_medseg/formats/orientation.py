"""The orientation tag: which way up viewers show a picture; no reader here turns one."""

from __future__ import annotations

import io
import struct
import warnings
from typing import Any

from PIL import Image

from hf_medseg.formats import png, tiff

_TAG = 0x0112
# Where Exif and XMP may lie in PNG, JPEG and WebP: looked for before a file is opened for its orientation.
_MAY_BE_TURNED = (b"Exif\0\0", b"eXIf", b"EXIF", b"Raw profile type", b"tiff:Orientation")
_HEAD = 1 << 18


def orientation_of(data: bytes) -> int:
    """The value of a picture file's orientation tag as viewers find it (Exif, or else XMP), 1 where it has none or is no picture."""
    if data.startswith((b"II*\0", b"MM\0*")):  # an Exif block begins as a TIFF does
        return exif_orientation(data) or 1
    head = data if data.startswith(png.SIGNATURE) else data[:_HEAD]
    if not data.startswith(tiff.START) and not any(mark in head for mark in _MAY_BE_TURNED):
        return 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as picture:
                return stated_orientation(picture.getexif().get(_TAG)) or 1
    except Exception:  # whatever a decoder raises: the file is read, and rejected by name, elsewhere
        return 1


def turned_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """(width, height) of a picture of `size` as a viewer shows it."""
    return (size[1], size[0]) if orientation >= 5 else size


def stated_orientation(value: Any) -> int | None:
    """A value of the orientation tag, None for what is none."""
    return int(value) if isinstance(value, int) and 1 <= value <= 8 else None


def opened_orientation(picture: Image.Image) -> int | None:
    """Value of the orientation tag of an opened TIFF or WebP."""
    if picture.format == "TIFF":
        return stated_orientation(getattr(picture, "tag_v2", {}).get(_TAG))
    return stated_orientation(picture.getexif().get(_TAG)) if picture.format == "WEBP" else None


def exif_orientation(exif: bytes) -> int | None:
    """Value of the orientation tag in an Exif block (TIFF 6.0 layout), None where there is none."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return None
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for entry in range(min(count, 512)):
            tag, kind = struct.unpack_from(order + "HH", exif, start + 2 + 12 * entry)
            if tag == _TAG and kind in (1, 3, 4):  # a short; some write a byte or a long
                (value,) = struct.unpack_from(order + {1: "B", 3: "H", 4: "I"}[kind], exif, start + 2 + 12 * entry + 8)
                return stated_orientation(value)
    except struct.error:
        return None
    return None
