"""Masks whose values number objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.labels import Array, LabelMap, Labels, Pixels, Shape
from hf_medseg.raw.files import RawFile, Reader


@dataclass(frozen=True, slots=True)
class AnyObject(Labels):
    """Class 1 wherever there is an object.

    Attributes:
        pixels: the numbers; 0 is none.
        special: values that are no objects: the index that each means.
    """

    pixels: Pixels
    special: Mapping[int, int] = field(default_factory=dict)

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.pixels.files()

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        array = self.pixels.array(reader)
        result: LabelMap = (array != 0).astype(np.uint8)
        for value, index in self.special.items():
            result[array == value] = index
        return result


@dataclass(frozen=True, slots=True)
class ObjectNumbers(Cell):
    """An `instances` column of the numbers as they are stored; what is no object becomes 0."""

    pixels: Pixels
    special: Mapping[int, int] = field(default_factory=dict)

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.pixels.files()

    def values(self, reader: Reader, shape: Shape) -> list[Array]:
        """See `Cell.values`.

        Raises:
            Rejected: a number does not fit 16 bits, or the size is not that of the image.
        """
        array = self.pixels.array(reader)
        path = self.files()[0].path
        if array.shape != shape:
            raise Rejected(path, f"the objects lie on {array.shape[2]} x {array.shape[1]} pixels, the image on {shape[2]} x {shape[1]}.")
        for value in self.special:
            array = np.where(array == value, 0, array)
        low, high = int(array.min(initial=0)), int(array.max(initial=0))
        if low < 0 or high > 65535:
            advice = "Number the objects of a mask from 1."
            raise Rejected(path, f"numbers of objects from {low} to {high}; 16 bits hold 0 to 65535.", advice)
        return list(array.astype(np.uint16))
