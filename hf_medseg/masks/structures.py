"""Many structures of a volume, or objects of a picture, a file each: read one after the other, so that memory holds one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.formats import png
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.labels import Array, LabelMap, Labels, Shape, check_size
from hf_medseg.raw.files import RawFile, Reader


@dataclass(frozen=True, slots=True)
class Structures:
    """The structures of a case, in the order in which they are painted.

    Attributes:
        parts: a binary part for each structure.
        classes: the class of each, ascending: the last that claims a voxel has it. Of objects, their numbers from 1.
    """

    parts: tuple[Labels, ...]
    classes: tuple[int, ...]

    def columns(self) -> dict[str, Labels | Cell]:
        """`mask`, `masks` and `mask_overlap`."""
        return {"mask": _Mask(self), "masks": _List(self), "mask_overlap": _Overlap(self)}

    def objects(self) -> dict[str, Labels | Cell]:
        """`mask` of one class, `instances`, `masks` and `mask_overlap`: the structures are objects of the same kind."""
        return {"mask": _Any(self), "instances": _Instances(self), "masks": _List(self), "mask_overlap": _Overlap(self)}

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return tuple(file for part in self.parts for file in part.files())

    def each(self, reader: Reader, shape: Shape) -> Iterator[LabelMap]:
        """The structures, 0 and 1, one after the other.

        Raises:
            Rejected: one of them cannot be read, or lies on another grid than the image.
        """
        for part in self.parts:
            labels = part.labels(reader, shape)
            check_size(part, labels, shape)
            yield labels

    def painted(self, reader: Reader, shape: Shape) -> tuple[Array, list[bool]]:
        """(the class of each voxel, whether two structures claim the same voxel of a slice), computed once for a case.

        Raises:
            Rejected: see `each`.
        """
        found: tuple[Array, list[bool]] = reader.once((Structures, id(self)), lambda: self._painted(reader, shape))
        return found

    def _painted(self, reader: Reader, shape: Shape) -> tuple[Array, list[bool]]:
        result = np.zeros(shape, np.min_scalar_type(max(self.classes, default=0)))
        overlap = [False] * shape[0]
        for index, labels in zip(self.classes, self.each(reader, shape), strict=True):
            for k in range(shape[0]):
                inside = labels[k] != 0
                if inside.any():
                    overlap[k] = overlap[k] or bool((result[k][inside] != 0).any())
                    result[k][inside] = index
        return result, overlap


@dataclass(frozen=True, slots=True)
class _Mask(Labels):
    """The label map."""

    of: Structures

    def files(self) -> tuple[RawFile, ...]:
        return self.of.files()

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        painted: LabelMap = self.of.painted(reader, shape)[0]
        return painted


@dataclass(frozen=True, slots=True)
class _Any(Labels):
    """Class 1 wherever an object is."""

    of: Structures

    def files(self) -> tuple[RawFile, ...]:
        return self.of.files()

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        there: LabelMap = (self.of.painted(reader, shape)[0] != 0).astype(np.uint8)
        return there


@dataclass(frozen=True, slots=True)
class _Instances(Cell):
    """The number of the object at each pixel."""

    of: Structures

    def files(self) -> tuple[RawFile, ...]:
        return self.of.files()

    def values(self, reader: Reader, shape: Shape) -> list[Array]:
        return list(self.of.painted(reader, shape)[0].astype(np.uint16))


@dataclass(frozen=True, slots=True)
class _Overlap(Cell):
    """Whether structures overlap."""

    of: Structures

    def files(self) -> tuple[RawFile, ...]:
        return self.of.files()

    def values(self, reader: Reader, shape: Shape) -> list[bool]:
        return self.of.painted(reader, shape)[1]


@dataclass(frozen=True, slots=True)
class _List(Cell):
    """Every structure by itself."""

    of: Structures

    def files(self) -> tuple[RawFile, ...]:
        return self.of.files()

    def values(self, reader: Reader, shape: Shape) -> list[list[bytes]]:
        """A list of encoded pictures for each slice: most are empty, and those share their bytes."""
        empty = _encoded(np.zeros(shape[1:], np.uint8))
        slices: list[list[bytes]] = [[] for _ in range(shape[0])]
        for labels in self.of.each(reader, shape):
            for k, one in enumerate(slices):
                one.append(_encoded(labels[k]) if labels[k].any() else empty)
        return slices

    def whole(self, reader: Reader, shape: Shape) -> Any:
        """The structures, read when they are asked for: they are encoded one after the other."""
        return self.of.each(reader, shape)


def _encoded(labels: NDArray[np.uint8]) -> bytes:
    return png.encode(labels, labels=True)


def structures(parts: Mapping[int, Labels]) -> Structures:
    """The structures of a case by their classes."""
    return Structures(tuple(parts[index] for index in sorted(parts)), tuple(sorted(parts)))


def numbered(parts: Iterable[Labels]) -> Structures:
    """Objects of a picture, numbered from 1 in their order."""
    kept = tuple(parts)
    return Structures(kept, tuple(range(1, len(kept) + 1)))
