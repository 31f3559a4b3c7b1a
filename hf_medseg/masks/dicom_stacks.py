"""Masks that are DICOM series of their own: each slice is put where it says that it lies; and stacks that run the wrong way round.

`Placed(files, image)` reads such a series. `Turned(part, outline, image)` turns a part round along the slices where an outline fits the
image clearly better that way, or where the user says so, and `IsTurned(outline, image)` says in a column whether it was: null where
neither tells.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Rejected
from hf_medseg.formats.dicom import DicomSeries, read_series
from hf_medseg.formats.dicom_geometry import along_normal
from hf_medseg.formats.volume import Grid, check_same_grid
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.labels import LabelMap, Labels, Shape, on_grid
from hf_medseg.raw.files import RawFile, Reader

# An order is told where the outline lies on edges so many times as strong as in the other order, and so many times as strong as any
# place of the image: noise alone tells nothing, and most anatomy is much the same in both orders.
_CLEARLY, _AN_EDGE = 1.1, 1.25
# What the user may know of the order of the slices; empty: let the image tell.
Order = Literal["", "stored", "reversed"]
NOT_TOLD = "nothing tells in which order the slices of its ground truth run: they are kept as their headers place them"
_ADVICE = "Keep the masks beside the images that they were drawn on, as the owner publishes them."


@dataclass(frozen=True)
class Placed(Labels):
    """A binary mask published as a DICOM series, on the slices of its image: foreground where a sample is not 0.

    Attributes:
        slices: the files.
        image: the series that it was drawn on.
        sparse: slices of the image without a mask are not annotated; else they reject the case.
        to: the class of its pixels.
    """

    slices: tuple[RawFile, ...]
    image: DicomSeries = field(repr=False)
    sparse: bool = False
    to: int = 1

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.slices

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`.

        Raises:
            Rejected: a slice is damaged, lies where the image has none or another has been put, or is missing.
        """
        grid = self.image.samples(reader).grid
        result = np.full(grid.shape, NOT_ANNOTATED, np.uint8)
        taken: dict[int, str] = {}
        for file in self.slices:
            samples, sign, offset = read_series((file,), reader, uneven=False)
            number = _slice_of(samples.grid, grid, file.path)
            if number in taken:
                raise Rejected(file.path, f"it lies where {taken[number]} lies.", _ADVICE)
            taken[number] = file.path
            inside = samples.array[0].astype(np.int64) * sign + round(offset) != 0
            result[number] = np.where(inside, np.uint8(self.to), np.uint8(0))
        if not self.sparse and len(taken) < grid.shape[0]:
            first = next(k for k in range(grid.shape[0]) if k not in taken)
            raise Rejected(
                self.slices[0].path, f"{grid.shape[0]} slices of a mask expected, {len(taken)} found; slice {first} has none.", _ADVICE
            )
        return result


def _slice_of(mask: Grid, image: Grid, path: str) -> int:
    """The slice of the image on which one slice of a mask lies, pixel on pixel.

    Raises:
        Rejected: there is none.
    """
    if not mask.positions or not image.positions or image.direction is None:
        raise Rejected(path, "it or its image does not say where it lies in space.", _ADVICE)
    heights = np.array([along_normal(position, image.direction) for position in image.positions])
    number = int(np.argmin(np.abs(heights - along_normal(mask.positions[0], image.direction))))
    one = replace(image, shape=(1, *image.shape[1:]), positions=(image.positions[number],), slice_spacing=1.0)
    check_same_grid(replace(mask, slice_spacing=1.0), one, path)
    return number


@dataclass(frozen=True)
class Turned(Labels):
    """A part, turned round along the slices if its outline fits the image clearly better that way: for masks whose headers run wrong.

    Attributes:
        part: what is turned.
        outline: what is held against the edges in the image; all parts of a case share one.
        image: the image.
        order: what the user knows of the order, which is not asked of the image then.
    """

    part: Labels
    outline: Labels = field(repr=False)
    image: DicomSeries = field(repr=False)
    order: Order = ""

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.part.files()

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        labels = on_grid(self.part, reader, shape)
        return labels[::-1] if runs_backwards(self.outline, self.image, reader, shape, self.order) else labels


@dataclass(frozen=True)
class IsTurned(Cell):
    """A column that says whether `Turned` turned the masks round; null where they were kept because nothing told."""

    outline: Labels
    image: DicomSeries = field(repr=False)
    order: Order = ""

    def files(self) -> tuple[RawFile, ...]:
        """None of its own: the masks' columns name them."""
        return ()

    def values(self, reader: Reader, shape: Shape) -> list[bool | None]:
        """See `Cell.values`."""
        turned = runs_backwards(self.outline, self.image, reader, shape, self.order)
        if turned is None:
            reader.note(self.outline.files()[0].path.rpartition("/")[0], NOT_TOLD)
        return [turned] * shape[0]


def runs_backwards(outline: Labels, image: DicomSeries, reader: Reader, shape: Shape, order: Order = "") -> bool | None:
    """Whether the slices of a stack of masks run the wrong way round.

    Args:
        outline: what is held against the edges in the image.
        image: the image.
        reader: reads both.
        shape: of the image.
        order: the user's word, which goes before what the image tells.

    Returns:
        None where nobody said it and the outline lies on edges of much the same strength either way.
    """

    def decide() -> bool | None:
        labels = on_grid(outline, reader, shape)
        inside = (labels > 0) & (labels != NOT_ANNOTATED)
        samples = image.samples(reader).array
        here, there = (edge_strength(samples, one) for one in (inside, inside[::-1]))
        if there > max(_CLEARLY * here, _AN_EDGE):
            return True
        return False if here > max(_CLEARLY * there, _AN_EDGE) else None

    if order:
        return order == "reversed"
    found: bool | None = reader.once((runs_backwards, id(outline)), decide)
    return found


def edge_strength(image: NDArray[np.generic], inside: NDArray[np.bool_]) -> float:
    """How strong the edges of an image are along an outline on average, in units of the mean edge of each slice.

    Args:
        image: (slices, height, width).
        inside: the same.
    """
    total, length = 0.0, 0
    for pixels, mask in zip(image, inside, strict=True):
        if not mask.any():
            continue
        smooth = pixels.astype(np.float64)
        for axis in (0, 1):  # means of three: one pixel's noise is no edge
            padded = np.pad(smooth, [(1, 1) if axis == one else (0, 0) for one in (0, 1)], mode="edge")
            smooth = sum(np.take(padded, range(k, k + smooth.shape[axis]), axis) for k in range(3)) / 3
        steps = [np.abs(np.diff(smooth, axis=axis)) for axis in (0, 1)]
        crossed = [np.diff(mask, axis=axis) for axis in (0, 1)]
        mean = sum(float(step.sum()) for step in steps) / sum(step.size for step in steps)
        if mean > 0:
            total += sum(float(step[across].sum()) for step, across in zip(steps, crossed, strict=True)) / mean
            length += sum(int(np.count_nonzero(across)) for across in crossed)
    return total / length if length else 0.0
