"""Compressed samples, unpacked up to what a header promises: a file that holds far more, as a bomb does, is never unpacked whole."""

from __future__ import annotations

import bz2
import struct
import zlib
from typing import Any

import deflate

from hf_medseg.errors import Rejected

GZIP = b"\x1f\x8b"
_HEAD = 1 << 16  # bytes that nearly always hold the beginning of what is packed
_SLACK = 1 << 20  # bytes after the samples that are let pass
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


def start(data: bytes, size: int) -> bytes:
    """The first bytes of a file, of what is packed in it if it is a gzip file, be it of several streams in a row.

    Raises:
        zlib.error: the gzip file is damaged there.
    """
    if not data.startswith(GZIP):
        return data[:size]
    # What is not unpacked is copied, so the beginning of the file alone is tried first.
    found = _started(data[:_HEAD], size)
    return found if len(found) == size else _started(data, size)


def _started(data: bytes, size: int) -> bytes:
    found = b""
    while len(found) < size and data.startswith(GZIP):
        engine = zlib.decompressobj(_GZIP_OR_ZLIB)
        found += engine.decompress(data, size - len(found))
        data = engine.unused_data
    return found


def unpacked(data: bytes, needed: int, path: str, method: str = "") -> bytes | bytearray:
    """What is packed in some bytes; several streams in a row are one.

    Args:
        data: the bytes.
        needed: how many bytes the header promises.
        path: the file, for messages.
        method: `gzip` (or zlib, which is told by its first bytes), `bzip2`, or nothing for a gzip file or bytes that are not packed.

    Raises:
        Rejected: they hold far more than promised, break off, or are damaged.
    """
    limit, found = needed + _SLACK, 0
    pieces: list[bytes] = []
    if not method and not data.startswith(GZIP):
        if len(data) > limit:
            raise _too_much(needed, path)
        return data
    if method != "bzip2" and (whole := _one_stream(data, limit)) is not None:
        return whole
    name = "bzip2" if method == "bzip2" else "gzip"
    while data and (not pieces or data.startswith(b"BZh" if name == "bzip2" else GZIP)):
        engine: Any = bz2.BZ2Decompressor() if name == "bzip2" else zlib.decompressobj(_GZIP_OR_ZLIB)
        try:
            pieces.append(engine.decompress(data, limit - found))
        except (zlib.error, OSError, ValueError) as error:
            raise Rejected(path, f"the file is damaged or cut ({error}).", "Fetch it again.") from error
        found += len(pieces[-1])
        if found >= limit:
            raise _too_much(needed, path)
        if not engine.eof:
            raise Rejected(path, f"the {name} file breaks off.", "Fetch it again.")
        data = engine.unused_data
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _one_stream(data: bytes, limit: int) -> bytes | bytearray | None:
    """What a gzip file of one sound stream holds, by libdeflate, which takes less than half of zlib's time.

    None where it is anything else (several streams, something after the end, damaged, too large): zlib tells what.
    """
    size = int.from_bytes(data[-4:], "little")  # as the end of the stream states it
    # libdeflate gives nothing where nothing is asked for.
    if not data.startswith(GZIP) or not 0 < size < limit:
        return None
    try:
        whole = deflate.gzip_decompress(data, size)
    except deflate.DeflateError:
        return None
    # It stops after the first stream without a word. That was all where its checksum and size are the last bytes, and no other begins
    # behind them; how a stream begins is found by chance in every 16 MB.
    end = struct.pack("<II", deflate.crc32(whole), len(whole))
    return whole if data.endswith(end) and data.find(end + GZIP) < 0 else None


def _too_much(needed: int, path: str) -> Rejected:
    return Rejected(path, f"it holds more than the {needed} bytes that its header promises.")
