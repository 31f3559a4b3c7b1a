"""Members of archives in pieces, so that only what they unpack to is held whole, and never more than the directory promised."""

from __future__ import annotations

import io
import itertools
import zlib
from collections.abc import Callable, Iterator

PIECE = 8 << 20
"""Large members are read and unpacked in pieces of so many bytes."""

BytesAt = Callable[[int, int], bytes]
"""Gives bytes from a start on, so many; fewer at the end of what there is."""


def pieces_from(bytes_at: BytesAt, start: int, wanted: int, step: int, first: bytes = b"") -> Iterator[bytes]:
    """The bytes from `start` on, up to `wanted`, in pieces of `step`; the first may have been read already."""
    piece = first
    while piece or (wanted > 0 and (piece := bytes_at(start, min(wanted, step)))):
        yield piece
        start, wanted, piece = start + len(piece), wanted - len(piece), b""


def stored(bytes_at: BytesAt, start: int, wanted: int, step: int, first: bytes) -> bytes:
    """The bytes from `start` on, `wanted` of them, of which `first` have been read already: most often all."""
    return first if len(first) == wanted else joined(pieces_from(bytes_at, start, wanted, step, first), wanted)


def joined(pieces: Iterator[bytes], most: int) -> bytes:
    """All pieces as one, of which the first is often all there is: `most` bytes."""
    first = next(pieces, b"")
    if len(first) == most or (second := next(pieces, b"")) == b"":
        return first
    whole = io.BytesIO()  # unlike `bytes.join` it does not hold them twice
    for piece in itertools.chain((first, second), pieces):
        whole.write(piece)
    return whole.getvalue()


def inflated(pieces: Iterator[bytes], most: int) -> bytes:
    """What deflated pieces unpack to, at most `most` bytes of it."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)

    def unpacked() -> Iterator[bytes]:
        room = most
        for piece in pieces:
            while piece and room > 0 and not engine.eof:
                found = engine.decompress(piece, min(room, PIECE))
                piece, room = engine.unconsumed_tail, room - len(found)
                yield found
            if room <= 0 or engine.eof:
                return

    return joined(unpacked(), most)
