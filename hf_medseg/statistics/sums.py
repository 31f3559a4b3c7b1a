"""Sums that stay small however much is added, and that can be added to each other: each worker makes its own."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.statistics.record import Intensities, Spread

_BINS = 1024  # of intensities, at most
_KEPT = 64  # values of a histogram of numbers
_QUARTERS = (0.25, 0.5, 0.75)


def rounded(value: float) -> float:
    """A number to four digits, so that there are few different ones."""
    return float(f"{value:.4g}")


def steady(value: float) -> float:
    """A sum of floats without the digits that depend on the order of its parts."""
    return float(f"{value:.9g}")


def spread_of(numbers: Counter[float]) -> Spread:
    """How numbers, at least one, are spread."""
    values = sorted(numbers)
    counts = np.array([numbers[value] for value in values])
    until = counts.cumsum()
    total = int(until[-1])
    quarter, median, three_quarters = (values[int(np.searchsorted(until, part * total))] for part in _QUARTERS)
    mean = math.fsum(value * numbers[value] for value in values) / total
    return Spread(total, mean, values[0], quarter, median, three_quarters, values[-1], _histogram(values, counts))


def _histogram(values: list[float], counts: NDArray[Any]) -> tuple[tuple[float, int], ...]:
    if len(values) <= _KEPT:
        return tuple(zip(values, counts.tolist(), strict=True))
    step = (values[-1] - values[0]) / _KEPT
    bins = np.minimum(((np.array(values) - values[0]) / step).astype(int), _KEPT - 1)
    found = np.bincount(bins, counts, _KEPT).astype(int)
    return tuple((values[0] + step * number, int(count)) for number, count in enumerate(found))


class Samples:
    """A histogram whose bins, as wide as a power of two, grow wider in pairs when samples fall outside: it does not depend on the order."""

    def __init__(self) -> None:
        self._power = 0
        self._first = 0
        self._counts = np.zeros(0, np.int64)
        self._empty = True
        self._sum = self._squares = 0.0

    def add(self, values: NDArray[Any], counts: NDArray[np.int64]) -> None:
        """Adds distinct values, ascending, with how often each occurs; what is not finite is left out."""
        finite = np.isfinite(values) & (counts > 0)
        values, counts = np.asarray(values, np.float64)[finite], counts[finite]
        if not len(values):
            return
        self._sum += float((values * counts).sum())
        self._squares += float((values * values * counts).sum())
        whole = bool((values == np.rint(values)).all())
        span = max(float(values[-1] - values[0]), abs(float(values[0])) * 1e-6, 1e-30)
        power = 0 if whole and span < _BINS else math.ceil(math.log2(span / (_BINS - 1)))
        power = max(power, 0) if whole else power
        places = np.floor(values / 2.0**power).astype(np.int64)
        found = Samples()
        found._power, found._first, found._empty = power, int(places[0]), False
        found._counts = np.bincount(places - places[0], counts).astype(np.int64)
        self._join(found)

    def __iadd__(self, other: Samples) -> Samples:
        """Adds what was found elsewhere."""
        self._sum += other._sum
        self._squares += other._squares
        self._join(other)
        return self

    def _join(self, other: Samples) -> None:
        if other._empty:
            return
        if self._empty:
            self._power, self._first, self._counts, self._empty = other._power, other._first, other._counts.copy(), False
            return
        power = max(self._power, other._power)
        mine, theirs = self._at(power), other._at(power)
        while max(mine[0] + len(mine[1]), theirs[0] + len(theirs[1])) - min(mine[0], theirs[0]) > _BINS:
            power += 1
            mine, theirs = self._at(power), other._at(power)
        first = min(mine[0], theirs[0])
        counts = np.zeros(max(mine[0] + len(mine[1]), theirs[0] + len(theirs[1])) - first, np.int64)
        for begin, some in (mine, theirs):
            counts[begin - first : begin - first + len(some)] += some
        self._power, self._first, self._counts = power, first, counts

    def _at(self, power: int) -> tuple[int, NDArray[np.int64]]:
        """(first bin, counts) with wider bins."""
        wider = power - self._power
        if not wider:
            return self._first, self._counts
        places = (self._first + np.arange(len(self._counts))) >> min(wider, 62)
        return int(places[0]), np.bincount(places - places[0], self._counts).astype(np.int64)

    def told(self) -> Intensities | None:
        """What was added; None if nothing was."""
        total = int(self._counts.sum())
        if not total:
            return None
        mean, width = self._sum / total, 2.0**self._power
        deviation = math.sqrt(max(self._squares / total - mean * mean, 0.0))
        return Intensities(self._first * width, width, tuple(self._counts.tolist()), steady(mean), steady(deviation))
