"""Columns that follow from a mask."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np

from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Rejected
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.labels import Labels, Shape, on_grid
from hf_medseg.raw.files import RawFile, Reader


@dataclass(frozen=True)
class Occurs(Cell):
    """Whether a part marks any pixel."""

    part: Labels

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.part.files()

    def values(self, reader: Reader, shape: Shape) -> list[bool]:
        """See `Cell.values`."""
        return [bool(((labels > 0) & (labels != NOT_ANNOTATED)).any()) for labels in on_grid(self.part, reader, shape)]


@dataclass(frozen=True)
class Larger(Cell):
    """Which of two words holds: whether a part marks more pixels than any of some others, drawn on pictures of the same size.

    Null where nothing is left to compare it with: others that are damaged do not count, and reject nothing.
    """

    part: Labels
    others: tuple[Labels, ...]
    larger: str
    smaller: str

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (*self.part.files(), *(file for other in self.others for file in other.files()))

    def values(self, reader: Reader, shape: Shape) -> list[str | None]:
        """See `Cell.values`."""
        own, areas = int(np.count_nonzero(on_grid(self.part, reader, shape))), []
        for other in self.others:
            with contextlib.suppress(Rejected):
                areas.append(int(np.count_nonzero(on_grid(other, reader, shape))))
        largest = max(areas, default=own)
        if own == largest:
            return [None] * shape[0]
        return [self.larger if own > largest else self.smaller] * shape[0]
