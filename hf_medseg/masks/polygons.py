"""Filled outlines: polygons from text files, painted by one exact rule.

The rule: pixel centres lie at whole coordinates, (0, 0) is the centre of the top left pixel, x grows to the right, y down. The outline is
closed from its last point to its first. A pixel is inside where its centre is, by the even-odd rule. A centre on the outline itself is
inside at a left or top edge and outside at a right or bottom one, so that areas with a common edge never share a pixel. What lies beyond
the picture is cut off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.dataset.columns import FLOAT64, TEXT, Column, ListOf, Record
from hf_medseg.errors import Rejected
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.labels import LabelMap, Labels, Shape, on_grid
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.tables import decoded

Points = NDArray[np.float64]

OUTLINES: Column = ListOf(Record({"name": TEXT, "x": ListOf(FLOAT64), "y": ListOf(FLOAT64)}))
"""An `outlines` column: the points as published, pixels of `image`."""

# Far above what a person draws; they bound the work that a hostile file can ask for.
MAX_POINTS = 100_000
MAX_COORDINATE = 1e6

_NUMBER = re.compile(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?")


def points_of(data: bytes, path: str) -> Points:
    """The points of an outline: one `x,y` pair a line; comma, semicolon or blanks between the two; blank lines do not count.

    Args:
        data: the file's bytes.
        path: its path, for messages.

    Returns:
        (points, 2): x and y, in the order of the file.

    Raises:
        Rejected: a line is no pair of numbers, or the points enclose nothing.
    """
    found: list[tuple[float, float]] = []
    for number, line in enumerate(decoded(data).split("\n"), 1):
        if not (stripped := line.strip()):
            continue
        pair = re.split(r"\s*[,;]\s*|\s+", stripped)
        try:
            if len(pair) != 2 or not all(map(_NUMBER.fullmatch, pair)):
                raise ValueError
            x, y = map(float, pair)
        except ValueError:
            raise Rejected(path, f"line {number} is {stripped[:40]!r}; two numbers x,y expected.") from None
        if max(abs(x), abs(y)) > MAX_COORDINATE:
            raise Rejected(path, f"line {number} names the point ({x:g}, {y:g}), which lies in no picture.")
        found.append((x, y))
    if len(found) > MAX_POINTS:
        raise Rejected(path, f"an outline of {len(found)} points; at most {MAX_POINTS} are read.")
    if len(set(found)) < 3:
        raise Rejected(path, f"an outline of {len(set(found))} different points; at least 3 expected.")
    return np.array(found, np.float64)


def fill(points: Points, height: int, width: int) -> NDArray[np.bool_]:
    """The pixels inside an outline, by the rule above.

    Args:
        points: (points, 2): x and y.
        height: of the picture.
        width: of the picture.

    Returns:
        (height, width).
    """
    return fill_rings((points,), (0, 0, height, width))


_AT_ONCE = 1 << 21  # crossings that are worked out together


def fill_rings(rings: Sequence[Points], window: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """The pixels of a part of a picture that are inside an odd number of outlines, by the rule above.

    Args:
        rings: (points, 2) each: x and y.
        window: top, left, bottom and right of the part.

    Returns:
        (bottom - top, right - left).
    """
    # Along a row, every edge that is crossed turns inside to outside; so each edge flips the first pixel at or right of it.
    top, left, bottom, right = window
    flips = np.zeros((bottom - top, right - left + 1), np.uint8)
    here, there = np.concatenate(list(rings)), np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    # Always from the upper end to the lower: an edge that two outlines share gives both the same numbers.
    down = (here[:, 1] <= there[:, 1])[:, np.newaxis]
    (x0, y0), (x1, y1) = np.where(down, here, there).T, np.where(down, there, here).T
    first, last = (np.clip(np.ceil(y), top, bottom).astype(np.int64) for y in (y0, y1))
    step = max(_AT_ONCE // max(bottom - top, 1), 1)
    for some in (slice(start, start + step) for start in range(0, len(here), step)):
        count = last[some] - first[some]
        edge = np.repeat(np.arange(len(here))[some], count)
        rows = np.arange(edge.size) - np.repeat(np.cumsum(count) - count - first[some], count)
        # Multiplied first: exact where the crossing is a whole number.
        crossings = x0[edge] + (rows - y0[edge]) * (x1[edge] - x0[edge]) / (y1[edge] - y0[edge])
        columns = np.clip(np.ceil(crossings), left, right).astype(np.int64) - left
        flips ^= np.bincount((rows - top) * flips.shape[1] + columns, minlength=flips.size).astype(np.uint8).reshape(flips.shape) & 1
    inside: NDArray[np.bool_] = np.bitwise_xor.accumulate(flips[:, :-1], axis=1).view(np.bool_)
    return inside


@dataclass(frozen=True)
class Polygon(Labels):
    """The area inside the outline that a text file holds, in pixels of the picture beside it."""

    file: RawFile
    to: int = 1

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def points(self, reader: Reader) -> Points:
        """The points as published; see `points_of`."""
        points: Points = reader.once(self, lambda: points_of(reader.read(self.file), self.file.path))
        return points

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`. An outline that lies beyond the picture altogether rejects the case."""
        points, (_, height, width) = self.points(reader), shape
        (left, top), (right, low) = points.min(axis=0), points.max(axis=0)
        if right < -0.5 or low < -0.5 or left > width - 0.5 or top > height - 0.5:
            raise Rejected(
                self.file.path,
                f"the outline spans x {left:g}..{right:g}, y {top:g}..{low:g}: all outside its picture of {width} x {height} pixels.",
                "Keep pictures and outlines together as the owner publishes them.",
            )
        return np.where(fill(points, height, width), np.uint8(self.to), np.uint8(0))[np.newaxis]


@dataclass(frozen=True)
class Between(Labels):
    """The area inside one outline and outside of another one within it, such as a wall around a cavity.

    Where the two run side by side, the inner one may leave the outer by one pixel.
    """

    outer: Polygon
    inner: Polygon
    to: int = 1

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (*self.outer.files(), *self.inner.files())

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`. An inner outline that is not within the outer one rejects the case."""
        outer, inner = (on_grid(part, reader, shape) > 0 for part in (self.outer, self.inner))
        if beyond := int(np.count_nonzero(inner & ~_one_pixel_wider(outer))):
            raise Rejected(
                self.outer.file.path,
                f"{self.inner.file.name} should lie within it and leaves it: {beyond} of its {int(inner.sum())} pixels are outside.",
                "One of the two belongs to another picture; fetch the owner's files.",
            )
        return np.where(outer & ~inner, np.uint8(self.to), np.uint8(0))


def _one_pixel_wider(area: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """An area and all pixels that touch it, at corners too."""
    for axis in (1, 2):
        wider = area.copy()
        before, after = (np.moveaxis(one, axis, 0) for one in (area, wider))
        after[1:] |= before[:-1]
        after[:-1] |= before[1:]
        area = wider
    return area


@dataclass(frozen=True)
class Outlines(Cell):
    """An `outlines` column: named outlines with all their digits."""

    polygons: Mapping[str, Polygon]

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return tuple(polygon.file for polygon in self.polygons.values())

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        points = {name: polygon.points(reader) for name, polygon in self.polygons.items()}
        return [[{"name": name, "x": xy[:, 0].tolist(), "y": xy[:, 1].tolist()} for name, xy in points.items()]] * shape[0]
