"""Every structure that was drawn on one DICOM image: what cannot be put on the image is left out by name, the rest stays.

A SEG that does not fit its image is left out whole; of an RTSTRUCT the structure that does not fit. A case of which nothing is left is
rejected. Objects that people drew or corrected come first: `mask` is theirs, and what a program alone outlined beside them is a column of
its own. All of it stays in `masks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.dicom_seg import DicomSegment, DrawnElsewhere
from hf_medseg.masks.labels import LabelMap, Labels, Shape, on_grid
from hf_medseg.raw.files import RawFile, Reader

# The least manual of a row's masks is what the row is called.
ORIGINS = ("manual", "corrected", "automatic")
Said = Literal["names", "sources", "origins", "origin", "classes"]


@dataclass(frozen=True)
class Outline:
    """One structure of a SEG or RTSTRUCT.

    Attributes:
        part: its pixels, 0 and 1.
        name: as published.
        series: SeriesInstanceUID of the object.
        sop: SOPInstanceUID of the object.
        origin: one of `ORIGINS`, None where the object does not say.
        to: its class, 0 for none.
        rank: when its class is painted, from 1 on: later over earlier.
        partial: whether more of its class may be there, which nobody outlined.
    """

    part: Labels
    name: str
    series: str
    sop: str
    origin: str | None = None
    to: int = 0
    rank: int = 0
    partial: bool = False


@dataclass(frozen=True)
class Drawn:
    """The structures of one image, object by object."""

    outlines: tuple[Outline, ...]

    def first(self) -> frozenset[str]:
        """The objects (SOPInstanceUIDs) that `mask` is painted from: those that are more than a program's, else all."""
        by_hand = frozenset(one.sop for one in self.outlines if one.origin != "automatic")
        return by_hand or frozenset(one.sop for one in self.outlines)

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return tuple(file for one in self.outlines for file in one.part.files())

    def kept(self, reader: Reader, shape: Shape) -> tuple[Outline, ...]:
        """The structures that lie on the image; what is left out is told to the reader.

        Raises:
            Rejected: nothing is left.
        """
        kept: tuple[Outline, ...] = reader.once((Drawn, id(self), shape), lambda: self._kept(reader, shape))
        return kept

    def _kept(self, reader: Reader, shape: Shape) -> tuple[Outline, ...]:
        wrong: dict[tuple[str, str], tuple[str, Rejected]] = {}
        lost: set[str] = set()
        kept = []
        for one in self.outlines:
            if one.sop in lost:
                continue
            try:
                on_grid(one.part, reader, shape)
                kept.append(one)
            except DrawnElsewhere as error:  # its object is of other series too
                reader.note(error.file, error.expected)
            except Rejected as error:
                wrong.setdefault((one.sop, error.expected), (one.sop, error))
                if isinstance(one.part, DicomSegment):
                    lost.add(one.sop)
        kept = [one for one in kept if one.sop not in lost]
        errors = list(wrong.values())
        if errors and not kept:
            reader.dropped.extend(error for error in errors if error[1].file != errors[0][1].file)
            raise errors[0][1]
        reader.dropped.extend(errors)
        read = {file.path for one in kept for file in one.part.files()}
        for file in self.files():
            if file.path not in read:
                reader.sha256.pop(file.path, None)  # no row is made from it
        return tuple(kept)


@dataclass(frozen=True)
class DrawnMask(Cell):
    """A label map of the structures that have a class, in the order of their ranks; None where nothing is left of them.

    Attributes:
        drawn: what was drawn.
        first: of the objects that come first, or of the others.
    """

    drawn: Drawn
    first: bool = True

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        first = self.drawn.first()
        mine = [one for one in self.drawn.outlines if one.to and (one.sop in first) == self.first]
        return tuple(file for one in mine for file in one.part.files())

    def whole(self, reader: Reader, shape: Shape) -> LabelMap | None:
        """See `Cell.whole`."""
        first = self.drawn.first()
        mine = [one for one in self.drawn.kept(reader, shape) if one.to and (one.sop in first) == self.first]
        if not mine:
            return None
        result = np.zeros(shape, np.uint8)
        for one in mine:
            np.maximum(result, on_grid(one.part, reader, shape) * np.uint8(one.rank), out=result)
        painted = {one.rank: one.to for one in mine}
        if all(rank == to for rank, to in painted.items()):
            return result
        classes = np.zeros(256, np.uint8)
        classes[list(painted)] = list(painted.values())
        return classes[result]

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        labels = self.whole(reader, shape)
        return [None] * shape[0] if labels is None else list(labels)


@dataclass(frozen=True)
class DrawnMasks(Cell):
    """The `masks` column: every structure that is kept, in order."""

    drawn: Drawn

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.drawn.files()

    def whole(self, reader: Reader, shape: Shape) -> list[LabelMap]:
        """See `Cell.whole`."""
        return [on_grid(one.part, reader, shape) for one in self.drawn.kept(reader, shape)]

    def values(self, reader: Reader, shape: Shape) -> list[list[Any]]:
        """See `Cell.values`."""
        maps = self.whole(reader, shape)
        return [[labels[k] for labels in maps] for k in range(shape[0])]


@dataclass(frozen=True)
class DrawnOverlap(Cell):
    """The `mask_overlap` column: whether two structures of the objects that come first claim the same pixel; None without any."""

    drawn: Drawn

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.drawn.files()

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        first = self.drawn.first()
        mine = [one for one in self.drawn.kept(reader, shape) if one.sop in first]
        claims = np.zeros(shape, np.uint16)
        for one in mine:
            claims += on_grid(one.part, reader, shape) > 0
        return [bool(slice_claims.max(initial=0) > 1) if mine else None for slice_claims in claims]


@dataclass(frozen=True)
class DrawnWords(Cell):
    """What is known of the structures that are kept; the same in every slice.

    Attributes:
        drawn: what was drawn.
        said: `names`, `sources` and `origins` go along with `masks`; `origin` and `classes` are those of the objects that come first.
    """

    drawn: Drawn
    said: Said

    def files(self) -> tuple[RawFile, ...]:
        """None of its own: the masks' columns name them."""
        return ()

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        return [self.whole(reader, shape)] * shape[0]

    def whole(self, reader: Reader, shape: Shape) -> Any:
        """See `Cell.whole`."""
        kept, first = self.drawn.kept(reader, shape), self.drawn.first()
        if self.said == "names":
            return [one.name for one in kept]
        if self.said == "sources":
            return [one.series for one in kept]
        if self.said == "origins":
            return [one.origin for one in kept]
        mine = [one for one in kept if one.sop in first]
        if self.said == "classes":
            return sorted({one.to for one in mine if one.to} - {one.to for one in mine if one.partial})
        origins = [one.origin for one in mine]
        return None if not origins or None in origins else max(origins, key=lambda origin: ORIGINS.index(origin or "manual"))
