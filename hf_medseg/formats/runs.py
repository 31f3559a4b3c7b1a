"""Label maps packed by their runs, which takes a quarter of the time of a search for repeats, and is as small but for a twelfth.

Format: DEFLATE, RFC 1951, in the wrapper of zlib, RFC 1950. One block: each run is a literal and copies of the byte before, by a code that
depends on the highest value alone, but for 255. A copy of 258 bytes is two bits of 0, so that long runs are but space in the stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_LONGEST = 258  # bytes that one copy gives
_END = 256  # the symbol that ends a block; copies follow, the longest one last
_SHORTEST_MEAN = 128  # bytes of a run: where they are shorter, repeats are worth the search
_STRETCH = 1 << 18  # samples
_ADLER = 65521
# The order in which the sizes of the codes of sizes are stated (RFC 1951, 3.2.7).
_STATED = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)


class _Code(NamedTuple):
    """What stands for what: bits (the first one lowest) and how many.

    Attributes:
        head, head_size: what a block begins with.
        literals, literal_sizes: of each value.
        copies, copy_sizes: of a copy of so many bytes, 0 to 257; of fewer than three there is none.
        end, end_size: of the end.
    """

    head: NDArray[np.uint32]
    head_size: int
    literals: NDArray[np.int64]
    literal_sizes: NDArray[np.int64]
    copies: NDArray[np.int64]
    copy_sizes: NDArray[np.int64]
    end: int
    end_size: int


class Runs(NamedTuple):
    """The lines of a label map as a PNG has them, each with a filter of 0 before it, as runs of equal bytes.

    Attributes:
        starts: where each run begins, ascending, from 0.
        values: the byte that each repeats.
        size: bytes of all lines.
        lines: how many.
    """

    starts: NDArray[np.int64]
    values: NDArray[np.uint8]
    size: int
    lines: int

    def lengths(self) -> NDArray[np.int64]:
        """Bytes of each run."""
        return np.diff(self.starts, append=self.size)

    def counts(self) -> NDArray[np.int64]:
        """How often each of 256 values occurs in the label map."""
        counts = np.bincount(self.values, self.lengths(), 256).astype(np.int64)
        counts[0] -= self.lines
        return counts


def of(samples: NDArray[np.uint8]) -> Runs | None:
    """The runs of a label map; None where they are too short to be worth it.

    Args:
        samples: (height, width), at least one.
    """
    height, width = samples.shape
    flat, size = samples.reshape(-1), samples.size + height
    found, many = [np.zeros(0, np.int64)], 0
    for place in range(1, len(flat), _STRETCH):  # one by one, as all of them may be large
        stretch = flat[place - 1 : place + _STRETCH]
        found.append(where(stretch[1:] != stretch[:-1]) + place)
        many += len(found[-1])
        if many * _SHORTEST_MEAN > size:
            return None
    changes = np.concatenate(found)
    changes = changes[changes % width != 0]  # a filter lies between lines
    ends, begins = np.flatnonzero(samples[:-1, -1]) + 1, np.flatnonzero(samples[:, 0])
    starts = np.concatenate(([0], changes + changes // width + 1, ends * (width + 1), begins * (width + 1) + 1))
    if (len(starts) - 1) * _SHORTEST_MEAN > size:
        return None
    values = np.concatenate((np.zeros(1, np.uint8), flat[changes], np.zeros(len(ends), np.uint8), samples[begins, 0]))
    order = np.argsort(starts, kind="stable")
    return Runs(starts[order], values[order], size, height)


def where(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Places of the few of many flags that are true, ascending: looked for eight at a time, in a third of what one by one takes."""
    whole = len(flags) // 8 * 8
    eights = np.flatnonzero(flags[:whole].view(np.uint64) != 0)
    which, place = np.nonzero(flags[:whole].reshape(-1, 8)[eights])
    return np.concatenate((eights[which] * 8 + place, np.flatnonzero(flags[whole:]) + whole))


def packed(found: Runs) -> bytes:
    """The zlib stream of the lines."""
    values, lengths = found.values, found.lengths()
    unknown = values == 255
    code = _code(int(values[~unknown].max(initial=0)), bool(unknown.any()))
    copied, rest = np.divmod(lengths - 1, _LONGEST)
    literal, literal_size = code.literals[values], code.literal_sizes[values]
    few = np.where(rest < 3, rest, 0)  # too few to be copied: one or two literals more
    tail = np.where(few == 0, code.copies[rest], literal | np.where(few == 2, literal << literal_size, 0))
    tail_size = np.where(few == 0, code.copy_sizes[rest], few * literal_size)
    before_tail = literal_size + 2 * copied
    ends = code.head_size + np.cumsum(before_tail + tail_size)
    tails = ends - tail_size
    places = np.concatenate((tails - before_tail, tails, ends[-1:]))
    words, parts = places >> 5, np.concatenate((literal, tail, [code.end])) << (places & 31)
    # No two parts have a bit in common: sums below 2 ** 32, which floats hold exactly.
    count = int(words[-1]) + 2
    stream = np.bincount(words, parts & 0xFFFFFFFF, count) + np.bincount(words + 1, parts >> 32, count)
    filled = stream.astype("<u4")
    filled[: len(code.head)] |= code.head
    size = int(ends[-1]) + code.end_size
    return b"".join((b"\x78\x01", filled.tobytes()[: (size + 7) // 8], _adler32(found, lengths).to_bytes(4, "big")))


def _adler32(found: Runs, lengths: NDArray[np.int64]) -> int:
    """The checksum of the lines (RFC 1950, 9): the sum of all bytes, and the sum of all such sums on the way."""
    values, twice_after = found.values.astype(np.int64), 2 * (found.size - found.starts) - lengths + 1
    low = 1 + int((values * lengths).sum())
    high = found.size + int((values * (lengths * twice_after // 2 % _ADLER)).sum())
    return (high % _ADLER) << 16 | low % _ADLER


@lru_cache(maxsize=512)
def _code(highest: int, unknown: bool) -> _Code:
    """The code of values up to `highest`, and perhaps of 255.

    A quarter of all bit patterns are literals and the end, a quarter copies, half the longest copy.
    """
    sizes = [0] * (_END + 30)
    for symbols in ((*range(highest + 1), *[255] * unknown, _END), range(_END + 1, _END + 29)):
        deep = len(symbols).bit_length() - 1
        for number, symbol in enumerate(symbols):
            sizes[symbol] = 2 + deep + (number >= (2 << deep) - len(symbols))
    sizes[_END + 29] = 1
    codes = _codes(sizes)
    copies = [(0, 0)] * 3
    for symbol, extra in enumerate((*[0] * 8, *np.repeat(range(1, 6), 4).tolist())):
        bits, size = codes[_END + 1 + symbol], sizes[_END + 1 + symbol]
        copies += [(bits | more << size, size + extra + 1) for more in range(1 << extra)]  # and a bit of 0: from one byte before
    head, head_size = _head([*sizes, 1, 1])
    copy_codes, copy_sizes = np.array(copies[:_LONGEST], np.int64).T.copy()
    return _Code(
        np.frombuffer(head.to_bytes(-(-head_size // 32) * 4, "little"), "<u4"),
        head_size,
        np.array(codes[:_END], np.int64),
        np.array(sizes[:_END], np.int64),
        copy_codes,
        copy_sizes,
        codes[_END],
        sizes[_END],
    )


_ZEROS = 18  # stands for 11 to 138 sizes of 0, by 7 bits more
# Every size can be stated, and zeros; a prefix code has to use all bit patterns.
_STATING = [4] * 14 + [5] * 2 + [0, 0, 4]


def _head(sizes: Sequence[int]) -> tuple[int, int]:
    """The head of the only block of a stream: its bits, the first one lowest, and how many.

    Args:
        sizes: of the codes of all 286 symbols, and of the distances 1 and 2.
    """
    codes = _codes(_STATING)
    parts = [(1 | 2 << 1 | 29 << 3 | 1 << 8 | 15 << 13, 17), *((_STATING[symbol], 3) for symbol in _STATED)]
    for symbol, more in _stated(sizes):
        parts.append((codes[symbol] | more << _STATING[symbol], _STATING[symbol] + 7 * (symbol == _ZEROS)))
    head, head_size = 0, 0
    for bits, size in parts:
        head, head_size = head | bits << head_size, head_size + size
    return head, head_size


def _codes(sizes: Sequence[int]) -> list[int]:
    """The canonical prefix code of these sizes, its first bit lowest; 0 where there is none."""
    codes, code, before = [0] * len(sizes), 0, 0
    for size, symbol in sorted((size, symbol) for symbol, size in enumerate(sizes) if size):
        code <<= size - before
        codes[symbol] = int(f"{code:0{size}b}"[::-1], 2)
        code, before = code + 1, size
    return codes


def _stated(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(symbol, what follows it) by which sizes of codes are stated."""
    place = 0
    while place < len(sizes):
        zeros = next((step for step, size in enumerate(sizes[place : place + 138]) if size), min(138, len(sizes) - place))
        yield (_ZEROS, zeros - 11) if zeros >= 11 else (sizes[place], 0)
        place += zeros if zeros >= 11 else 1
