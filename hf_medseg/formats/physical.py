"""From stored integers back to physical values."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def physical(row: Mapping[str, Any], column: str = "image") -> NDArray[np.float64]:
    """Physical values of a row's image: stored * `rescale_slope` + `rescale_intercept` (of `image_t1`: `rescale_slope_t1` and so on).

    Args:
        row: a row with a decoded image, an array, or the struct of bytes that an undecoded column gives.
        column: which image column.

    Returns:
        float64 array, (height, width), or (slices, height, width) for volumes; Hounsfield units for CT.
    """
    image = row[column]
    if isinstance(image, Mapping) and image["bytes"].startswith(b"\x1f\x8b"):
        from hf_medseg.formats.nifti import voxels_of

        image = voxels_of(image["bytes"])
    elif isinstance(image, Mapping):
        with Image.open(io.BytesIO(image["bytes"])) as picture:
            image = np.asarray(picture)
    elif hasattr(image, "dataobj"):  # a nibabel image: (columns, rows, slices)
        image = np.asarray(image.dataobj).T
    stored = np.asarray(image, dtype=np.float64)
    kind = column.removeprefix("image")
    slope, intercept = (row.get(f"rescale_{name}{kind}", row.get(f"rescale_{name}")) for name in ("slope", "intercept"))
    return stored * (1.0 if slope is None else slope) + (0.0 if intercept is None else intercept)
