"""PNG samples without a decoder, where the lines are stored as they are or as plain differences: as those of label maps nearly all are.

Format: W3C PNG specification, third edition, https://www.w3.org/TR/png-3/, chapter 9 (filters).
"""

from __future__ import annotations

import struct

import deflate
import numpy as np
from numpy.typing import NDArray

from hf_medseg.formats import png

_GREY, _COLOURS, _PALETTE = 0, 2, 3  # colour types
_LEFT, _ABOVE, _MEAN, _PAETH = 1, 2, 3, 4  # filters: the difference to the sample on the left, above, to their mean, to one of three
_SHORTEST_MEAN = 32  # samples from one step to the next; where they are fewer, it is no label map, and Pillow is faster
# Chunks that change no sample, by their sizes: any other, and any other size, is for Pillow to judge.
_HARMLESS = {
    b"IHDR": (13,),
    b"PLTE": range(3, 769),
    b"gAMA": (4,),
    b"sRGB": (1,),
    b"cHRM": (32,),
    b"pHYs": (9,),
    b"tIME": (7,),
    b"tEXt": range(1 << 10),
}


def read(data: bytes, *, indices: bool) -> NDArray[np.uint8] | bytes:
    """The samples of a PNG, or else the PNG as Pillow reads it fastest: its samples stored instead of packed.

    libdeflate unpacks masks ten times as fast as Pillow's zlib, and few lines of masks have filters that NumPy is slow to undo.

    Args:
        data: the file's bytes.
        indices: whether the samples of a palette are its indices.

    Returns:
        (height, width) or (height, width, 3) samples, exactly those that Pillow gives; a PNG with the same samples; or the file itself,
        where it is interlaced, very large or not in order, for the decoder to judge.
    """
    try:
        width, height, bits, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
        stride = (width * bits * png.SAMPLES[colour] + 7) // 8
        size = height * (1 + stride)
        found = list(png.chunks(data))
        packed = [(start, end) for kind, start, end in found if kind == b"IDAT"]
        first, last = packed[0][0], packed[-1][1]
        if interlaced or not 0 < size <= png.MOST_UNPACKED or sum(end - start for start, end in packed) != last - first:
            return data
        lines = deflate.zlib_decompress(b"".join(data[start + 8 : end - 4] for start, end in packed), size)
    except (struct.error, LookupError, png.Damaged, deflate.DeflateError):
        return data
    if len(lines) != size:
        return data
    if bits == 8 and colour in (_GREY, _COLOURS, *[_PALETTE] * indices) and _is_plain(data, found, colour):
        grid = np.frombuffer(lines, np.uint8).reshape(height, 1 + stride)
        if (samples := _undone(grid, png.SAMPLES[colour])) is not None:
            return samples.reshape(height, width, 3) if colour == _COLOURS else samples
    return b"".join((data[:first], *png.chunk(b"IDAT", deflate.zlib_compress(lines, 0)), data[last:]))


def _is_plain(data: bytes, found: list[tuple[bytes, int, int]], colour: int) -> bool:
    """Whether nothing but the header, the palette and the lines of a PNG says what it shows, and all of it is sound."""
    kinds = [kind for kind, _, _ in found]
    if kinds[0] != b"IHDR" or kinds.count(b"IHDR") != 1 or data[26:28] != b"\0\0" or (colour == _PALETTE) != (b"PLTE" in kinds):
        return False
    view = memoryview(data)  # its slices copy nothing
    return all(
        (kind in (b"IDAT", b"IEND") or end - start - 12 in _HARMLESS.get(kind, ()))
        and deflate.crc32(view[start + 4 : end - 4]) == int.from_bytes(view[end - 4 : end], "big")
        for kind, start, end in found
    )


def _undone(lines: NDArray[np.uint8], channels: int) -> NDArray[np.uint8] | None:
    """The samples of lines that begin with their filter; None where a filter takes long to undo."""
    filters = lines[:, 0]
    from_left = np.flatnonzero((filters == _LEFT) | (filters == _PAETH))
    hits = lines[from_left, 1:]
    if filters.max() > _PAETH or (filters == _MEAN).any() or np.count_nonzero(hits) * _SHORTEST_MEAN > hits.size:
        return None
    samples = np.ascontiguousarray(lines[:, 1:])
    parts = [samples[:, channel::channels] for channel in range(channels)]
    left = np.flatnonzero(filters == _LEFT)
    for part in parts:
        part[left] = _summed(part[left])
    above = np.zeros(samples.shape[1], np.uint8)
    for number, (kind, line) in enumerate(zip(filters.tolist(), samples, strict=True)):
        if kind == _ABOVE:
            np.add(line, above, line)
        elif kind == _PAETH:
            for part in parts:
                _undo_paeth(part[number], part[number - 1] if number else above[: part.shape[1]])
        above = line
    return samples


def _summed(steps: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Sums from the left of each line of steps, of which few are not 0."""
    is_step = steps != 0
    is_step[:, :1] = True
    places = np.flatnonzero(is_step)
    sums = np.cumsum(steps.reshape(-1)[places], dtype=np.uint8)
    first = np.flatnonzero(places % steps.shape[1] == 0)
    before = np.concatenate((np.zeros(1, np.uint8), sums[first[1:] - 1])) if len(first) else sums
    values = sums - np.repeat(before, np.diff(first, append=len(places)))
    return np.repeat(values, np.diff(places, append=steps.size)).reshape(steps.shape)


def _undo_paeth(line: NDArray[np.uint8], above: NDArray[np.uint8]) -> None:
    """Undoes the filter in place: where the line above goes on, and there is no step, it gives the sample on the left."""
    is_step = line != 0
    is_step[0] = True
    is_step[1:] |= above[1:] != above[:-1]
    places = np.flatnonzero(is_step)
    left = corner = 0
    ends = [*places[1:].tolist(), len(line)]
    for place, end, step, up in zip(places.tolist(), ends, line[places].tolist(), above[places].tolist(), strict=True):
        by_left, by_up, by_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
        nearest = left if by_left <= by_up and by_left <= by_corner else up if by_up <= by_corner else corner
        left, corner = (nearest + step) & 255, up
        line[place:end] = left
