"""Masks with a channel for each class: exclusive channels are a label map, overlapping ones are structures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.stacks import Array, StackPicture
from hf_medseg.masks.labels import LabelMap, Labels, Shape
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.sources.array_stack.pairs import Pair, masks_of

BACKGROUND = "background"


@dataclass(frozen=True)
class Channels:
    """What the channels of all masks hold.

    Attributes:
        number: how many there are.
        overlap: whether a pixel belongs to two of them, the background left out.
        complete: whether every pixel belongs to one.
    """

    number: int
    overlap: bool
    complete: bool


def set_in(mask: Array, path: str, above: float | None) -> NDArray[np.bool_]:
    """(height, width, channels) where each channel is set.

    Raises:
        Rejected: nothing says where, as a channel holds more than 0 and one other value.
    """
    if above is not None:
        return np.asarray(mask > above)
    found = np.asarray(mask != 0)
    values = np.unique(mask[found]).tolist()
    if len(values) > 1:
        line = "threshold = 0.5" if mask.dtype.kind == "f" and max(values) <= 1 else "threshold = 0"
        told = ", ".join(f"{value:g}" for value in values[:3])
        raise Rejected(
            path,
            f"the channels of its masks hold more values than 0 and one other, such as {told}.",
            f"Say in the about file above which value a pixel belongs to a channel: {line}",
        )
    return found


@lru_cache(maxsize=1)
def channels_of(pairs: tuple[Pair, ...], above: float | None, background: int | None) -> Channels:
    """Looks at all masks.

    Raises:
        Refused: they have different numbers of channels, or cannot be read.
    """
    numbers = {pair.channels for pair in pairs}
    if len(numbers) > 1:
        raise Refused(f"The masks have {' and '.join(map(str, sorted(numbers)))} channels. Give those with the same channels as RAW.")
    overlap, complete = False, True
    for mask, count in masks_of(pairs):
        for number in range(count):
            try:
                inside = set_in(mask.picture(number), mask.file.listed, above)
            except Rejected as error:
                raise Refused(str(error)) from error
            complete = complete and bool(inside.any(axis=2).all())
            others = inside if background is None else np.delete(inside, background, axis=2)
            overlap = overlap or bool((others.sum(axis=2) > 1).any())
    return Channels(numbers.pop(), overlap, complete)


def names_of_channels(pairs: Sequence[Pair], classes: Mapping[str, str] | None, above: float | None) -> tuple[list[str], Channels]:
    """What each channel is called, one of them perhaps the background, and what they hold.

    Raises:
        Refused: the about file names other channels, or nobody says which one is the background.
    """
    number = pairs[0].channels
    line = "classes = { " + ", ".join(f'{k} = "{BACKGROUND if k == 0 else f"channel_{k}"}"' for k in range(number)) + " }"
    if classes is not None and set(classes) != {str(k) for k in range(number)}:
        raise Refused(f"The masks have {number} channels, which count from 0. Name each of them in the about file, such as: {line}")
    names = [classes[str(k)] for k in range(number)] if classes is not None else [f"channel_{k}" for k in range(number)]
    background = names.index(BACKGROUND) if BACKGROUND in names else None
    found = channels_of(tuple(pairs), above, background)
    if classes is None and found.complete:
        raise Refused(
            f"Every pixel of the masks belongs to one of {number} channels, so that one of them may be the background. "
            f"Say in the about file what they are, such as: {line}"
        )
    return names, found


@dataclass(frozen=True)
class OneChannel(Labels):
    """What belongs to a class: one or several channels of a mask.

    Attributes:
        picture: the mask.
        channels: the numbers of its channels.
        background: the number of the channel that must hold whatever no other one does; None where there is none.
        above: see `set_in`.
    """

    picture: StackPicture
    channels: tuple[int, ...]
    background: int | None
    above: float | None

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.picture.files()

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`.

        Raises:
            Rejected: the background is not what the other channels leave.
        """
        inside: Any = reader.once((OneChannel, self.picture.stack, self.picture.number), lambda: self._inside(reader))
        chosen: LabelMap = inside[..., list(self.channels)].any(axis=2).astype(np.uint8)[np.newaxis]
        return chosen

    def _inside(self, reader: Reader) -> NDArray[np.bool_]:
        path = self.picture.file.path
        inside = set_in(self.picture.raw(reader), path, self.above)
        if self.background is not None:
            others = np.delete(inside, self.background, axis=2).any(axis=2)
            if wrong := int(np.count_nonzero(others == inside[..., self.background])):
                raise Rejected(
                    path,
                    f"mask {self.picture.number}: in {wrong} pixels the background is set beside another channel, or no channel is.",
                    "Mend this mask, or name its channels otherwise in the about file (classes).",
                )
        return inside
