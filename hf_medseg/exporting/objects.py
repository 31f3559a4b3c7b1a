"""Label maps as objects, and objects as run lengths or as outlines along the edges of their pixels; both say every pixel exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Rejected
from hf_medseg.exporting.case import Array, Case
from hf_medseg.exporting.table import Table

Point = tuple[int, int]
Ring = list[Point]


@dataclass(frozen=True)
class Thing:
    """An object, or all of a class where objects are not told apart.

    Attributes:
        label: class index, 255 for what nobody annotated.
        rest: whether it has no number of its own though other objects have.
        rows, columns: its pixels.
    """

    label: int
    rest: bool
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    @property
    def box(self) -> list[int]:
        """x, y, width and height."""
        x, y = int(self.columns.min()), int(self.rows.min())
        return [x, y, int(self.columns.max()) - x + 1, int(self.rows.max()) - y + 1]


def things(case: Case, mask: Array, table: Table) -> Iterator[Thing]:
    """The objects of a picture, by their numbers in `instances`, each in as many as it has classes.

    Raises:
        Rejected: an object lies where the mask has no class.
    """
    numbers = case.samples("instances") if "instances" in table.columns else None
    if numbers is not None and numbers.shape != mask.shape:
        raise Rejected(case.entry.id, "its instances are not of the size of its mask.", "`hf-medseg verify` tells more.")
    objects = np.zeros(mask.shape, np.int64) if numbers is None else np.where(mask == NOT_ANNOTATED, 0, numbers.astype(np.int64))
    if stray := int(((objects > 0) & (mask == 0)).sum()):
        raise Rejected(case.entry.id, f"its instances claim {stray} pixels that its mask calls background.", "Export it in another layout.")
    codes = (objects << 8 | mask).ravel()
    places = np.flatnonzero(codes)
    order = places[np.argsort(codes[places], kind="stable")]
    found = codes[order]
    for part in np.split(order, np.flatnonzero(np.diff(found)) + 1) if order.size else []:
        code = int(codes[part[0]])
        rows, columns = np.divmod(part, mask.shape[1])
        yield Thing(code & 255, numbers is not None and code >> 8 == 0, rows, columns)


def run_lengths(thing: Thing, height: int, width: int) -> dict[str, object]:
    """COCO's packed run lengths: pixels counted down the columns."""
    flat = np.sort(thing.columns * height + thing.rows)
    begins = flat[np.concatenate([[True], np.diff(flat) > 1])]
    ends = flat[np.concatenate([np.diff(flat) > 1, [True]])] + 1
    turns = np.stack([begins, ends], axis=1).ravel()
    counts = np.diff(np.concatenate([[0], turns, [height * width]])).tolist()
    if not counts[-1]:
        counts.pop()
    return {"size": [height, width], "counts": _packed(counts)}


def _packed(counts: list[int]) -> str:
    """Numbers as text: from the third on as the difference to the last but one, five bits a letter, the lowest first."""
    letters = []
    for k, count in enumerate(counts):
        number = count - counts[k - 2] if k > 2 else count
        while True:
            bits, number = number & 31, number >> 5
            more = number != (-1 if bits & 16 else 0)
            letters.append(chr((bits | 32 if more else bits) + 48))
            if not more:
                break
    return "".join(letters)


@dataclass(frozen=True)
class Part:
    """A connected part of an object (by the sides of its pixels): its outline, and those of its holes, corner by corner of its pixels.

    The first pixel of a picture has the corners (0, 0) and (1, 1).
    """

    outer: Ring
    holes: tuple[Ring, ...]


def parts(thing: Thing) -> list[Part]:
    """The connected parts of an object."""
    x, y, width, height = thing.box
    inside = np.zeros((height + 2, width + 2), np.int8)
    inside[thing.rows - y + 1, thing.columns - x + 1] = 1
    rings = list(_rings(inside))
    upper: dict[Point, int] = {}
    for number, ring in enumerate(rings):
        for here, there in zip(ring, [*ring[1:], ring[0]], strict=True):
            if here[1] == there[1]:
                upper[min(here[0], there[0]), here[1]] = number
    owner: dict[int, int] = {}
    holes: dict[int, list[int]] = {}
    tops = [min(ring, key=lambda point: (point[1], point[0])) for ring in rings]
    for number in sorted(range(len(rings)), key=lambda number: tops[number][::-1]):
        if _turns_right(rings[number]):
            owner[number] = number
            continue
        column, row = tops[number]
        above = next(upper[column, line] for line in range(row - 1, -1, -1) if (column, line) in upper)
        owner[number] = owner[above]
        holes.setdefault(owner[above], []).append(number)

    def placed(number: int) -> Ring:
        return [(column + x, row + y) for column, row in rings[number]]

    return [Part(placed(number), tuple(map(placed, holes.get(number, ())))) for number in owner if owner[number] == number]


def _rings(inside: NDArray[np.int8]) -> Iterator[Ring]:
    """Closed walks along the edges of pixels, the inside on the right hand; pixels that touch at a corner alone are not joined.

    Args:
        inside: 1 inside, with a margin of one pixel of 0.
    """
    ways: dict[Point, list[Point]] = {}  # where a walk may go on from a corner, as a step
    left: dict[tuple[Point, Point], None] = {}
    below, above = inside[1:, 1:-1], inside[:-1, 1:-1]
    beside, before = inside[1:-1, 1:], inside[1:-1, :-1]
    for row, column in np.argwhere(below != above).tolist():
        corner, step = ((column, row), (1, 0)) if below[row, column] else ((column + 1, row), (-1, 0))
        ways.setdefault(corner, []).append(step)
        left[corner, step] = None
    for row, column in np.argwhere(beside != before).tolist():
        corner, step = ((column, row + 1), (0, -1)) if beside[row, column] else ((column, row), (0, 1))
        ways.setdefault(corner, []).append(step)
        left[corner, step] = None
    while left:
        corner, step = next(iter(left))
        ring = []
        while (corner, step) in left:
            del left[corner, step]
            ring.append(corner)
            corner = (corner[0] + step[0], corner[1] + step[1])
            going = ways[corner]
            step = going[0] if len(going) == 1 else (-step[1], step[0])  # to the right where two pixels touch
        yield ring


def _turns_right(ring: Ring) -> bool:
    """Whether a walk goes round its area, and not round a hole."""
    x, y = np.array(ring).T
    return bool((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() > 0)


def corners(ring: Ring) -> Ring:
    """A walk without the corners at which it goes straight on."""
    points = np.array(ring)
    straight = (points - np.roll(points, 1, axis=0) == np.roll(points, -1, axis=0) - points).all(axis=1)
    return [(x, y) for x, y in points[~straight].tolist()]


def one_outline(part: Part) -> Ring:
    """A part as one outline: it goes to each hole and back along the same line, which encloses nothing (even-odd)."""
    ring = list(part.outer)
    for hole in part.holes:  # the upper ones first: what lies above one is in the outline already
        first = min(range(len(hole)), key=lambda k: (hole[k][1], hole[k][0]))
        column, row = hole[first]
        there = {corner: k for k, corner in enumerate(ring)}
        k = there[column, next(line for line in range(row - 1, -1, -1) if (column, line) in there)]
        ring[k:k] = [ring[k], *hole[first:], *hole[: first + 1]]
    return corners(ring)
