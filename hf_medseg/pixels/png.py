"""PNG: the one encoder of this package, and the check and cleaning of PNG files that are passed through.

Format: W3C PNG specification, third edition, https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import deflate
import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Chunks that shape the picture. Text (tEXt, zTXt, iTXt), eXIf, tIME and private chunks do not travel.
KEPT_CHUNKS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"pHYs"})


def encode(pixels: NDArray[Any], *, labels: bool = False) -> bytes:
    """Encodes pixels without loss; the bytes depend on nothing but the pixels.

    Args:
        pixels: (height, width) uint8 or uint16, or (height, width, 3) uint8.
        labels: whether these are label maps: few values in large areas pack best unfiltered.

    Raises:
        ValueError: another shape or type.
    """
    height, width = pixels.shape[:2]
    colour = pixels.ndim == 3
    if pixels.dtype == np.uint16 and not colour:
        samples = pixels.astype(">u2").view(np.uint8).reshape(height, -1)
    elif pixels.dtype == np.uint8 and pixels.shape[2:] in ((), (3,)):
        samples = np.ascontiguousarray(pixels).reshape(height, -1)
    else:
        raise ValueError(f"no PNG for shape {pixels.shape} and type {pixels.dtype}")
    lines = np.empty((height, samples.shape[1] + 1), np.uint8)
    if labels:
        lines[:, 0] = 0
        lines[:, 1:] = samples
    else:
        lines[:, 0] = 2  # filter "up": the difference to the line above
        lines[0, 1:] = samples[0]
        np.subtract(samples[1:], samples[:-1], out=lines[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, pixels.dtype.itemsize * 8, 2 if colour else 0, 0, 0, 0)
    # libdeflate gives the same bytes on every processor, which zlib-ng and ISA-L do not.
    packed = deflate.zlib_compress(lines, 6 if labels else 1)
    return b"".join((SIGNATURE, _chunk(b"IHDR", header), _chunk(b"IDAT", packed), _chunk(b"IEND", b"")))


def _chunk(kind: bytes, data: bytes | bytearray) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


class Damaged(ValueError):
    """The file is not what its first bytes say."""


def clean(data: bytes) -> tuple[bytes, bytes]:
    """Checks every chunk and drops those that do not shape the picture.

    Returns:
        (the cleaned file, the content of its eXIf chunk or nothing).

    Raises:
        Damaged: a chunk is cut or its CRC is wrong, or the file holds an animation.
    """
    position, kept, exif, ended = len(SIGNATURE), [SIGNATURE], b"", False
    while position < len(data) and not ended:
        if position + 12 > len(data):
            raise Damaged("the PNG is cut")
        (length,) = struct.unpack_from(">I", data, position)
        kind = data[position + 4 : position + 8]
        end = position + 12 + length
        if end > len(data):
            raise Damaged("the PNG is cut")
        if zlib.crc32(data[position + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise Damaged(f"the checksum of the PNG's {kind.decode('latin-1')} chunk is wrong")
        if kind == b"acTL":
            raise Damaged("the PNG holds several pictures")
        if kind == b"eXIf":
            exif = data[position + 8 : end - 4]
        if kind in KEPT_CHUNKS:
            kept.append(data[position:end])
        ended = kind == b"IEND"
        position = end
    if not ended:
        raise Damaged("the PNG is cut")
    return b"".join(kept), exif
