"""Columns that follow from the size of the image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hf_medseg.masks.cells import Cell
from hf_medseg.masks.labels import Shape
from hf_medseg.raw.files import RawFile, Reader


@dataclass(frozen=True)
class BySize(Cell):
    """A plain value for each known (width, height) of the image, null for any other size."""

    values_by_size: Mapping[tuple[int, int], Any]

    def files(self) -> tuple[RawFile, ...]:
        """None: the image's size is known by then."""
        return ()

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        slices, height, width = shape
        return [self.values_by_size.get((width, height))] * slices
