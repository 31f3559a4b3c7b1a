"""Many structures of a volume, or objects of a picture, a file each: read one after the other, and once.

Memory holds one of them; of those that were read, a bit a voxel of the box that holds it.
"""

from __future__ import annotations

import math
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

    def each(self, reader: Reader, shape: Shape) -> Iterator[Claim]:
        """What each structure claims, one after the other; those that the first pass could not keep are read again.

        Raises:
            Rejected: one of them cannot be read, or lies on another grid than the image.
        """
        for part, kept in zip(self.parts, self._seen(reader, shape).claims, strict=True):
            yield _claim(part, reader, shape) if kept is None else kept

    def painted(self, reader: Reader, shape: Shape) -> tuple[Array, list[bool]]:
        """(the class of each voxel, whether two structures claim the same voxel of a slice), computed once for a case.

        Raises:
            Rejected: see `each`.
        """
        seen = self._seen(reader, shape)
        return seen.labels, seen.overlap

    def _seen(self, reader: Reader, shape: Shape) -> _Seen:
        found: _Seen = reader.once((Structures, id(self)), lambda: self._look(reader, shape))
        return found

    def _look(self, reader: Reader, shape: Shape) -> _Seen:
        seen = _Seen(np.zeros(shape, np.min_scalar_type(max(self.classes, default=0))), [False] * shape[0], [])
        left = _MOST_KEPT
        for index, part in zip(self.classes, self.parts, strict=True):
            claim = _claim(part, reader, shape)
            if claim.first is not None:
                inside, there = claim.inside(), seen.labels[claim.place]
                for k, twice in enumerate((inside & (there != 0)).any(axis=(1, 2)), claim.first):
                    seen.overlap[k] |= bool(twice)
                there[inside] = index
            left -= claim.bits.nbytes
            seen.claims.append(claim if left >= 0 else None)
        return seen


# Bytes of structures, a bit a voxel of the box that holds it, that are kept between the columns that are made of them.
_MOST_KEPT = 1 << 28


@dataclass(frozen=True, slots=True)
class Claim:
    """The voxels of one structure: those inside, of the box that holds them, as bits.

    Attributes:
        shape: of the grid.
        place: the box, empty for a structure of no voxel.
        bits: inside or not, packed.
    """

    shape: Shape
    place: tuple[slice, ...]
    bits: NDArray[np.uint8]

    @property
    def first(self) -> int | None:
        """The first slice; None for a structure of no voxel."""
        return self.place[0].start if self.place else None

    def inside(self) -> NDArray[np.bool_]:
        """The box, (slices, rows, columns)."""
        sizes = [side.stop - side.start for side in self.place]
        inside: NDArray[np.bool_] = np.unpackbits(self.bits, count=math.prod(sizes)).reshape(sizes).view(np.bool_)
        return inside

    def whole(self) -> LabelMap:
        """The structure on the grid, 0 and 1."""
        labels = np.zeros(self.shape, np.uint8)
        if self.place:
            labels[self.place] = self.inside()
        return labels

    def slices(self) -> Iterator[tuple[int, LabelMap]]:
        """(number, 0 and 1) of each slice that the box reaches."""
        for k, inside in enumerate(self.inside() if self.place else (), self.first or 0):
            labels = np.zeros(self.shape[1:], np.uint8)
            labels[self.place[1:]] = inside
            yield k, labels


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one pass over the structures tells.

    Attributes:
        labels: the class of each voxel.
        overlap: of each slice, whether two structures claim the same voxel.
        claims: each structure; None for those that are too much to keep.
    """

    labels: Array
    overlap: list[bool]
    claims: list[Claim | None]


def _claim(part: Labels, reader: Reader, shape: Shape) -> Claim:
    """Reads a structure, and lets its file go.

    Raises:
        Rejected: see `Structures.each`.
    """
    labels = part.labels(reader, shape)
    check_size(part, labels, shape)
    for file in part.files():
        reader.forget(file)
    place: tuple[slice, ...] = ()
    if (deep := np.flatnonzero([one.any() for one in labels])).size:
        slices = _reach(deep)
        across = np.bitwise_or.reduce(labels[slices], axis=0)
        place = (slices, *(_reach(np.flatnonzero(across.any(axis=axis))) for axis in (1, 0)))
    return Claim(shape, place, np.packbits(labels[place] != 0) if place else np.zeros(0, np.uint8))


def _reach(found: NDArray[np.intp]) -> slice:
    return slice(int(found[0]), int(found[-1]) + 1)


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
        slices: list[list[bytes]] = [[empty] * len(self.of.parts) for _ in range(shape[0])]
        for number, claim in enumerate(self.of.each(reader, shape)):
            for k, labels in claim.slices():
                slices[k][number] = _encoded(labels)
        return slices

    def whole(self, reader: Reader, shape: Shape) -> Any:
        """The structures, made when they are asked for: they are encoded one after the other."""
        return (claim.whole() for claim in self.of.each(reader, shape))


def _encoded(labels: NDArray[np.uint8]) -> bytes:
    return png.encode(labels, labels=True)


def structures(parts: Mapping[int, Labels]) -> Structures:
    """The structures of a case by their classes."""
    return Structures(tuple(parts[index] for index in sorted(parts)), tuple(sorted(parts)))


def numbered(parts: Iterable[Labels]) -> Structures:
    """Objects of a picture, numbered from 1 in their order."""
    kept = tuple(parts)
    return Structures(kept, tuple(range(1, len(kept) + 1)))
