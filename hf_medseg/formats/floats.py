"""Floats as they are stored: 32 bits, exact, or of 64-bit ones the nearest, which is said where it happens (rule 1's exception)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected

Array = NDArray[Any]

# Half the distance of neighbouring 32-bit floats, relative to them: the error of rounding.
_HALF_STEP = 2.0**-24
ROUNDED = "64-bit floats rounded to 32 bits (relative error at most 6e-8)"


def rounded(raw: Array, stored: Array) -> bool:
    """Whether stored samples are 64-bit floats that 32 bits do not hold exactly."""
    return stored.dtype == np.float32 and raw.dtype.itemsize == 8 and not np.array_equal(raw, stored, equal_nan=True)


def as_float32(raw: Array, path: str) -> Array:
    """32-bit floats: exact, or of 64-bit floats the nearest ones.

    Raises:
        Rejected: a sample is beyond what 32 bits hold, or so near to 0 that they would lose digits of it.
    """
    if raw.dtype == np.float32:
        return raw
    with np.errstate(over="ignore", under="ignore"):
        narrow = raw.astype(np.float32)
    if np.array_equal(narrow, raw, equal_nan=True):
        return narrow
    if raw.dtype.itemsize > 8:
        raise Rejected(path, f"{raw.dtype} samples that 32-bit floats do not hold exactly.", "Save it with samples of 32 or 64 bits.")
    off = np.abs(narrow - raw) > _HALF_STEP * np.abs(raw)
    if off.any():
        example = float(raw[off].flat[0])
        raise Rejected(
            path,
            f"64-bit floats such as {example:g}, which a 32-bit float does not hold (it holds sizes of 1.2e-38 to 3.4e38, and 0).",
            "Save it with samples of 32 bits, or in another unit.",
        )
    return narrow
