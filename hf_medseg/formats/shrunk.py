"""A large picture at a whole fraction of its size, read in bands: what is shown or compared does not need all of it at once."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.formats import png
from hf_medseg.formats.pixels import bands

Array = NDArray[Any]

_LARGE = 1 << 24  # pixels
_SIDE = 1024  # that are left of the shorter side, at least


def step_of(width: int, height: int) -> int:
    """Which power of 2 a picture is divided by, 1 where it is not large."""
    step = 1
    while width * height > _LARGE and min(width, height) >= 2 * step * _SIDE:
        step *= 2
    return step


def shrunk(data: bytes, *, labels: bool = False) -> Array:
    """The samples of a stored picture; of a large one those of its smaller self.

    Args:
        data: PNG, JPEG or TIFF bytes.
        labels: its samples are numbers of classes, of which no mean may be taken; every n-th of a line is one of them.

    Returns:
        (height, width) or (height, width, 3) samples; 8-bit ones are the means of squares, others one sample of each square.

    Raises:
        OSError, ValueError, SyntaxError: it is no picture, or damaged.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data)) as picture:
            step = step_of(*picture.size)
            if step == 1:
                return np.asarray(picture)
            if not png.is_large(data):
                left = step
                if picture.format == "JPEG" and not labels:
                    picture.draft(picture.mode, (picture.width // step, picture.height // step))
                    left = step // min(step, 8)
                return _smaller(np.asarray(picture), left, labels)
    return np.concatenate(list(_of_bands(data, step, labels)))


def _of_bands(data: bytes, step: int, labels: bool) -> Iterator[Array]:
    waiting: Array | None = None
    for _, pixels in bands(data, "the picture", indices=labels):
        lines = pixels if waiting is None else np.concatenate((waiting, pixels))
        whole = len(lines) // step * step
        if whole:
            yield _smaller(lines[:whole], step, labels)
        waiting = lines[whole:]
    if waiting is not None and len(waiting):
        yield _smaller(waiting, step, labels)


def _smaller(pixels: Array, step: int, labels: bool) -> Array:
    if labels or pixels.dtype != np.uint8:
        return pixels[::step, ::step]
    return np.asarray(Image.fromarray(pixels).reduce(step)) if step > 1 else pixels
