"""From stored integers back to physical values."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.formats import png, png_lines


def stored(cell: Any) -> NDArray[Any]:
    """The samples of a picture or volume as the dataset holds them.

    Args:
        cell: a decoded image or volume, an array, or the struct of bytes that an undecoded column gives.

    Returns:
        (height, width), (height, width, 3) for colours, or (slices, height, width) for volumes; of the type in which they are stored.
    """
    if isinstance(cell, Mapping) and cell["bytes"].startswith(b"\x1f\x8b"):
        from hf_medseg.formats.nifti import voxels_of

        return voxels_of(cell["bytes"])
    if isinstance(cell, Mapping):
        data = cell["bytes"]
        plain = png_lines.read(data, indices=False) if data.startswith(png.SIGNATURE) else data
        if isinstance(plain, np.ndarray):
            return plain
        with Image.open(io.BytesIO(plain)) as picture:
            return np.asarray(picture)
    if hasattr(cell, "dataobj"):  # a nibabel image: (columns, rows, slices)
        return np.asarray(cell.dataobj).T
    return np.asarray(cell)


def scale_of(row: Mapping[str, Any], column: str = "image") -> tuple[float | None, float | None]:
    """Slope and intercept of an image column; None where the row says none.

    Args:
        row: a row of a dataset.
        column: `image`, or a further one: `image_t1` has `rescale_slope_t1` where that is there.
    """
    kind = column.removeprefix("image")
    slope, intercept = (row.get(f"rescale_{name}{kind}", row.get(f"rescale_{name}")) for name in ("slope", "intercept"))
    # NumPy's format of `datasets` says nan where there is none.
    return None if slope != slope else slope, None if intercept != intercept else intercept


def physical(row: Mapping[str, Any], column: str = "image") -> NDArray[np.float64]:
    """Physical values of a row's image: stored * `rescale_slope` + `rescale_intercept` (of `image_t1`: `rescale_slope_t1` and so on).

    Args:
        row: a row with a decoded image, an array, or the struct of bytes that an undecoded column gives.
        column: which image column.

    Returns:
        float64 array, (height, width), or (slices, height, width) for volumes; Hounsfield units for CT.
    """
    slope, intercept = scale_of(row, column)
    return np.asarray(stored(row[column]), dtype=np.float64) * (1.0 if slope is None else slope) + (0.0 if intercept is None else intercept)
