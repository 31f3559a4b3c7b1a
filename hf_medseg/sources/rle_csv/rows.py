"""The rows of a table of run lengths that belong to one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.masks.areas import Bounds, Patch
from hf_medseg.masks.drawing import Thing
from hf_medseg.masks.rle import Rle
from hf_medseg.raw.files import RawFile, Reader

ROWS = 'Say in the about file which way they go: order = "rows" or order = "columns"'
_ENOUGH = 16  # ends of runs that tell which way they go


@dataclass(frozen=True, slots=True)
class Runs:
    """One row: the class and the run lengths of an object."""

    label: str
    text: str
    where: str
    order: Literal["columns", "rows"]
    first: int

    def bounds(self) -> Bounds:
        """See `Area.bounds`: run lengths that leave their picture are rejected."""
        return 0, 0, 1, 1

    def patch(self, height: int, width: int) -> Patch:
        """See `Area.patch`."""
        rle = Rle(self.text, self.where, order=self.order, first=self.first)
        return Patch(0, 0, rle.labels(Reader(), (1, height, width))[0] > 0)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one picture as a drawing.

    Attributes:
        path: the table.
        runs: its rows.
        stated: width and height, where the table has such columns.
        guessed: whether nobody says which way the runs go, and only what the column is called tells it.
    """

    path: str
    runs: tuple[Runs, ...]
    stated: str = ""
    guessed: bool = False

    def files(self) -> tuple[RawFile, ...]:
        """None: planning has read the table."""
        return ()

    def size(self, reader: Reader) -> tuple[int, int] | None:
        """See `Drawing.size`."""
        sides = self.stated.split()
        return (int(sides[0]), int(sides[1])) if len(sides) == 2 and all(map(str.isdecimal, sides)) else None

    def things(self, reader: Reader, width: int, height: int) -> Sequence[Thing]:
        """See `Drawing.things`."""
        if self.guessed and any(_goes_along_rows(one, height, width) for one in self.runs):
            raise Rejected(
                self.runs[0].where, "its runs lie beside each other if they go along the rows, and apart if down the columns.", ROWS
            )
        return [Thing(one.label, (one,), one.text) for one in self.runs]


def _goes_along_rows(runs: Runs, height: int, width: int) -> bool:
    """Whether an object falls apart when its runs are put down the columns, and is whole along the rows; never of square pictures."""
    flat = runs.patch(height, width).inside.ravel(order="F")
    if height == width or np.count_nonzero(np.diff(flat)) < _ENOUGH:
        return False
    edges = {length: np.count_nonzero(flat[:-length] != flat[length:]) for length in (height, width)}  # between lines of that length
    return bool(edges[height] > 4 * edges[width])
