"""Numbers of `stats` as plots: bins of equal width, few enough for a phone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hf_medseg.statistics.record import Intensities, SplitStatistics, Spread

_BINS = 48
_TAIL = 0.001  # of all values, at either end: told in the outermost bins


@dataclass(frozen=True)
class Histogram:
    """Heights (0..1) of bins of equal width between `low` and `high`, and how many values they count.

    Where values lie outside, `below` or `above`, the outermost bin counts them too.
    """

    name: str
    low: float
    high: float
    heights: tuple[float, ...]
    count: int
    below: bool = False
    above: bool = False


def plots_of(split: SplitStatistics) -> list[Histogram]:
    """Spacings and intensities of a split."""
    spacings = [of_spread(f"{axis} spacing, mm", spread) for axis, spread in split.spacings.items()]
    return spacings + [of_intensities(f"intensity of {channel}", found) for channel, found in split.intensities.items()]


def of_spread(name: str, spread: Spread) -> Histogram:
    """How numbers are spread."""
    return _histogram(name, [value for value, _ in spread.histogram], [count for _, count in spread.histogram])


def of_intensities(name: str, found: Intensities) -> Histogram:
    """How samples are spread, in physical values."""
    return _histogram(name, found.begin + found.width * np.arange(len(found.counts)), found.counts)


def _histogram(name: str, values: ArrayLike, counts: ArrayLike) -> Histogram:
    """Counts ascending values anew in bins of equal width; few that lie far outside do not flatten all others."""
    places, weights = np.asarray(values, np.float64), np.asarray(counts, np.float64)
    until = weights.cumsum()
    low, high = (float(places[int(np.searchsorted(until, part * until[-1]))]) for part in (_TAIL, 1 - _TAIL))
    bins = min(_BINS, len(np.unique(np.clip(places, low, high))))
    found, _ = np.histogram(np.clip(places, low, high), bins, (low, high) if low < high else None, weights=weights)
    there = places[weights > 0]
    heights = tuple(round(float(one), 4) for one in found / found.max())
    return Histogram(name, low, high, heights, int(until[-1]), bool(there[0] < low), bool(there[-1] > high))
