"""Columns that follow from a mask."""

from __future__ import annotations

from dataclasses import dataclass

from hf_medseg.pixels.masks import NOT_ANNOTATED, Cell, Labels, Shape, on_grid
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
