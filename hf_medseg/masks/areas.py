"""Areas that annotation tools write, by coordinates at the edges of pixels: (0, 0) is the upper left corner of the first pixel.

Two rules turn an outline into pixels, and a card says which one holds:

* `centres`: a pixel is inside where its centre is, by the even-odd rule; holes are taken out.
* `coco`: what pycocotools makes of it, pixel by pixel: every outline is traced on a grid five times as fine.

Format of compressed run lengths and of the second rule: https://github.com/cocodataset/cocoapi (common/maskApi.c).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hf_medseg.masks.polygons import MAX_COORDINATE, MAX_POINTS, Points, fill_rings

Bool = NDArray[np.bool_]
Bounds = tuple[float, float, float, float]

_FIRST = 8  # points of an outline, of which three are nearly always different
_FINER = 5  # how much finer the grid is on which pycocotools traces an outline
_MOST_STEPS = 50_000_000  # on that grid; bounds the work that a hostile file can ask for


@dataclass(frozen=True, slots=True)
class Patch:
    """The pixels of an area, cut to where it lies.

    Attributes:
        top, left: of its first pixel in the picture.
        inside: (height, width).
    """

    top: int
    left: int
    inside: Bool

    def on(self, height: int, width: int) -> Bool:
        """The same on the whole picture."""
        whole = np.zeros((height, width), np.bool_)
        whole[self.window] = self.inside
        return whole

    @property
    def window(self) -> tuple[slice, slice]:
        """Where it lies in a picture."""
        return slice(self.top, self.top + self.inside.shape[0]), slice(self.left, self.left + self.inside.shape[1])


NOTHING = Patch(0, 0, np.zeros((0, 0), np.bool_))


class Area(Protocol):
    """Something that covers pixels."""

    def bounds(self) -> Bounds:
        """Its left, upper, right and lower end, as drawn."""
        ...

    def patch(self, height: int, width: int) -> Patch:
        """The pixels of a picture that it covers.

        Raises:
            ValueError: it does not fit a picture of that size.
        """
        ...


def outline_of(numbers: object) -> Points:
    """The points of an outline from a flat list x, y, x, y, ... or a list of pairs.

    Returns:
        (points, 2): x and y.

    Raises:
        ValueError: these are no such numbers, or fewer than three different points, which enclose nothing.
    """
    try:
        points = np.array(numbers, np.float64)
    except (TypeError, ValueError):
        raise ValueError("an outline that is no list of numbers") from None
    if points.ndim == 1 and points.size % 2 == 0:
        points = points.reshape(-1, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError("an outline whose numbers are no pairs of x and y")
    if not (np.abs(points) <= MAX_COORDINATE).all():
        raise ValueError("an outline with a point that lies in no picture")
    if len(points) > MAX_POINTS:
        raise ValueError(f"an outline of {len(points)} points; at most {MAX_POINTS} are read")
    if len(set(map(tuple, points[:_FIRST].tolist()))) < 3 and (count := len(set(map(tuple, points.tolist())))) < 3:
        raise ValueError(f"an outline of {count} different points, which enclose nothing")
    return points


def _window(bounds: Bounds, height: int, width: int) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of the pixels that bounds may touch; an empty one where they lie outside."""
    left, top, right, bottom = bounds
    return (
        min(max(math.floor(top), 0), height),
        min(max(math.floor(left), 0), width),
        min(max(math.ceil(bottom), 0), height),
        min(max(math.ceil(right), 0), width),
    )


def _bounds(points: Points) -> Bounds:
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return left, top, right, bottom


@dataclass(frozen=True, eq=False, slots=True)
class Outline:
    """What an outline encloses, without its holes, by the rule of centres."""

    points: Points
    holes: tuple[Points, ...] = ()

    def bounds(self) -> Bounds:
        """See `Area.bounds`."""
        return _bounds(self.points)

    def patch(self, height: int, width: int) -> Patch:
        """See `Area.patch`."""
        top, left, bottom, right = window = _window(self.bounds(), height, width)
        if bottom <= top or right <= left:
            return NOTHING
        inside = fill_rings((self.points - 0.5,), window)
        for hole in self.holes:
            inside &= ~fill_rings((hole - 0.5,), window)
        return Patch(top, left, inside)


@dataclass(frozen=True, eq=False, slots=True)
class CocoOutline:
    """What an outline encloses, as pycocotools paints it."""

    points: Points

    def bounds(self) -> Bounds:
        """See `Area.bounds`."""
        return _bounds(self.points)

    def patch(self, height: int, width: int) -> Patch:
        """See `Area.patch`."""
        columns, rows = _turns(self.points, height, width)
        if not columns.size:
            return NOTHING
        left, top = int(columns.min()), int(rows.min())
        # One row more than the lowest: where an outline leaves the picture below, it turns there and never comes back.
        across, down = int(columns.max()) - left + 1, int(rows.max()) - top + 1
        turns = np.bincount((columns - left) * down + (rows - top), minlength=across * down).astype(np.uint8) & 1
        inside = np.bitwise_xor.accumulate(turns.reshape(across, down), axis=1)[:, : min(down, height - top)].T
        return Patch(top, left, inside.view(np.bool_))


def _turns(points: Points, height: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where a column of pixels, from top to bottom, turns from outside to inside or back: (columns, rows).

    Every edge is stepped along its longer side on the finer grid, each step rounded. Where two steps straddle the middle of a column
    of pixels, the upper one, scaled back, is a turn.
    """
    grid = np.trunc(_FINER * points + 0.5).astype(np.int64)
    start, end = grid, np.concatenate((grid[1:], grid[:1]))
    span = np.abs(end - start)
    flat = span[:, 0] >= span[:, 1]
    main = np.where(flat, 0, 1)
    edges = np.arange(len(grid))
    back = start[edges, main] > end[edges, main]
    low, high = np.where(back[:, None], end, start), np.where(back[:, None], start, end)
    length, other = span[edges, main], 1 - main
    slope = (high[edges, other] - low[edges, other]) / np.maximum(length, 1)
    count = length + 1
    if count.sum() > _MOST_STEPS:
        raise ValueError("an outline far longer than any picture is wide")
    edge = np.repeat(edges, count)
    step = np.arange(edge.size) - np.repeat(np.cumsum(count) - count, count)
    step = np.where(back[edge], length[edge] - step, step)
    along = low[edges, main][edge] + step
    beside = np.trunc(low[edges, other][edge] + slope[edge] * step + 0.5).astype(np.int64)
    x, y = np.where(flat[edge], along, beside), np.where(flat[edge], beside, along)
    least = np.minimum(x[1:], x[:-1])
    straddles = (x[1:] != x[:-1]) & (least % _FINER == _FINER // 2)
    column = least[straddles] // _FINER
    upper = np.minimum(y[1:], y[:-1])[straddles]
    row = np.ceil(np.clip((upper + 0.5) / _FINER - 0.5, 0, height)).astype(np.int64)
    kept = (column >= 0) & (column < width)
    return column[kept], row[kept]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle by its ends, turned clockwise (as y grows down) about its middle by some degrees."""

    left: float
    top: float
    right: float
    bottom: float
    degrees: float = 0.0

    def _outline(self) -> Outline:
        x0, x1 = sorted((self.left, self.right))
        y0, y1 = sorted((self.top, self.bottom))
        corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float64)
        if not self.degrees:
            return Outline(corners)
        middle, (cosine, sine) = np.array([(x0 + x1) / 2, (y0 + y1) / 2]), _turned_by(self.degrees)
        return Outline((corners - middle) @ np.array([[cosine, sine], [-sine, cosine]]) + middle)

    def bounds(self) -> Bounds:
        """See `Area.bounds`."""
        return self._outline().bounds()

    def patch(self, height: int, width: int) -> Patch:
        """See `Area.patch`."""
        return self._outline().patch(height, width)


def _turned_by(degrees: float) -> tuple[float, float]:
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An ellipse by its middle and half axes, turned clockwise by some degrees; a pixel is inside where its centre is, or on the line."""

    x: float
    y: float
    across: float
    down: float
    degrees: float = 0.0

    def bounds(self) -> Bounds:
        """See `Area.bounds`."""
        cosine, sine = _turned_by(self.degrees)
        half_width = math.hypot(self.across * cosine, self.down * sine)
        half_height = math.hypot(self.across * sine, self.down * cosine)
        return self.x - half_width, self.y - half_height, self.x + half_width, self.y + half_height

    def patch(self, height: int, width: int) -> Patch:
        """See `Area.patch`."""
        if not (self.across > 0 and self.down > 0):
            raise ValueError("an ellipse without extent")
        top, left, bottom, right = _window(self.bounds(), height, width)
        if bottom <= top or right <= left:
            return NOTHING
        rows, columns = np.arange(top, bottom)[:, None] + (0.5 - self.y), np.arange(left, right)[None] + (0.5 - self.x)
        cosine, sine = _turned_by(self.degrees)
        along, beside = columns * cosine + rows * sine, rows * cosine - columns * sine
        return Patch(top, left, (along / self.across) ** 2 + (beside / self.down) ** 2 <= 1)


@dataclass(frozen=True, eq=False, slots=True)
class Runs:
    """Run lengths over a whole picture: background, foreground, background, ... down the columns, from left to right.

    Attributes:
        counts: the lengths.
        height, width: of the picture.
    """

    counts: NDArray[np.int64]
    height: int
    width: int

    def bounds(self) -> Bounds:
        """See `Area.bounds`: all of the picture, as runs never leave it."""
        return 0, 0, self.width, self.height

    def patch(self, height: int, width: int) -> Patch:
        """See `Area.patch`."""
        if (height, width) != (self.height, self.width):
            raise ValueError(f"run lengths of a picture of {self.width} x {self.height} pixels, where the picture has {width} x {height}")
        ends = np.cumsum(self.counts)
        if (total := int(ends[-1]) if ends.size else 0) != height * width or (self.counts < 0).any():
            raise ValueError(f"run lengths that make {total} pixels; {width} x {height} has {height * width}")
        used = np.flatnonzero(self.counts[1::2])
        if not used.size:
            return NOTHING
        first, last = int(ends[2 * used[0]]) // height, (int(ends[2 * used[-1] + 1]) - 1) // height
        marks = np.clip(np.concatenate(([0], ends)), first * height, (last + 1) * height)
        values = np.arange(len(self.counts)) % 2 == 1
        return Patch(0, first, np.repeat(values, np.diff(marks)).reshape(-1, height).T)


def counts_of(text: str) -> NDArray[np.int64]:
    """The run lengths that a text holds as COCO packs them: numbers of 5 bits a letter, from the third on as differences.

    Raises:
        ValueError: it is no such text.
    """
    letters = np.frombuffer(text.encode("utf-8"), np.uint8).astype(np.int64) - 48
    if not letters.size or ((letters < 0) | (letters > 63)).any() or letters[-1] & 32:
        raise ValueError("packed run lengths that are cut or hold other letters")
    ends = np.flatnonzero(letters & 32 == 0)
    starts = np.concatenate(([0], ends[:-1] + 1))
    digits = np.arange(letters.size) - np.repeat(starts, ends - starts + 1)
    if digits.max() > 11:
        raise ValueError("packed run lengths with a number that no picture has")
    numbers = np.add.reduceat((letters & 31) << (5 * digits), starts)
    numbers -= np.where(letters[ends] & 16 != 0, np.int64(1) << (5 * (digits[ends] + 1)), 0)
    numbers[1::2] = np.cumsum(numbers[1::2])
    numbers[2::2] = np.cumsum(numbers[2::2])
    if (numbers < 0).any():
        raise ValueError("packed run lengths of which one is below 0")
    return numbers


@dataclass(frozen=True, eq=False, slots=True)
class Brush:
    """Pixels as they were painted, with the place of the first one; what lies beyond the picture is cut off."""

    top: int
    left: int
    inside: Bool

    def bounds(self) -> Bounds:
        """See `Area.bounds`."""
        height, width = self.inside.shape
        return self.left, self.top, self.left + width, self.top + height

    def patch(self, height: int, width: int) -> Patch:
        """See `Area.patch`."""
        top, left, bottom, right = _window(self.bounds(), height, width)
        return Patch(top, left, self.inside[top - self.top : bottom - self.top, left - self.left : right - self.left])


def united(areas: tuple[Area, ...], height: int, width: int) -> Patch:
    """The pixels that any of several areas covers."""
    patches = [patch for area in areas if (patch := area.patch(height, width)).inside.size]
    if len(patches) < 2:
        return patches[0] if patches else NOTHING
    top, left = min(one.top for one in patches), min(one.left for one in patches)
    bottom, right = max(one.window[0].stop for one in patches), max(one.window[1].stop for one in patches)
    inside = np.zeros((bottom - top, right - left), np.bool_)
    for one in patches:
        inside[one.top - top : one.window[0].stop - top, one.left - left : one.window[1].stop - left] |= one.inside
    return Patch(top, left, inside)
