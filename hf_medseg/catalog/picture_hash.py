"""Difference hashes: 64 bits that stay nearly the same however a picture is encoded or scaled; and finding near ones among many."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Numbers: TypeAlias = NDArray[np.uint64]
Cells: TypeAlias = NDArray[np.uint8] | NDArray[np.floating[Any]]

BITS = 64
_REACH = 3  # of a Lanczos filter
_AT_A_TIME = 1 << 18  # products of samples and weights: for more OpenBLAS wakes threads, which here takes longer than the sums
_AT_ONCE = 1 << 22  # pairs that are compared


def dhash(picture: Image.Image) -> NDArray[np.bool_]:
    """The difference hash of a picture (8 rows of 8 bits): whether each of 9 x 8 cells is brighter than the one left of it.

    The same as `imagehash.dhash(picture.convert("RGB"))`, which would bring SciPy with it.
    """
    return steps_of(cells_of(grey_of(picture), 9, 8))


def grey_of(picture: Image.Image) -> Image.Image:
    """A picture in 8 bits of grey; of deeper ones the range that they use."""
    if picture.mode == "L":
        picture.load()  # while its file is open
        return picture
    if picture.mode[0] not in "IF":
        return picture.convert("RGB").convert("L")
    values = np.asarray(picture, np.float64)
    low, high = values.min(), values.max()
    return Image.fromarray(((values - low) * (255 / max(high - low, 1))).astype(np.uint8))


def cells_of(grey: Image.Image, width: int, height: int) -> NDArray[np.uint8]:
    """(height, width) mean greys of so many cells.

    What Pillow's `resize` with its Lanczos filter gives, in a fifth of the time; about one cell in ten thousand is a grey level apart. Of
    pictures that are far higher than wide newer Pillows bring the height down first, which rounds otherwise; here the width always is.
    """
    samples, weights = np.asarray(grey), _weights(grey.width, width)
    step = max(1, _AT_A_TIME // weights.size)
    lines = np.concatenate([samples[top : top + step].astype(np.float32) @ weights for top in range(0, len(samples), step)])
    return _rounded(_weights(grey.height, height).T @ _rounded(lines)).astype(np.uint8)


@lru_cache(maxsize=64)
def _weights(size: int, cells: int) -> NDArray[np.float32]:
    """(size, cells): what of each cell of a side each pixel is."""
    pixel = size / cells
    away = (np.arange(size)[:, None] + 0.5 - (np.arange(cells) + 0.5) * pixel) / max(pixel, 1)
    weights: NDArray[np.float64] = np.where(np.abs(away) < _REACH, np.sinc(away) * np.sinc(away / _REACH), 0)
    weights /= weights.sum(0)
    return weights.astype(np.float32)


def _rounded(greys: NDArray[np.float32]) -> NDArray[np.float32]:
    rounded: NDArray[np.float32] = np.floor(greys + np.float32(0.5)).clip(0, 255)
    return rounded


def steps_of(cells: Cells) -> NDArray[np.bool_]:
    """Whether each of (..., 8, 9) cells is brighter than the one left of it."""
    return cells[..., 1:] > cells[..., :-1]


def turned_ways(upright: Cells, lying: Cells) -> NDArray[np.bool_]:
    """The bits of a picture as it is, and flipped and turned in every other way.

    Args:
        upright: its cells, (..., 8, 9).
        lying: those of it on its side.

    Returns:
        (..., 8 ways, 8, 8).
    """
    return np.stack([steps_of(cells[..., ::up, ::left]) for cells in (upright, lying) for up in (1, -1) for left in (1, -1)], axis=-3)


def hashes_of(bits: NDArray[np.bool_]) -> Numbers:
    """The hashes of which these are the bits, (..., 8, 8)."""
    return np.packbits(bits.reshape(-1, BITS), axis=1).view(">u8").ravel().astype(np.uint64)


# Where two hashes differ in few bits (up to 7), one of their four pieces of 16 bits differs in one at most: only hashes with such a piece
# are compared.
_PIECES = tuple(np.uint64(shift) for shift in (0, 16, 32, 48))
_NEAR_PIECES = np.array([0, *(1 << bit for bit in range(16))], np.uint64)
_ALL_PIECES = 1 << 16


def _piece(numbers: Numbers, shift: np.uint64) -> NDArray[np.int64]:
    return ((numbers >> shift) & np.uint64(_ALL_PIECES - 1)).astype(np.int64)


_SET = np.array([value.bit_count() for value in range(_ALL_PIECES)], np.uint8)  # bits of every piece


def bits_apart(one: Numbers, other: Numbers) -> NDArray[np.uint8]:
    """In how many bits hashes differ."""
    return bits_set(one ^ other)


def bits_set(numbers: Numbers) -> NDArray[np.uint8]:
    """How many bits of numbers are set."""
    if hasattr(np, "bitwise_count"):  # NumPy 2
        counted: NDArray[np.uint8] = np.bitwise_count(numbers)
        return counted
    found: NDArray[np.uint8] = sum((_SET[_piece(numbers, shift)] for shift in _PIECES), np.zeros(numbers.shape, np.uint8))
    return found


class HashIndex:
    """Hashes in the order of each of their four pieces, so that near ones are found without comparing all with all.

    Args:
        numbers: the hashes.
    """

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._places = []
        for shift in _PIECES:
            piece = _piece(numbers, shift)
            order = np.argsort(piece, kind="stable")
            self._places.append((order, np.searchsorted(piece[order], np.arange(_ALL_PIECES + 1))))

    def compared(self, numbers: Numbers) -> int:
        """How many pairs `near` compares at most where up to 3 bits may differ."""
        pieces = ((begins, _piece(numbers, shift)) for shift, (_, begins) in zip(_PIECES, self._places, strict=True))
        return sum(int((begins[piece + 1] - begins[piece]).sum()) for begins, piece in pieces)

    def near(self, numbers: Numbers, most: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]]:
        """Pairs of hashes that differ in few bits, in blocks of bounded size; a pair may come more than once.

        Args:
            numbers: hashes to look for.
            most: so many bits may differ, up to 7.

        Yields:
            (places in `numbers`, places in the index, bits that differ).
        """
        # Of up to 3 bits that differ none lies in one of the four pieces; of up to 7 at most one does.
        beside = _NEAR_PIECES if most >= len(_PIECES) else _NEAR_PIECES[:1]
        for shift, (order, begins) in zip(_PIECES, self._places, strict=True):
            piece = _piece(numbers[:, None] ^ (beside << shift), shift)
            first, many = begins[piece].ravel(), (begins[piece + 1] - begins[piece]).ravel()
            until = np.cumsum(many)
            begin = 0
            while begin < len(many):
                end = max(begin + 1, int(np.searchsorted(until, (until[begin - 1] if begin else 0) + _AT_ONCE)))
                some = many[begin:end]
                mine = np.repeat(np.arange(begin, end) // len(beside), some)
                steps = np.arange(some.sum()) - np.repeat(np.cumsum(some) - some, some)
                theirs = order[np.repeat(first[begin:end], some) + steps]
                apart = bits_apart(numbers[mine], self._numbers[theirs])
                near = apart <= most
                yield mine[near], theirs[near], apart[near]
                begin = end
