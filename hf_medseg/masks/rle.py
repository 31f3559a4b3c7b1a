"""Run-length text: masks as pairs of start and length, and two codings of one mask checked against each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.masks.labels import LabelMap, Labels, Shape, on_grid
from hf_medseg.raw.files import RawFile, Reader

_PLACE = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class Rle(Labels):
    """Runs of foreground: `start length start length ...`.

    No text is an empty mask. Runs ascend and do not touch a pixel twice.

    Attributes:
        runs: the text.
        where: what holds it, for messages.
        to: the class of the foreground.
        order: whether pixels are counted down the columns, from the left one on, or along the rows, from the upper one on.
        first: the number of the first pixel, 1 or 0.
    """

    runs: str
    where: str
    to: int = 1
    order: Literal["columns", "rows"] = "columns"
    first: int = 1

    def files(self) -> tuple[RawFile, ...]:
        """None: the text came from a table that planning has read."""
        return ()

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        _, height, width = shape
        places = self.runs.split()
        if strange := next((place for place in places if not _PLACE.fullmatch(place)), None):
            raise Rejected(self.where, f"its run lengths hold {strange[:20]!r}; whole numbers expected.")
        if len(places) % 2:
            raise Rejected(self.where, f"its run lengths end in the start {places[-1]} without a length.")
        numbers = np.array(places, np.int64).reshape(-1, 2)
        starts, ends = numbers[:, 0] - self.first, numbers.sum(axis=1) - self.first
        beyond = (starts < 0) | (ends <= starts) | (ends > height * width)
        if beyond.any():
            start, length = numbers[int(beyond.argmax())].tolist()
            last = height * width - 1 + self.first
            raise Rejected(
                self.where, f"a run of {length} pixels from {start} on leaves the picture, whose pixels are {self.first}..{last}."
            )
        again = starts[1:] < ends[:-1]
        if again.any():
            before, following = (int(numbers[int(again.argmax()) + k, 0]) for k in (0, 1))
            raise Rejected(self.where, f"the run from {following} on begins before that from {before} on has ended.")
        turns = np.zeros(height * width + 1, np.uint8)
        turns[starts] = 1
        turns[ends] ^= 1  # a run that begins where another one ends goes on
        flat = np.bitwise_xor.accumulate(turns[:-1]) * np.uint8(self.to)
        if self.order == "rows":
            return flat.reshape(1, height, width)
        return np.ascontiguousarray(flat.reshape(width, height).T)[np.newaxis]


@dataclass(frozen=True)
class Same(Labels):
    """One mask that is published in two codings: both are read, and must agree in every pixel."""

    part: Labels
    other: Labels
    other_is: str

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (*self.part.files(), *self.other.files())

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        labels, other = on_grid(self.part, reader, shape), on_grid(self.other, reader, shape)
        if differing := int(np.count_nonzero(labels != other)):
            raise Rejected(
                next((file.path for file in self.files()), "the mask"),
                f"the mask and {self.other_is} code the same area and differ in {differing} pixels.",
                "Fetch both from the owner; one of them was changed.",
            )
        return labels
