"""Where a picture comes to lie on its new grid, and the way back: numbers that say it all, and the pixels that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.deriving.recipe import Place
from hf_medseg.masks.labels import nearest_index

Array = NDArray[Any]
Scalar = TypeVar("Scalar", bound=np.generic)
_FILTERS = {name: Image.Resampling[name.upper()] for name in ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")}


@dataclass(frozen=True, slots=True)
class Way:
    """How a picture came to its grid: cut out, scaled, and framed.

    Attributes:
        original: (width, height) of the picture.
        crop: (left, top, width, height) of what was cut out of it.
        scaled: (width, height) that this was brought to.
        pad: (left, top, right, bottom) pixels that were put around it.
    """

    original: tuple[int, int]
    crop: tuple[int, int, int, int]
    scaled: tuple[int, int]
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def unchanged(self) -> bool:
        """Whether the picture is what it was."""
        return self.crop == (0, 0, *self.original) and self.scaled == self.original and not any(self.pad)


def way_of(place: Place, width: int, height: int, mask: NDArray[np.uint8] | None, spacing: Sequence[float] | None = None) -> Way:
    """Where a picture of such a size comes to lie.

    Args:
        place: what the recipe says.
        width: of the picture.
        height: of the picture.
        mask: its label map, which `crop` cuts by; None where there is none, or it does not matter.
        spacing: mm between its rows and between its columns, where the recipe asks for another.
    """
    crop = (0, 0, width, height)
    if place.fit == "crop" and mask is not None:
        crop = _around_foreground(mask, place)
    sides = place.sides
    if place.steps is not None and spacing is not None:
        return _by_spacing((width, height), crop, sides, [old / new for old, new in zip(spacing, place.steps, strict=True)][::-1])
    if sides is None:
        return Way((width, height), crop, crop[2:])
    if place.fit == "stretch":
        return Way((width, height), crop, sides)
    factor = min(sides[0] / crop[2], sides[1] / crop[3])
    scaled = tuple(min(side, max(1, round(length * factor))) for side, length in zip(sides, crop[2:], strict=True))
    left, top = ((side - length) // 2 for side, length in zip(sides, scaled, strict=True))
    return Way((width, height), crop, (scaled[0], scaled[1]), (left, top, sides[0] - scaled[0] - left, sides[1] - scaled[1] - top))


def _by_spacing(original: tuple[int, int], crop: tuple[int, int, int, int], sides: tuple[int, int] | None, factors: Sequence[float]) -> Way:
    """A picture scaled by a factor across and one down, then cut around its middle or framed to its size."""
    cut, scaled, pad = [], [], []
    for axis, factor in enumerate(factors):
        first, length = crop[axis], crop[axis + 2]
        most = sides[axis] if sides is not None else None
        if most is not None and length * factor > most:
            whole = max(1, min(length, round(most / factor)))
            first, length = first + (length - whole) // 2, whole
        new = max(1, round(length * factor))
        new = new if most is None else min(most, new)
        before = 0 if most is None else (most - new) // 2
        cut.append((first, length))
        scaled.append(new)
        pad.append((before, 0 if most is None else most - new - before))
    return Way(original, (cut[0][0], cut[1][0], cut[0][1], cut[1][1]), (scaled[0], scaled[1]), (pad[0][0], pad[1][0], pad[0][1], pad[1][1]))


def _around_foreground(mask: NDArray[np.uint8], place: Place) -> tuple[int, int, int, int]:
    """(left, top, width, height) around what is marked, of the grid's proportions as far as the picture reaches."""
    height, width = mask.shape
    marked = (mask > 0) & (mask < NOT_ANNOTATED)
    rows, columns = np.flatnonzero(marked.any(1)), np.flatnonzero(marked.any(0))
    if not rows.size:
        return (0, 0, width, height)
    spans = [(int(columns[0]), int(columns[-1]) + 1, width), (int(rows[0]), int(rows[-1]) + 1, height)]
    margin = place.margin * max(end - start for start, end, _ in spans)
    wanted = [end - start + 2 * margin for start, end, _ in spans]
    if place.sides is not None:
        factor = max(length / side for length, side in zip(wanted, place.sides, strict=True))
        wanted = [side * factor for side in place.sides]
    cut = []
    for (start, end, most), length in zip(spans, wanted, strict=True):
        whole = min(most, max(end - start, round(length)))
        first = min(max(0, (start + end - whole) // 2), most - whole)
        cut.append((first, whole))
    return (cut[0][0], cut[1][0], cut[0][1], cut[1][1])


def placed_mask(mask: NDArray[np.uint8], way: Way, fill: int, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A label map on its new grid, by nearest neighbour: it has no value that it had not, but what fills the rest.

    Args:
        mask: the label map.
        way: where it comes to lie.
        fill: what fills the rest.
        table: (256,) what each of its values becomes.
    """
    left, top, width, height = way.crop
    cut = mask[top : top + height, left : left + width]
    across, down = nearest_index(width, way.scaled[0]), nearest_index(height, way.scaled[1])
    return _framed(table[cut[down].take(across, axis=1)], way, fill)


def placed_image(pixels: Array, way: Way, place: Place) -> Array:
    """The samples of a picture on its new grid: 8-bit ones as 8-bit, all others as 32-bit floats, not rounded."""
    if pixels.dtype != np.uint8:
        pixels = pixels.astype(np.float32)
    left, top, width, height = way.crop
    cut = np.ascontiguousarray(pixels[top : top + height, left : left + width])
    if way.scaled != (width, height):
        cut = np.asarray(Image.fromarray(cut).resize(way.scaled, _FILTERS[place.filter], reducing_gap=place.reducing_gap))
    return _framed(cut, way, place.pad_image)


def _framed(pixels: NDArray[Scalar], way: Way, fill: int) -> NDArray[Scalar]:
    if not any(way.pad):
        return np.ascontiguousarray(pixels)
    left, top, right, bottom = way.pad
    height, width = pixels.shape[:2]
    framed = np.full((top + height + bottom, left + width + right, *pixels.shape[2:]), fill, pixels.dtype)
    framed[top : top + height, left : left + width] = pixels
    return framed


def restore(row: Mapping[str, Any], prediction: Array, fill: float = 0) -> Array:
    """Puts a prediction for a row of a derived dataset back on the grid of its original.

    The frame is taken off, what is left is brought to the size that was cut out, by nearest neighbour, and put where it was cut out.

    Args:
        row: the row, or its columns `original_size`, `crop`, `scaled` and `pad`.
        prediction: (..., height, width) on the row's grid, of any type: a label map, or scores of classes.
        fill: the value outside of what was cut out.

    Returns:
        (..., height, width) on the original's grid, of the prediction's type.

    Raises:
        ValueError: the prediction does not have the size of the row.
    """
    way = Way(*(tuple(int(one) for one in row[name]) for name in ("original_size", "crop", "scaled", "pad")))  # type: ignore[arg-type]
    prediction = np.asarray(prediction)
    left, top, right, bottom = way.pad
    expected = (top + way.scaled[1] + bottom, left + way.scaled[0] + right)
    if prediction.shape[-2:] != expected:
        raise ValueError(f"The prediction has {prediction.shape[-2:]} rows and columns; the row has {expected}.")
    inner = prediction[..., top : top + way.scaled[1], left : left + way.scaled[0]]
    x, y, width, height = way.crop
    down, across = nearest_index(way.scaled[1], height), nearest_index(way.scaled[0], width)
    whole = np.full((*prediction.shape[:-2], way.original[1], way.original[0]), fill, prediction.dtype)
    whole[..., y : y + height, x : x + width] = inner[..., down, :][..., across]
    return whole
