"""The rows of a table of run lengths that belong to one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hf_medseg.masks.areas import Bounds, Patch
from hf_medseg.masks.drawing import Thing
from hf_medseg.masks.rle import Rle
from hf_medseg.raw.files import RawFile, Reader


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
    """

    path: str
    runs: tuple[Runs, ...]
    stated: str = ""

    def files(self) -> tuple[RawFile, ...]:
        """None: planning has read the table."""
        return ()

    def size(self, reader: Reader) -> tuple[int, int] | None:
        """See `Drawing.size`."""
        sides = self.stated.split()
        return (int(sides[0]), int(sides[1])) if len(sides) == 2 and all(map(str.isdecimal, sides)) else None

    def things(self, reader: Reader, width: int, height: int) -> Sequence[Thing]:
        """See `Drawing.things`."""
        return [Thing(one.label, (one,), one.text) for one in self.runs]
