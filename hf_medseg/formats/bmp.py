"""BMP files whose palette is shorter than their samples allow, which Pillow reads as 1-bit pictures where it holds black and white alone.

Format: BITMAPFILEHEADER, and BITMAPINFOHEADER and its successors: bits of a sample at byte 28, colours of the palette at byte 46.
"""

from __future__ import annotations

import struct


def with_full_palette(data: bytes) -> bytes:
    """The file with a palette of as many colours as its samples can number, black at its end; any other file as it is."""
    if data[:2] != b"BM" or len(data) < 54:
        return data
    samples, header = struct.unpack_from("<II", data, 10)
    bits, used = struct.unpack_from("<H", data, 28)[0], struct.unpack_from("<I", data, 46)[0]
    end = 14 + header + 4 * used
    if header < 40 or bits not in (1, 4, 8) or not 0 < used < 1 << bits or not end <= samples <= len(data):
        return data
    added = 4 * ((1 << bits) - used)
    head = bytearray(data[:end])
    struct.pack_into("<I", head, 10, samples + added)
    struct.pack_into("<I", head, 46, 1 << bits)
    return bytes(head) + bytes(added) + data[end:]
