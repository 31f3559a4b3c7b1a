"""Pictures of more than 8 bits, brought to 8 bits by a window, or kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.deriving.recipe import Place

Array = NDArray[Any]
_PERCENTILES = (0.5, 99.5)


def window_of(stored: Array, place: Place, slope: float, intercept: float) -> tuple[float, float]:
    """The stored values that become 0 and 255: bright stays bright.

    Args:
        stored: the whole picture, before anything was done to it.
        place: what the recipe says.
        slope: see `intercept`.
        intercept: physical = stored * slope + intercept.
    """
    if place.window == "percentiles":
        finite = stored[np.isfinite(stored)] if stored.dtype.kind == "f" else stored
        low, high = np.percentile(finite, _PERCENTILES) if finite.size else (0.0, 0.0)
        return float(low), float(high)
    ends = sorted((end - intercept) / slope for end in place.window)
    return ends[0], ends[1]


def in_8_bits(samples: Array, window: tuple[float, float]) -> NDArray[np.uint8]:
    """Samples between the ends of a window as 0 to 255; those beyond as its ends."""
    low, high = window

    def of(some: Array) -> Array:
        spread = (np.nan_to_num(some, nan=low) - low) / ((high - low) or 1.0)
        return np.rint(np.clip(spread, 0, 1) * 255)

    return _by_lines(of, samples, np.dtype(np.uint8))


def as_stored(samples: Array, dtype: np.dtype[Any]) -> Array:
    """Samples that a filter made, in the type that the picture had."""
    if dtype == np.float32:
        return samples
    ends = np.iinfo(dtype)
    return _by_lines(lambda some: np.clip(np.rint(some), ends.min, ends.max), samples, dtype)


def _by_lines(function: Callable[[Array], Array], samples: Array, dtype: np.dtype[Any]) -> Array:
    """What a function makes of samples, each by itself: of a volume slice by slice, as its steps would take many copies of it."""
    if samples.ndim < 3:
        return function(samples).astype(dtype)
    made = np.empty(samples.shape, dtype)
    for one, its in zip(samples, made, strict=True):
        its[:] = function(one).astype(dtype)
    return made
