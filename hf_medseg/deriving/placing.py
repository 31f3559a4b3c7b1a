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
    """How a picture, or a volume, came to its grid: cut out, scaled, and framed.

    Attributes:
        original: (width, height) of the picture, (width, height, depth) of the volume; depth is the number of slices.
        crop: (left, top, width, height) of what was cut out of it; (left, top, first, width, height, depth) of a volume.
        scaled: (width, height) or (width, height, depth) that this was brought to.
        pad: (left, top, right, bottom) pixels that were put around it; (left, top, before, right, bottom, after) of a volume.
    """

    original: tuple[int, ...]
    crop: tuple[int, ...]
    scaled: tuple[int, ...]
    pad: tuple[int, ...] = (0, 0, 0, 0)

    @property
    def unchanged(self) -> bool:
        """Whether the picture is what it was."""
        return self.crop == (*(0 for _ in self.original), *self.original) and self.scaled == self.original and not any(self.pad)

    @property
    def cut(self) -> tuple[int, ...]:
        """(width, height) or (width, height, depth) of what was cut out."""
        return self.crop[len(self.original) :]

    @property
    def made(self) -> tuple[int, ...]:
        """(width, height) or (width, height, depth) of the new grid."""
        axes = len(self.scaled)
        return tuple(before + length + after for before, length, after in zip(self.pad[:axes], self.scaled, self.pad[axes:], strict=True))

    @property
    def taken(self) -> tuple[slice, ...]:
        """Where in the original's array what was cut out lies."""
        return _box(self.crop[: len(self.cut)], self.cut)

    @property
    def inside(self) -> tuple[slice, ...]:
        """Where in the new array it lies, inside of the frame."""
        return _box(self.pad[: len(self.scaled)], self.scaled)


def _box(first: Sequence[int], lengths: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(start, start + length) for start, length in zip(first, lengths, strict=True))[::-1]


def way_of(
    place: Place,
    width: int,
    height: int,
    mask: NDArray[np.uint8] | None,
    spacing: Sequence[float] | None = None,
    *,
    depth: int | None = None,
) -> Way:
    """Where a picture or a volume of such a size comes to lie.

    Args:
        place: what the recipe says.
        width: of the picture.
        height: of the picture.
        mask: its label map, which `crop` cuts by; None where there is none, or it does not matter.
        spacing: mm between its rows and between its columns (and between its slices), where the recipe asks for another.
        depth: slices of the volume; None for a picture.
    """
    lengths = (width, height) if depth is None else (width, height, depth)
    axes = len(lengths)
    crop = (*[0] * axes, *lengths)
    if place.fit == "crop" and mask is not None:
        crop = _around_foreground(mask, place)
    sides = place.sides
    if place.steps is not None and spacing is not None:
        rows, columns, *slices = (old / new for old, new in zip(spacing, place.steps, strict=True))
        return _by_spacing(lengths, crop, sides, (columns, rows, *slices))
    if sides is None:
        return Way(lengths, crop, crop[axes:], (0,) * 2 * axes)
    if place.fit == "stretch":
        return Way(lengths, crop, sides, (0,) * 2 * axes)
    factor = min(side / length for side, length in zip(sides, crop[axes:], strict=True))
    scaled = tuple(min(side, max(1, round(length * factor))) for side, length in zip(sides, crop[axes:], strict=True))
    before = tuple((side - length) // 2 for side, length in zip(sides, scaled, strict=True))
    after = tuple(side - length - first for side, length, first in zip(sides, scaled, before, strict=True))
    return Way(lengths, crop, scaled, before + after)


def _by_spacing(original: tuple[int, ...], crop: tuple[int, ...], sides: tuple[int, ...] | None, factors: Sequence[float]) -> Way:
    """A picture scaled by a factor along each axis, then cut around its middle or framed to its size."""
    firsts, lengths, scaled, before, after = [], [], [], [], []
    for axis, factor in enumerate(factors):
        first, length = crop[axis], crop[axis + len(factors)]
        most = sides[axis] if sides is not None else None
        if most is not None and length * factor > most:
            whole = max(1, min(length, round(most / factor)))
            first, length = first + (length - whole) // 2, whole
        new = max(1, round(length * factor))
        new = new if most is None else min(most, new)
        firsts.append(first)
        lengths.append(length)
        scaled.append(new)
        before.append(0 if most is None else (most - new) // 2)
        after.append(0 if most is None else most - new - before[-1])
    return Way(original, (*firsts, *lengths), tuple(scaled), (*before, *after))


def _around_foreground(mask: NDArray[np.uint8], place: Place) -> tuple[int, ...]:
    """What is marked with a margin around it, as `Way.crop` has it; of the grid's proportions as far as the picture reaches."""
    marked = (mask > 0) & (mask < NOT_ANNOTATED)
    if not marked.any():
        return (*[0] * mask.ndim, *mask.shape[::-1])
    every = range(mask.ndim)
    found = [np.flatnonzero(marked.any(tuple(other for other in every if other != axis))) for axis in reversed(every)]
    spans = [(int(one[0]), int(one[-1]) + 1, most) for one, most in zip(found, mask.shape[::-1], strict=True)]
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
    return (*(first for first, _ in cut), *(whole for _, whole in cut))


def placed_mask(mask: NDArray[np.uint8], way: Way, fill: int, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A label map on its new grid, by nearest neighbour: it has no value that it had not, but what fills the rest.

    Args:
        mask: the label map.
        way: where it comes to lie.
        fill: what fills the rest.
        table: (256,) what each of its values becomes.
    """
    return _framed(table[_nearest(mask[way.taken], way.cut, way.scaled)], way, fill)


def placed_values(array: Array, way: Way) -> Array:
    """Numbers of instances, or a mask of 0 and 1, on the new grid by nearest neighbour; 0 in the frame."""
    return _framed(_nearest(array[way.taken], way.cut, way.scaled), way, 0)


def _nearest(array: Array, old: Sequence[int], new: Sequence[int]) -> Array:
    """An array whose last axes have the lengths `old` (columns first), brought to `new` by nearest neighbour."""
    for axis, (length, wanted) in enumerate(zip(old, new, strict=True), 1):
        if length != wanted:
            array = array.take(nearest_index(length, wanted), axis=-axis)
    return array


def placed_image(pixels: Array, way: Way, place: Place) -> Array:
    """The samples of a picture or volume on its new grid: 8-bit ones as 8-bit, all others as 32-bit floats, not rounded."""
    cut, dtype = pixels[way.taken], np.dtype(np.uint8 if pixels.dtype == np.uint8 else np.float32)
    if len(way.scaled) == 3:
        return _framed(_placed_volume(cut, dtype, way.scaled, place), way, place.pad_image)
    cut = np.ascontiguousarray(cut, dtype)
    if way.scaled != way.cut:
        cut = _resized(cut, (way.scaled[0], way.scaled[1]), place)
    return _framed(cut, way, place.pad_image)


_AT_ONCE = 1 << 20  # samples of a volume that are filtered across slices at a time: Pillow makes several copies of them


def _placed_volume(cut: Array, dtype: np.dtype[Any], lengths: tuple[int, ...], place: Place) -> Array:
    """Samples by the filter of the recipe: of a volume each slice by itself, then every column of voxels through the slices.

    Bit by bit, so that memory holds what goes in and what comes out, once.
    """
    width, height, depth = lengths
    across = np.empty((len(cut), height, width), dtype)
    for one, made in zip(cut, across, strict=True):
        one = np.ascontiguousarray(one, dtype)
        made[:] = one if one.shape == made.shape else _resized(one, (width, height), place)
    if len(across) == depth:
        return across
    through = np.empty((depth, height, width), dtype)
    columns, filtered = across.reshape(len(across), -1), through.reshape(depth, -1)
    step = max(1, _AT_ONCE // max(len(across), depth))
    for first in range(0, columns.shape[1], step):
        some = np.ascontiguousarray(columns[:, first : first + step])
        filtered[:, first : first + step] = _resized(some, (some.shape[1], depth), place)
    return through


def _resized(samples: Array, size: tuple[int, int], place: Place) -> Array:
    return np.asarray(Image.fromarray(samples).resize(size, _FILTERS[place.filter], reducing_gap=place.reducing_gap))


def _framed(pixels: NDArray[Scalar], way: Way, fill: int) -> NDArray[Scalar]:
    if not any(way.pad):
        return np.ascontiguousarray(pixels)
    framed = np.full((*way.made[::-1], *pixels.shape[len(way.scaled) :]), fill, pixels.dtype)
    framed[way.inside] = pixels
    return framed


def placed_affine(affine: NDArray[np.float64], way: Way) -> NDArray[np.float64]:
    """From indices of a volume's new grid to where its voxels lie: 4 x 4, as `affine` does it for the original."""
    factor = [old / new for old, new in zip(way.cut, way.scaled, strict=True)]
    first = [at + (0.5 - pad) * step - 0.5 for at, pad, step in zip(way.crop[:3], way.pad[:3], factor, strict=True)]
    moved = np.diag([*factor, 1.0])
    moved[:3, 3] = first
    return affine @ moved


def restore(row: Mapping[str, Any], prediction: Array, fill: float = 0) -> Array:
    """Puts a prediction for a row of a derived dataset back on the grid of its original.

    The frame is taken off, what is left is brought to the size that was cut out, by nearest neighbour, and put where it was cut out.

    Args:
        row: the row, or its columns `original_size`, `crop`, `scaled` and `pad`.
        prediction: (..., height, width) on the row's grid, (..., slices, height, width) where the row is a volume, of any type: a label
            map, or scores of classes.
        fill: the value outside of what was cut out.

    Returns:
        (..., height, width) or (..., slices, height, width) on the original's grid, of the prediction's type.

    Raises:
        ValueError: the prediction does not have the size of the row.
    """
    way = Way(*(tuple(int(one) for one in row[name]) for name in ("original_size", "crop", "scaled", "pad")))
    prediction = np.asarray(prediction)
    axes, expected = len(way.scaled), way.made[::-1]
    if prediction.shape[-axes:] != expected:
        what = "rows and columns" if axes == 2 else "slices, rows and columns"
        raise ValueError(f"The prediction has {prediction.shape[-axes:]} {what}; the row has {expected}.")
    whole = np.full((*prediction.shape[:-axes], *way.original[::-1]), fill, prediction.dtype)
    taken: tuple[Any, ...] = (..., *way.taken)
    inside: tuple[Any, ...] = (..., *way.inside)
    whole[taken] = _nearest(prediction[inside], way.scaled, way.cut)
    return whole
