"""PNG: the one encoder of this package, and the check and cleaning of PNG files that are passed through.

Format: W3C PNG specification, third edition, https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import contextlib
import re
import struct
import zlib
from collections.abc import Generator, Iterator, Sequence
from itertools import pairwise
from typing import Any

import deflate
import numpy as np
from numpy.typing import NDArray

from hf_medseg.formats import icc, runs

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Chunks that shape the picture, once each, and what may stand in those of a few numbers: no room for words. Text (tEXt, zTXt, iTXt), eXIf,
# tIME and private chunks do not travel.
KEPT_CHUNKS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"pHYs"})
_NUMBERS = {
    b"IHDR": re.compile(rb".{13}", re.DOTALL),
    b"cHRM": re.compile(rb"(\0[\0-\3]..){8}", re.DOTALL),
    b"gAMA": re.compile(rb"\0...", re.DOTALL),
    b"pHYs": re.compile(rb"(\0...){2}[\0\1]", re.DOTALL),
    b"sBIT": re.compile(rb"[\1-\x10]{1,4}"),
    b"sRGB": re.compile(rb"[\0-\3]"),
    b"cICP": re.compile(rb"[\0-\x1f]{4}"),
}


def encode(pixels: NDArray[Any], *, labels: bool = False, spent: bool = False, found: runs.Runs | None = None) -> bytes:
    """Encodes pixels without loss; the bytes depend on nothing but the pixels.

    Args:
        pixels: (height, width) uint8 or uint16, or (height, width, 3) uint8.
        labels: whether these are label maps: few values in large areas pack best unfiltered, by their runs.
        spent: nobody needs the pixels any more. Large ones are worked on where they lie, so that they are in memory once; the array is
            empty then.
        found: the runs of a label map, where they are known.

    Raises:
        ValueError: another shape or type.
    """
    height, width = pixels.shape[:2]
    colour = pixels.ndim == 3
    if not (pixels.dtype == np.uint16 and not colour) and not (pixels.dtype == np.uint8 and pixels.shape[2:] in ((), (3,))):
        raise ValueError(f"no PNG for shape {pixels.shape} and type {pixels.dtype}")
    header = struct.pack(">IIBBBBB", width, height, pixels.dtype.itemsize * 8, 2 if colour else 0, 0, 0, 0)
    in_place = spent and not labels and pixels.nbytes > MOST_UNPACKED and pixels.flags.owndata and pixels.flags.c_contiguous
    # libdeflate gives the same bytes on every processor, which zlib-ng and ISA-L do not.
    if in_place:
        packed: bytes | bytearray = deflate.zlib_compress(_filtered_in_place(pixels), 1)
        pixels.resize(0, refcheck=False)
    elif labels and (found := found or runs.of(_samples(pixels))) is not None:
        packed = runs.packed(found)
    else:
        packed = deflate.zlib_compress(_filtered(pixels, labels), 6 if labels else 1)
    return b"".join((SIGNATURE, *chunk(b"IHDR", header), *chunk(b"IDAT", packed), *chunk(b"IEND", b"")))


def _samples(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """The bytes of the lines of a picture as a PNG has them, without filters."""
    wide = pixels.astype(">u2").view(np.uint8) if pixels.dtype == np.uint16 else np.ascontiguousarray(pixels)
    return wide.reshape(len(pixels), -1)


def _filtered(pixels: NDArray[Any], labels: bool) -> NDArray[np.uint8]:
    """The lines of a picture as a PNG has them, each with its filter before it: none of label maps, else "up", the difference to above."""
    samples = _samples(pixels)
    lines = np.empty((len(samples), samples.shape[1] + 1), np.uint8)
    if labels:
        lines[:, 0] = 0
        lines[:, 1:] = samples
    else:
        lines[:, 0] = 2
        lines[0, 1:] = samples[0]
        np.subtract(samples[1:], samples[:-1], out=lines[1:, 1:])
    return lines


def _filtered_in_place(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """See `_filtered`: from the last line up each is moved to where it belongs, which lies behind all that are still to be moved."""
    height, stride = len(pixels), pixels.nbytes // len(pixels)
    if pixels.dtype == np.uint16 and np.little_endian:
        pixels.byteswap(inplace=True)
    pixels.resize(-(-height * (stride + 1) // pixels.itemsize), refcheck=False)
    room = pixels.view(np.uint8)[: height * (stride + 1)]
    for line in range(height - 1, -1, -1):
        mine = room[line * stride : (line + 1) * stride]
        moved = mine - room[(line - 1) * stride : line * stride] if line else mine.copy()
        room[line * (stride + 1) + 1 : (line + 1) * (stride + 1)] = moved
        room[line * (stride + 1)] = 2
    return room


def chunk(kind: bytes, data: bytes | bytearray) -> tuple[bytes | bytearray, ...]:
    """A chunk, in parts that are to be joined."""
    return struct.pack(">I", len(data)), kind, data, struct.pack(">I", deflate.crc32(data, deflate.crc32(kind)))


# Samples of each colour type (W3C PNG, table 8), and bytes that are unpacked at once: more would cost memory (and may be a bomb).
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
MOST_UNPACKED = 1 << 26
_MOST_PROFILE = 1 << 24  # bytes of an ICC profile; the largest for printers hold 2 MB

BAND = 1 << 22
"""Bytes of samples in one band of a large picture."""


def is_large(data: bytes) -> bool:
    """Whether a PNG is read in bands: too large to be in memory twice, its lines in order, a whole number of bytes a sample."""
    if not data.startswith(SIGNATURE) or len(data) < 33:
        return False
    width, height, bits, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    if interlaced or (bits != 8 and (bits, colour) != (16, 0)) or height * width * bits * SAMPLES.get(colour, 0) // 8 <= MOST_UNPACKED:
        return False
    try:
        return all(kind != b"acTL" for kind, _, _ in chunks(data))
    except Damaged:
        return False


def bands(data: bytes) -> Generator[tuple[int, int, bytes], bytes, None]:
    """A large PNG as several small ones, from the top down.

    A line is stored as its difference to the one above, so each band but the first begins with the last line of the band before, which
    the caller hands in (`send`): its samples as a PNG has them, without a filter byte.

    Yields:
        (number of the first line, lines at the top that belong to the band before, the band as a PNG).

    Raises:
        Damaged: a checksum is wrong, or samples are missing.
    """
    width, height, bits, colour = struct.unpack_from(">IIBB", data, 16)
    stride = 1 + width * bits * SAMPLES[colour] // 8
    found = list(chunks(data))
    for kind, start, end in found:
        if deflate.crc32(data[start + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise Damaged(f"the checksum of the PNG's {kind.decode('latin-1')} chunk is wrong")
    colours = b"".join(data[start:end] for kind, start, end in found if kind in (b"PLTE", b"tRNS"))
    lines = _inflated([(start + 8, end - 4) for kind, start, end in found if kind == b"IDAT"], data)
    rows, above, ready = max(1, BAND // stride), b"", bytearray()
    for top in range(0, height, rows):
        wanted = min(rows, height - top) * stride
        while len(ready) < wanted:
            if not (more := next(lines, b"")):
                raise Damaged("the PNG is cut: samples are missing")
            ready += more
        samples = above + ready[:wanted]
        del ready[:wanted]
        header = struct.pack(">IIBBBBB", width, len(samples) // stride, bits, colour, 0, 0, 0)
        packed = deflate.zlib_compress(samples, 0)
        band = b"".join((SIGNATURE, *chunk(b"IHDR", header), colours, *chunk(b"IDAT", packed), *chunk(b"IEND", b"")))
        above = b"\0" + (yield top, 1 if above else 0, band)


def _inflated(places: Sequence[tuple[int, int]], data: bytes) -> Iterator[bytes]:
    """The unpacked lines of all IDAT chunks, piece by piece."""
    inflate = zlib.decompressobj()
    try:
        for start, end in places:
            piece = data[start:end]
            while piece:
                yield inflate.decompress(piece, BAND)
                piece = inflate.unconsumed_tail
        yield inflate.flush()
    except zlib.error as error:
        raise Damaged(f"the samples of the PNG are damaged ({error})") from error


class Damaged(ValueError):
    """The file is not what its first bytes say, or holds what cannot be stored.

    Attributes:
        advice: what the user can do.
    """

    def __init__(self, what: str, advice: str = "Fetch the file again.") -> None:
        super().__init__(what)
        self.advice = advice


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start, end) of every chunk of a PNG, up to the last.

    Raises:
        Damaged: the file is cut.
    """
    end, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        start = end
        if start + 12 > len(data):
            raise Damaged("the PNG is cut")
        kind = data[start + 4 : start + 8]
        end = start + 12 + int(struct.unpack_from(">I", data, start)[0])
        if end > len(data):
            raise Damaged("the PNG is cut")
        yield kind, start, end


def clean(data: bytes) -> tuple[bytes, bytes]:
    """Checks every chunk and drops those that do not shape the picture.

    Returns:
        (the cleaned file, the content of its eXIf chunk or nothing).

    Raises:
        Damaged: a chunk is cut or its CRC is wrong, or the file holds an animation.
    """
    view = memoryview(data)  # its slices copy nothing
    kept: list[bytes | bytearray | memoryview] = [SIGNATURE]
    exif, whole, seen = b"", True, set[bytes]()
    for kind, start, end in chunks(data):
        if deflate.crc32(view[start + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise Damaged(f"the checksum of the PNG's {kind.decode('latin-1')} chunk is wrong")
        if kind == b"acTL":
            raise Damaged("the PNG holds several pictures (an animation)", "Save the one that is meant as a PNG of its own.")
        if kind == b"eXIf":
            exif = data[start + 8 : end - 4]
        plain = kind not in _NUMBERS or _NUMBERS[kind].fullmatch(data, start + 8, end - 4) is not None
        if kind == b"IEND":
            kept += chunk(kind, b"")
            whole = whole and end == start + 12
        elif kind == b"iCCP" and kind not in seen:
            kept += _profile_chunk(data, start, end)
            whole = False
        elif kind == b"IDAT" or (kind in KEPT_CHUNKS and kind not in seen and plain):
            kept.append(view[start:end])
        else:
            whole = False
        seen.add(kind)
    # Of most files nothing is dropped: then they are not copied either.
    return data if whole and end == len(data) else b"".join(kept), exif


def exact(data: bytes) -> bytes:
    """A cleaned grey or RGB PNG with its samples and nothing behind them: no line too many, no bytes after their stream, no palette.

    Most are that already, and stay as they are.

    Raises:
        Damaged: samples are missing.
    """
    found = list(chunks(data))
    places = [(start, end) for kind, start, end in found if kind == b"IDAT"]
    run = next((number for number, ((_, end), (start, _)) in enumerate(pairwise(places), 1) if end != start), len(places))
    packed = b"".join(data[start + 8 : end - 4] for start, end in places[:run])
    size = _size_of_lines(data)
    samples = packed if size <= MOST_UNPACKED and _is_exact(packed, size) else _repacked(packed, size)
    if samples is packed and run == len(places) and all(kind != b"PLTE" for kind, _, _ in found):
        return data
    head = [data[start:end] for kind, start, end in found if kind not in (b"IDAT", b"PLTE", b"IEND") and start < places[0][0]]
    return b"".join((SIGNATURE, *head, *chunk(b"IDAT", samples), *chunk(b"IEND", b"")))


# First column and line of the seven passes of an interlaced picture, and how far its columns and lines are apart (W3C PNG, clause 8.2).
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def _size_of_lines(data: bytes) -> int:
    """Bytes of the unpacked lines of a PNG, each with its filter."""
    width, height, bits, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    passes = PASSES if interlaced else ((0, 0, 1, 1),)
    grids = [(max(0, -(-(width - x) // across)), max(0, -(-(height - y) // down))) for x, y, across, down in passes]
    return sum(lines * (1 + (columns * bits * SAMPLES[colour] + 7) // 8) for columns, lines in grids if columns)


def _is_exact(packed: bytes, size: int) -> bool:
    """Whether a stream holds so many bytes, and nothing follows it."""
    try:
        lines = deflate.zlib_decompress(packed, size)
    except deflate.DeflateError:
        return False
    # The stream ends with the checksum of what it holds: where that is found at the very end for the first time, nothing lies behind.
    return len(lines) == size and packed.find(struct.pack(">I", deflate.adler32(lines))) == len(packed) - 4


def _repacked(packed: bytes, size: int) -> bytes:
    """The stream of the first `size` bytes that another one holds; that one itself where it holds nothing else.

    Raises:
        Damaged: it holds fewer, or is damaged before its end.
    """
    inflate = zlib.decompressobj()
    for _ in _lines(inflate, packed, size):
        pass
    with contextlib.suppress(zlib.error):  # behind the picture
        more = b"" if inflate.eof else inflate.decompress(inflate.unconsumed_tail, 1)
        if not more and inflate.eof:
            return packed[: len(packed) - len(inflate.unused_data)] if inflate.unused_data else packed
    pack = zlib.compressobj(6)
    return b"".join((*map(pack.compress, _lines(zlib.decompressobj(), packed, size)), pack.flush()))


def _lines(inflate: Any, packed: bytes, size: int) -> Iterator[bytes]:
    """The first `size` bytes of a stream, piece by piece."""
    while size:
        try:
            piece = inflate.decompress(packed, min(size, BAND))
        except zlib.error as error:
            raise Damaged(f"the samples of the PNG are damaged ({error})") from error
        if not piece:
            raise Damaged("the PNG is cut: samples are missing")
        packed = inflate.unconsumed_tail
        size -= len(piece)
        yield piece


def _profile_chunk(data: bytes, start: int, end: int) -> Sequence[bytes | bytearray]:
    """The chunk of a cleaned ICC profile, under a name that says nothing; nothing where it holds no profile."""
    name, _, rest = data[start + 8 : end - 4].partition(b"\0")
    inflate = zlib.decompressobj()
    try:
        profile = inflate.decompress(rest[1:], _MOST_PROFILE)
    except zlib.error:
        return ()
    if rest[:1] != b"\0" or not inflate.eof or (cleaned := icc.cleaned(profile)) is None:
        return ()
    if cleaned == profile and name == b"icc" and not inflate.unused_data:
        return (data[start:end],)
    return chunk(b"iCCP", b"icc\0\0" + deflate.zlib_compress(cleaned, 6))
