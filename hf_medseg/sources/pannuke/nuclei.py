"""The patches of PanNuke: pictures as floats, and masks of five channels of numbered nuclei, a class each; a sixth is not read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected
from hf_medseg.formats.stacks import StackPicture
from hf_medseg.formats.volume import Grid, Samples
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.labels import Array, LabelMap, Labels, Shape
from hf_medseg.raw.files import RawFile, Reader

ADVICE = "Fetch the owner's archive; copies are often changed."


@dataclass(frozen=True)
class Patch(StackPicture):
    """A picture of whole numbers from 0 to 255, whatever type they are stored in."""

    def read(self, reader: Reader) -> Samples:
        """See `OneFile.read`.

        Raises:
            Rejected: it holds other numbers.
        """
        raw = self.raw(reader)
        stored = raw.astype(np.uint8) if raw.dtype.kind in "iuf" and ((raw >= 0) & (raw <= 255)).all() else None
        if stored is None or not np.array_equal(stored, raw):
            raise Rejected(self.file.path, f"its patch {self.number} holds more than whole numbers from 0 to 255.", ADVICE)
        return Samples(np.ascontiguousarray(stored)[np.newaxis], Grid((1, *stored.shape[:2])))


@dataclass(frozen=True)
class Nuclei:
    """The nuclei of a patch, read once for all columns.

    Attributes:
        picture: the patch in the stack of masks.
        classes: names of the classes of the first channels.
    """

    picture: StackPicture
    classes: tuple[str, ...]

    def columns(self) -> dict[str, Labels | Cell]:
        """`mask`, `instances`, `mask_overlap`, and the numbers of each class as they are stored."""
        return {
            "mask": _Mask(self),
            "instances": _Instances(self),
            "mask_overlap": _Overlap(self),
            **{f"instances_{name}": _Stored(self, channel) for channel, name in enumerate(self.classes)},
        }

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.picture.files()

    def numbers(self, reader: Reader, shape: Shape) -> NDArray[np.uint16]:
        """(classes, height, width): the numbers of the nuclei, 0 where is none.

        Raises:
            Rejected: the patch has other channels or another size, or holds what are no numbers of nuclei.
        """
        found: NDArray[np.uint16] = reader.once((self, shape), lambda: self._read(reader, shape))
        return found

    def _read(self, reader: Reader, shape: Shape) -> NDArray[np.uint16]:
        raw = self.picture.raw(reader)
        path, channels = self.picture.file.path, len(self.classes) + 1
        if raw.shape != (*shape[1:], channels):
            size, expected = (" x ".join(map(str, one)) for one in (raw.shape, (*shape[1:], channels)))
            raise Rejected(path, f"its patch {self.picture.number} is {size}, where {expected} is expected.", ADVICE)
        ids = raw[..., :-1]
        if ids.dtype.kind not in "iuf" or not ((ids >= 0) & (ids <= 65535) & (ids == np.rint(ids))).all():
            raise Rejected(path, f"its patch {self.picture.number} holds more than whole numbers from 0 to 65535.", ADVICE)
        return np.ascontiguousarray(np.moveaxis(ids, 2, 0), np.uint16)


@dataclass(frozen=True)
class _Mask(Labels):
    """The class of each pixel; a later channel wins."""

    of: Nuclei

    def files(self) -> tuple[RawFile, ...]:
        return self.of.files()

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        result = np.zeros(shape, np.uint8)
        for index, ids in enumerate(self.of.numbers(reader, shape), 1):
            result[0][ids > 0] = index
        return result


@dataclass(frozen=True)
class _Instances(Cell):
    """Nuclei numbered through all channels, from 1; a later channel wins."""

    of: Nuclei

    def files(self) -> tuple[RawFile, ...]:
        return self.of.files()

    def values(self, reader: Reader, shape: Shape) -> list[Array]:
        result, last = np.zeros(shape[1:], np.uint16), 0
        for ids in self.of.numbers(reader, shape):
            for number in np.unique(ids[ids > 0]):
                last += 1
                result[ids == number] = last
        return [result]


@dataclass(frozen=True)
class _Overlap(Cell):
    """Whether two channels claim a pixel."""

    of: Nuclei

    def files(self) -> tuple[RawFile, ...]:
        return self.of.files()

    def values(self, reader: Reader, shape: Shape) -> list[bool]:
        return [bool(((self.of.numbers(reader, shape) > 0).sum(axis=0) > 1).any())]


@dataclass(frozen=True)
class _Stored(Cell):
    """The numbers of one class as they are stored."""

    of: Nuclei
    channel: int

    def files(self) -> tuple[RawFile, ...]:
        return self.of.files()

    def values(self, reader: Reader, shape: Shape) -> list[Array]:
        return [self.of.numbers(reader, shape)[self.channel]]
