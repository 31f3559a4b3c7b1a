"""Values of columns that several label maps make together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.masks.labels import Array, LabelMap, Labels, Shape, native_labels, on_grid
from hf_medseg.raw.files import RawFile, Reader


class Cell(ABC):
    """A column's value made from several parts, one for each slice."""

    __slots__ = ()

    @abstractmethod
    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""

    @abstractmethod
    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """One value a slice: an array for a picture column, a list of arrays for a list of pictures, else a plain value."""

    def whole(self, reader: Reader, shape: Shape) -> Any:
        """One value for all slices of a volume: arrays stacked, also in lists, flags and lists united, else the first."""
        slices = self.values(reader, shape)
        first = slices[0]
        if isinstance(first, np.ndarray):
            return np.stack(slices)
        if isinstance(first, list) and first and isinstance(first[0], np.ndarray):
            return [np.stack(one) for one in zip(*slices, strict=True)]
        if isinstance(first, list):
            return [one for k, found in enumerate(slices) for one in found if not any(one in earlier for earlier in slices[:k])]
        return any(slices) if isinstance(first, bool) else first


@dataclass(frozen=True, slots=True)
class Instances(Cell):
    """Objects told apart, as a 16-bit picture: 0 = none, k = the k-th part; a higher one wins."""

    parts: tuple[Labels, ...]
    numbers: tuple[int, ...] = ()

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return tuple(file for part in self.parts for file in part.files())

    def values(self, reader: Reader, shape: Shape) -> list[Array]:
        """See `Cell.values`."""
        result = np.zeros(shape, np.uint16)
        for number, part in zip(self.numbers or range(1, len(self.parts) + 1), self.parts, strict=True):
            labels = on_grid(part, reader, shape)
            result[(labels > 0) & (labels != NOT_ANNOTATED)] = number
        return list(result)


@dataclass(frozen=True, slots=True)
class MaskList(Cell):
    """A `masks` column: the label map of every part, in order."""

    parts: tuple[Labels, ...]

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return tuple(file for part in self.parts for file in part.files())

    def values(self, reader: Reader, shape: Shape) -> list[list[Array]]:
        """See `Cell.values`."""
        maps = self.whole(reader, shape)
        return [[labels[k] for labels in maps] for k in range(shape[0])]

    def whole(self, reader: Reader, shape: Shape) -> list[LabelMap]:
        """See `Cell.whole`; not stacked from the slices, which would double the memory of a case with many structures."""
        return [on_grid(part, reader, shape) for part in self.parts]


@dataclass(frozen=True, slots=True)
class Overlap(Cell):
    """A `mask_overlap` column: whether any two parts claim the same pixel."""

    parts: tuple[Labels, ...]

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return tuple(file for part in self.parts for file in part.files())

    def values(self, reader: Reader, shape: Shape) -> list[bool]:
        """See `Cell.values`."""
        claims = np.zeros(shape, np.uint16)
        for part in self.parts:
            labels = on_grid(part, reader, shape)
            claims += (labels > 0) & (labels != NOT_ANNOTATED)
        return [bool(slice_claims.max(initial=0) > 1) for slice_claims in claims]


@dataclass(frozen=True, slots=True)
class Native(Cell):
    """A `mask_native` column: a label map on the grid it was published on."""

    part: Labels

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.part.files()

    def values(self, reader: Reader, shape: Shape) -> list[Array]:
        """See `Cell.values`."""
        return list(native_labels(self.part, reader))
