"""Pictures that look the same, found among very many in bounded time and memory, however alike they are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.catalog.picture_hash import HashIndex, Numbers, bits_apart, hashes_of
from hf_medseg.statistics.signature import SIDE

Places = NDArray[np.int64]

# Measured on endoscopy, fundus, radiographs, ultrasound and MR: copies, down to JPEG quality 30 and 224 x 224, change up to 3 bits of the
# hash, and their small pictures without broad light and dark agree by 0.998 at least; different pictures of one set, such as a person's
# two eyes, whose hashes are often as near, by 0.90 at most.
_BITS = 3
_AGREEMENT = 0.97
_DETAILS = 14  # of 64 bits, the signs of what is left, that may differ: a quick look at pairs of one kind before the exact one
_BROAD = 2  # cells to each side that broad light and dark is averaged over
_AT_ONCE = 1 << 13  # pairs whose small pictures are compared
_BLOCK = 2048  # rows that are compared with as many others, each with each
_AXES = 40  # of the space of small pictures in which all are compared
_FEW = 500  # pictures: of so many all hashes are compared sooner than axes are found
_SAMPLED = 4096  # pictures that these axes are chosen by
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2 ** 64 by the golden ratio: products with it lie in no order
_BACK = np.uint64(pow(int(_ODD), -1, 1 << 64))
_ROUNDING = 2e-3  # of half-precision floats
_SLOWER = 11  # times as long as a pair along the axes takes one that is found by pieces of its hash
_MANY = 64  # of so many pairs of a block more than one may agree: then the whole block is asked at once
_ROWS = 128  # of a block whose hashes are compared at once

WAYS = 8
"""In how many ways a picture can be flipped and turned, as it is among them."""


class Alike:
    """Rows that look the same, found pair by pair and joined as they are found.

    Args:
        hashes: (rows, 8) difference hashes of each picture, as it is and turned in every way.
        small: (rows, SIDE, SIDE) each picture in few greys.
        kin: rows of one number are never compared.
        joined: rows of one number are together from the beginning; every row is alone where it is None.
        whole: of so many rows that are alike every pair is told; of more only as many pairs as join them.
    """

    def __init__(self, hashes: Numbers, small: NDArray[np.uint8], kin: Places, joined: Places | None = None, whole: int = 0) -> None:
        self._hashes, self._kin, self._whole = hashes, kin, whole
        self._fine = _normalised(small)
        above = np.arange(len(small)) if joined is None else _firsts(joined)
        self._above, self._size = above, np.bincount(above, minlength=len(small))

    @property
    def joined(self) -> Places:
        """For every row the first one that it is together with; of pairs that were told."""
        return self._above

    def pairs(self) -> Iterator[tuple[int, int, int, float]]:
        """(row, later row, way in which the first is turned, agreement) of pairs that look the same."""
        details = [hashes_of(_signs(turned(self._fine, way))) for way in range(WAYS)]
        index = HashIndex(self._hashes[:, 0])
        for way in range(WAYS):
            mine = self._hashes[:, way]
            # Where very many hashes share pieces, all pictures are compared with all in few numbers each: that has a bound.
            quick = len(mine) <= _FEW or _SLOWER * index.compared(mine) <= len(mine) ** 2
            for one, other in ((a, b) for a, b, _ in index.near(mine, _BITS)) if quick else self._by_axes(way):
                wanted = (one < other) & (self._kin[one] != self._kin[other]) & self._open(one, other)
                wanted &= bits_apart(mine[one], self._hashes[other, 0]) <= _BITS
                one, other = one[wanted], other[wanted]
                wanted = bits_apart(details[way][one], details[0][other]) <= _DETAILS
                yield from self._agreeing((one[wanted] * len(mine) + other[wanted]).astype(np.uint64), way)

    def _agreeing(self, pairs: Numbers, way: int) -> Iterator[tuple[int, int, int, float]]:
        # In no order, so that the first few join what belongs together, and most of the others need no look.
        drawn = np.sort(pairs * _ODD)
        drawn = drawn[np.insert(drawn[1:] != drawn[:-1], 0, True)[: len(drawn)]]
        for begin in range(0, len(drawn), _AT_ONCE):
            one, other = np.divmod((drawn[begin : begin + _AT_ONCE] * _BACK).astype(np.int64), len(self._above))
            wanted = self._open(one, other)
            one, other = one[wanted], other[wanted]
            mine, theirs = (some.reshape(-1, SIDE * SIDE).astype(np.float32) for some in (turned(self._fine[one], way), self._fine[other]))
            agreement = np.einsum("ij,ij->i", mine, theirs)
            same = np.flatnonzero(agreement >= _AGREEMENT)
            found = list(zip(one[same].tolist(), other[same].tolist(), agreement[same].tolist(), strict=True))
            self._join(found)
            yield from ((first, second, way, value) for first, second, value in found)

    def _open(self, one: Places, other: Places) -> NDArray[np.bool_]:
        """Which pairs are still to be looked at."""
        mine, theirs = self._above[one], self._above[other]
        found: NDArray[np.bool_] = (mine != theirs) | (self._size[mine] <= self._whole)
        return found

    def _join(self, pairs: list[tuple[int, int, float]]) -> None:
        above = self._above
        for one, other, _ in pairs:
            ends = []
            for row in (one, other):
                while above[row] != row:
                    row = int(above[row])
                ends.append(row)
            first, second = min(ends), max(ends)
            if first != second:
                above[second] = first
                self._size[first] += self._size[second]
        while (above != above[above]).any():
            above = above[above]
        self._above = above

    def _by_axes(self, way: int) -> Iterator[tuple[Places, Places]]:
        """Pairs that may agree: each with each, along the axes in which pictures differ most; what is left can agree at most wholly."""
        mine, theirs = (_along(some, self._axes) for some in (turned(self._fine, way), self._fine))
        scores = np.empty((_BLOCK, _BLOCK), np.float32)
        for begin in range(0, len(mine), _BLOCK):
            some = mine[begin : begin + _BLOCK]
            for start in range(begin, len(theirs), _BLOCK):
                others = theirs[start : start + _BLOCK]
                if self._is_one(begin, start):
                    continue
                here = np.matmul(some, others.T, out=scores[: len(some), : len(others)])
                found = here >= _AGREEMENT - _ROUNDING
                if _MANY * np.count_nonzero(found) > found.size:
                    self._thin_out(found, begin, start, way)
                one, other = np.divmod(np.flatnonzero(found), len(others))
                yield one + begin, other + start

    def _thin_out(self, found: NDArray[np.bool_], begin: int, start: int, way: int) -> None:
        """Where very many pairs of a block may agree, since all share what is seen along the axes: all that is asked of pairs, at once."""
        mine, theirs = (slice(first, first + count) for first, count in zip((begin, start), found.shape, strict=True))
        above, size = self._above, self._size
        found &= (above[mine][:, None] != above[theirs]) | (size[above[mine]] <= self._whole)[:, None]
        for rows in range(0, len(found), _ROWS):
            some = found[rows : rows + _ROWS]
            some &= bits_apart(self._hashes[mine, way][rows : rows + _ROWS, None], self._hashes[theirs, 0]) <= _BITS
        if _MANY * np.count_nonzero(found) > found.size:
            one, other = turned(self._fine[mine], way), self._fine[theirs]
            full = [np.ascontiguousarray(side.reshape(len(side), -1), np.float32) for side in (one, other)]
            found &= full[0] @ full[1].T >= _AGREEMENT - _ROUNDING

    def _is_one(self, *begins: int) -> bool:
        """Whether all rows of some blocks are together already."""
        ends = {int(end) for at in begins for end in (self._above[at : at + _BLOCK].min(), self._above[at : at + _BLOCK].max())}
        return len(ends) == 1 and int(self._size[ends.pop()]) > self._whole

    @cached_property
    def _axes(self) -> NDArray[np.float32]:
        """(SIDE * SIDE, axes) of length 1, at right angles to each other."""
        step = -(-len(self._fine) // _SAMPLED)
        some = self._fine[::step].reshape(-1, SIDE * SIDE).astype(np.float32)
        _, vectors = np.linalg.eigh(some.T @ some)
        return np.ascontiguousarray(vectors[:, -_AXES:])


def _along(fine: NDArray[np.float16], axes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(rows, axes + 1) where pictures lie along axes, and how much of them lies beside all of these."""
    found = np.empty((len(fine), axes.shape[1] + 1), np.float32)
    for begin in range(0, len(fine), _AT_ONCE):
        some = fine[begin : begin + _AT_ONCE].reshape(-1, SIDE * SIDE).astype(np.float32)
        found[begin : begin + _AT_ONCE, :-1] = along = some @ axes
        found[begin : begin + _AT_ONCE, -1] = np.sqrt(np.maximum((some * some).sum(1) - (along * along).sum(1), 0))
    return found


def _firsts(numbers: Places) -> Places:
    """For every row the first one of the same number."""
    _, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    return np.asarray(first[inverse.reshape(-1)])


def turned(small: NDArray[Any], way: int) -> NDArray[Any]:
    """Small pictures, (count, side, side), turned in one of the ways in which `picture_hash` makes them."""
    lying = small.transpose(0, 2, 1) if way & 4 else small
    return lying[:, :: -1 if way & 2 else 1, :: -1 if way & 1 else 1]


def _normalised(small: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Small pictures without the broad light and dark that pictures of one kind share, each of length 1."""
    found = np.empty(small.shape, np.float16)
    for begin in range(0, len(small), _AT_ONCE):
        fine = _fine(small[begin : begin + _AT_ONCE])
        found[begin : begin + _AT_ONCE] = fine / np.maximum(np.sqrt((fine * fine).sum((1, 2), keepdims=True)), 1e-6)
    return found


def _signs(fine: NDArray[np.float16]) -> NDArray[np.bool_]:
    """(count, 8, 8) whether each part of small pictures is brighter than what lies around it."""
    part = SIDE // 8
    found = np.zeros((len(fine), 8, 8), bool)
    for begin in range(0, len(fine), _AT_ONCE):
        some = fine[begin : begin + _AT_ONCE].astype(np.float32)
        found[begin : begin + _AT_ONCE] = some.reshape(-1, 8, part, 8, part).sum((2, 4)) > 0
    return found


def _fine(small: NDArray[np.uint8]) -> NDArray[np.float32]:
    side, width = small.shape[1], 2 * _BROAD + 1
    wide = np.pad(small.astype(np.float32), [(0, 0), (_BROAD, _BROAD), (_BROAD, _BROAD)], "edge")
    down = sum((wide[:, step : step + side] for step in range(width)), np.zeros((), np.float32))
    broad = sum((down[:, :, step : step + side] for step in range(width)), np.zeros((), np.float32))
    return np.asarray(small - broad / width**2, np.float32)
