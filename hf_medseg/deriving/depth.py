"""Pictures of more than 8 bits, brought to 8 bits by a window, or kept."""

from __future__ import annotations

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
        finite = stored[np.isfinite(stored)]
        low, high = np.percentile(finite, _PERCENTILES) if finite.size else (0.0, 0.0)
        return float(low), float(high)
    ends = sorted((end - intercept) / slope for end in place.window)
    return ends[0], ends[1]


def in_8_bits(samples: Array, window: tuple[float, float]) -> NDArray[np.uint8]:
    """Samples between the ends of a window as 0 to 255; those beyond as its ends."""
    low, high = window
    spread = (np.nan_to_num(samples, nan=low) - low) / ((high - low) or 1.0)
    return np.rint(np.clip(spread, 0, 1) * 255).astype(np.uint8)


def as_stored(samples: Array, dtype: np.dtype[Any]) -> Array:
    """Samples that a filter made, in the type that the picture had."""
    if dtype == np.float32:
        return samples
    ends = np.iinfo(dtype)
    return np.clip(np.rint(samples), ends.min, ends.max).astype(dtype)
