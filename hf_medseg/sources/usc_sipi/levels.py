"""Label pictures of a known number of grey levels, of which nobody says which level is which class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.labels import Array, LabelMap, Labels, Pixels, Shape
from hf_medseg.raw.files import RawFile, Reader


@dataclass(frozen=True)
class Ranks(Labels):
    """The darkest level is class 1, the next class 2, and so on; there is no background.

    Attributes:
        pixels: the label picture.
        count: how many levels it must have.
    """

    pixels: Pixels
    count: int

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.pixels.files()

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        array = self.pixels.array(reader)
        levels, places = np.unique(array, return_inverse=True)
        if array.ndim != 3 or len(levels) != self.count:
            raise Rejected(
                self.pixels.files()[0].path,
                f"a grey picture of {self.count} levels expected, one level a class; {len(levels)} found.",
                "Fetch the owner's file; copies are often saved with loss.",
            )
        result: LabelMap = (places.reshape(array.shape) + 1).astype(np.uint8)
        return result


@dataclass(frozen=True)
class Levels(Cell):
    """The stored levels of a label picture, ascending: the k-th is class k of `Ranks`."""

    pixels: Pixels

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.pixels.files()

    def values(self, reader: Reader, shape: Shape) -> list[list[int]]:
        """See `Cell.values`."""
        array: Array = self.pixels.array(reader)
        return [[int(level) for level in np.unique(array)]] * shape[0]
