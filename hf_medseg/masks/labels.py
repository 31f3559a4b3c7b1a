"""How a mask is coded, as small parts that are composed: each part gives a label map on the grid of the image.

A label map is uint8, 0 = background, 1..254 = class index, 255 = not annotated here. Grids are (slices, height, width); a picture has
one slice. A part is a frozen value without pixels, so that a case can be sent to any worker.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Rejected
from hf_medseg.formats.loss import saved_with_loss
from hf_medseg.formats.picture import Picture
from hf_medseg.formats.pixels import merge_channels
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.sent import Sent

Array = NDArray[Any]
LabelMap = NDArray[np.uint8]
Shape = tuple[int, int, int]
NATIVE: Shape = (1, 0, 0)
"""In place of the image's grid: the grid that a mask was published on."""


class Pixels(Protocol):
    """Something that can be read as samples on a grid: a picture file, a volume, a raw grid."""

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        ...

    def array(self, reader: Reader) -> Array:
        """(slices, height, width) samples, or (slices, height, width, 3) colours."""
        ...


class Labels(ABC):
    """A part that gives a label map."""

    __slots__ = ()

    @abstractmethod
    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""

    @abstractmethod
    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """The label map on the image's grid.

        Raises:
            Rejected: a file is damaged, or says something that the source does not declare.
        """

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Recipe.values`: a label map of each slice."""
        return list(self.whole(reader, shape))

    def whole(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Recipe.whole`: the label map, checked against the image's grid."""
        return on_grid(self, reader, shape)

    def drawn_files(self) -> tuple[RawFile, ...]:
        """The files that must have the size of the case's picture: none of a mask that is mapped from another grid."""
        return ()


def _name(part: Labels | Pixels) -> str:
    files = part.files()
    return files[0].path if files else "the mask"


def _grey(pixels: Pixels, reader: Reader) -> Array:
    array = pixels.array(reader)
    return merge_channels(array, _name(pixels)) if array.ndim == 4 else array


def _check_exact(pixels: Pixels, reader: Reader) -> None:
    """Rejects a picture whose format changed its samples, where they are numbers so near each other that one becomes another.

    Raises:
        Rejected: see above.
    """
    if isinstance(pixels, Picture) and saved_with_loss(reader.read(pixels.file)):
        raise Rejected(
            pixels.file.path,
            "it was saved with loss (as JPEG), which changes numbers of classes; PNG or another exact format expected.",
            "Fetch the owner's file.",
        )


@dataclass(frozen=True, slots=True)
class OfPixels(Sent, Labels):
    """A part whose classes are told from drawn samples.

    Attributes:
        pixels: the samples.
    """

    pixels: Pixels

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.pixels.files()

    def drawn_files(self) -> tuple[RawFile, ...]:
        """See `Labels.drawn_files`."""
        return self.pixels.files()[:1]


@dataclass(frozen=True, slots=True)
class Threshold(OfPixels):
    """Foreground where a sample is above a value: for masks saved with loss, or with white of any kind.

    Colours are turned to luma before the comparison.

    Attributes:
        above: the value.
        to: the class.
        drawn: it is a drawn mask: one that is not 0 everywhere and holds nothing above the value, or even areas between black and white,
            holds numbers of classes, and is rejected. A picture from which the mask is derived may be dark, or grey.
    """

    above: float = 127
    to: int = 1
    drawn: bool = True

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        array = self.pixels.array(reader)
        if self.above < _FAR:
            _check_exact(self.pixels, reader)
        grey = luma(array) if array.ndim == 4 else array
        inside = grey > self.above
        if self.drawn and not inside.any() and grey.any():
            raise Rejected(
                _name(self),
                f"its brightest sample is {grey.max():g}; foreground above {self.above} expected, or 0 everywhere.",
                "Fetch the owner's file; copies are often recoloured.",
            )
        if self.drawn and self.above == _HALF and array.dtype == np.uint8:
            _check_black_and_white(grey.astype(np.uint8, copy=False), _name(self))
        return np.where(inside, np.uint8(self.to), np.uint8(0))


_HALF = 127  # halfway between black and white
_FAR = 64  # what loss does not add to a sample, or take from it, in masks of even areas


def greys_between(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The values of (height, width) samples between black and white in even areas, which edges saved with loss, or soft, do not have.

    Returns:
        The values of the upper left corners of such squares of 4 x 4; nothing where it is but a stray few.
    """
    return _even_among(grey, _halfway(grey))


def _halfway(grey: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The places, in one row, of samples that are neither black nor white: 64 to 191."""
    return np.flatnonzero(grey - np.uint8(64) < 128)  # what is below wraps around


def _even_among(grey: NDArray[np.uint8], middle: NDArray[np.intp]) -> NDArray[np.uint8]:
    """See `greys_between`; `middle` is of `_halfway`."""
    height, width = grey.shape
    if height < 4 or width < 4:
        return np.empty(0, np.uint8)
    rows, columns = np.divmod(middle, width)
    within = (rows < height - 3) & (columns < width - 3)
    samples, corners = grey.ravel(), middle[within]
    values = samples[corners].astype(np.int16)
    even = np.ones(len(corners), bool)
    for step in (1, 3, width, width + 1, 3 * width, 3 * width + 3):
        even &= np.abs(samples[corners + step] - values) <= 16
    found: NDArray[np.uint8] = values[even].astype(np.uint8)
    several = len(found) >= 8 and len(found) * 50 > len(middle)
    return found if several else np.empty(0, np.uint8)


def _check_black_and_white(slices: NDArray[np.uint8], path: str) -> None:
    """Rejects a mask of numbers of classes, or a picture, where a mask of black and white is declared.

    Raises:
        Rejected: see above.
    """
    for grey in slices:
        middle = _halfway(grey)
        if len(found := _even_among(grey, middle)):
            value = int(np.bincount(found).argmax())
            words = (
                f"it has even areas between black and white, most of them of {value}: numbers of classes, "
                "where black and white are declared."
            )
            raise Rejected(path, words, "Fetch the owner's file; copies are often recoloured.")
        if min(grey.shape) >= 4 and len(middle) * 4 > grey.size:
            words = "a quarter of it and more is neither black nor white: a picture, where a mask is declared."
            raise Rejected(path, words, "Fetch the owner's file; folders of pictures and masks may have been exchanged.")


def luma(colours: Array) -> Array:
    """The brightness of colours on the last axis, as Pillow computes it (ITU-R 601-2)."""
    weighted = colours.astype(np.uint32) @ np.array([19595, 38470, 7471], np.uint32)
    return np.asarray((weighted + 0x8000) >> 16)


@dataclass(frozen=True, slots=True)
class UpperHalf(OfPixels):
    """Foreground above half of the highest sample of the same mask: for binary masks of which only the owner knew the white."""

    to: int = 1

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        array = _grey(self.pixels, reader)
        if highest := array.max(initial=0):
            _check_black_and_white((array * (255.0 / highest)).astype(np.uint8), _name(self))
        return np.where(array > highest / 2, np.uint8(self.to), np.uint8(0))


@dataclass(frozen=True, slots=True)
class OneValue(Labels):
    """Foreground where a sample is not 0, whatever its value; a second value besides 0 rejects the case.

    For binary masks that each hand codes its own way, where several values mean a derived file.

    Attributes:
        pixels: the samples.
        to: the class that it paints.
        advice: what to do about several values; `{values}` stands for them, as a line of an about file names values.
    """

    pixels: Pixels
    to: int = 1
    advice: str = "Fetch the owner's file."

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.pixels.files()

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        array = _grey(self.pixels, reader)
        _check_exact(self.pixels, reader)
        if array.dtype != np.uint8:
            inside = array != 0
            value = array[inside][:1]
            if value.size and not (array[inside] == value).all():
                raise self._several(array)
            return np.where(inside, np.uint8(self.to), np.uint8(0))
        highest = array.max(initial=0)
        if np.count_nonzero(array) != np.count_nonzero(array == highest) and highest:
            raise self._several(array)
        return array if highest in (0, self.to) else (array != 0) * np.uint8(self.to)

    def _several(self, array: Array) -> Rejected:
        values = np.unique(array[array != 0])
        few = ", ".join(f"{value:g}" for value in values[:5]) + (", ..." if values.size > 5 else "")
        advice = self.advice.replace("{values}", ", ".join(f'{value:g} = "value_{value:g}"' for value in values[:_MOST_NAMED]))
        return Rejected(_name(self), f"mask values {few} where 0 and one other value are declared.", advice)


@dataclass(frozen=True, slots=True)
class Values(OfPixels):
    """Each stored value is a class: `mapping` says which; any other value rejects the case, with `advice` if it says any."""

    mapping: Mapping[int, int]
    advice: str = ""

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        array = _grey(self.pixels, reader)
        if _near(tuple(self.mapping.items())):
            _check_exact(self.pixels, reader)
        return map_values(array, self.mapping, _name(self), self.advice)


@lru_cache(maxsize=64)
def _near(mapping: tuple[tuple[int, int], ...]) -> bool:
    """Whether values of two classes lie so near each other that loss may turn one into the other."""
    values = sorted(mapping)
    return any(of != other and above - value < _FAR for (value, of), (above, other) in itertools.pairwise(values))


_MOST_NAMED = 12  # values, in an advice
_FEW = 6  # so many comparisons of whole arrays cost less than one look at every sample


def value_counts(array: NDArray[np.uint8], likely: Sequence[int] = ()) -> NDArray[np.int64]:
    """How often each of 256 values occurs.

    Args:
        array: 8-bit samples.
        likely: values that are probably the only ones, which makes it faster.
    """
    counts = np.zeros(256, np.int64)
    if len(likely) <= _FEW:
        for value in likely:
            counts[value] = np.count_nonzero(array == value) if value else array.size - np.count_nonzero(array)
        if counts.sum() == array.size:
            return counts
    # Pillow counts 8-bit samples eight times as fast as NumPy.
    return np.array(Image.fromarray(np.ascontiguousarray(array).reshape(1, -1)).histogram(), np.int64)


def _of_few_values(array: NDArray[np.uint8], mapping: Mapping[int, int]) -> LabelMap | None:
    """Class indices in the place of stored values, each compared once; None where they are many, or others are among them."""
    likely = [(value, index) for value, index in mapping.items() if 0 <= value <= 255]
    if len(likely) > _FEW:
        return None
    result: LabelMap | None = None
    others = array.size
    for value, index in likely:
        if not value and not index:
            others -= array.size - int(np.count_nonzero(array))
            continue
        part = array == value
        others -= int(np.count_nonzero(part))
        if index:
            indices = part.view(np.uint8)
            if index > 1:
                indices *= np.uint8(index)
            result = indices if result is None else np.add(result, indices, out=result)
    if others:
        return None
    return np.zeros(array.shape, np.uint8) if result is None else result


def _with_indices(array: NDArray[np.uint8], indices: Mapping[int, int]) -> LabelMap:
    """Class indices in the place of stored values; what is not in `indices` becomes 0."""
    packed = array.tobytes().translate(_byte_table(tuple(indices.items())))
    return np.frombuffer(bytearray(packed), np.uint8).reshape(array.shape)


@lru_cache(maxsize=64)
def _byte_table(mapping: tuple[tuple[int, int], ...]) -> bytes:
    """What each of 256 stored values becomes; the same for every mask of a source."""
    known = dict(mapping)
    return bytes(known.get(value, 0) for value in range(256))


def map_values(array: Array, mapping: Mapping[int, int], path: str, advice: str = "") -> LabelMap:
    """Stored values to class indices.

    Raises:
        Rejected: a value is not in the mapping.
    """
    if array.dtype == np.uint8:
        if (labels := _of_few_values(array, mapping)) is not None:
            return labels
        found = np.flatnonzero(value_counts(array)).tolist()
        strange: list[Any] = [value for value in found if value not in mapping]
        result = _with_indices(array, {value: mapping.get(value, 0) for value in found})
    elif array.dtype.kind in "iu" and (low := int(array.min(initial=0))) > int(array.max(initial=0)) - (1 << 16):
        places = array.astype(np.int64 if array.dtype.itemsize > 2 else np.int32) - low
        span = range(low, int(array.max(initial=0)) + 1)
        known = np.array([value in mapping for value in span])
        strange = [] if known[places].all() else [value for value in np.unique(array).tolist() if value not in mapping]
        result = np.array([mapping.get(value, 0) for value in span], np.uint8)[places]
    else:
        values, places = np.unique(array, return_inverse=True)
        found = values.tolist()
        strange = [value for value in found if value not in mapping]
        result = np.array([mapping.get(value, 0) for value in found], np.uint8)[places].reshape(array.shape)
    if strange:
        few = ", ".join(map(str, strange[:5])) + (", ..." if len(strange) > 5 else "")
        declared = ", ".join(map(str, sorted(mapping)))
        raise Rejected(
            path,
            f"mask values {few} where only {declared} are declared.",
            advice or "Fetch the owner's file; copies are often recoloured.",
        )
    return result


@dataclass(frozen=True, slots=True)
class Colours(OfPixels):
    """Each colour is a class; any other colour rejects the case, with `advice`."""

    mapping: Mapping[tuple[int, int, int], int]
    advice: str = "Fetch the owner's file; copies are often recoloured."

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        array = self.pixels.array(reader)
        if array.ndim == 3:
            array = np.repeat(array[..., np.newaxis], 3, axis=3)
        packed = array.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
        values, places = np.unique(packed, return_inverse=True)
        table = {(r << 16) | (g << 8) | b: index for (r, g, b), index in self.mapping.items()}
        strange = [int(value) for value in values if int(value) not in table]
        if strange:
            few = ", ".join(f"({v >> 16}, {v >> 8 & 255}, {v & 255})" for v in strange[:5])
            raise Rejected(
                _name(self),
                f"colours {few} where only {', '.join(map(str, self.mapping))} are declared.",
                self.advice,
            )
        result: LabelMap = np.array([table[int(v)] for v in values], np.uint8)[places].reshape(array.shape[:3])
        return result


@dataclass(frozen=True, slots=True)
class Painted(Labels):
    """Several parts on one label map, in ascending class index: the higher class wins. Equal classes unite.

    A pixel is not annotated only where no part paints it and one says so.

    Attributes:
        classes: the class of each part, in its order, where the parts are binary and other columns use them so; empty where the parts
            give classes themselves.
    """

    parts: tuple[Labels, ...]
    classes: tuple[int, ...] = ()

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return tuple(file for part in self.parts for file in part.files())

    def drawn_files(self) -> tuple[RawFile, ...]:
        """See `Labels.drawn_files`."""
        return tuple(file for part in self.parts for file in part.drawn_files())

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        if shape == NATIVE and self.parts:
            shape = native_labels(self.parts[0], reader).shape
        result = np.zeros(shape, np.uint8)
        unknown: NDArray[np.bool_] | None = None
        for number, part in enumerate(self.parts):
            labels = on_grid(part, reader, shape)
            holes = labels == NOT_ANNOTATED
            if holes.any():
                unknown = holes if unknown is None else unknown | holes
                labels = np.where(holes, np.uint8(0), labels)
            np.maximum(result, labels * np.uint8(self.classes[number]) if self.classes else labels, out=result)
        if unknown is not None:
            result[unknown & (result == 0)] = NOT_ANNOTATED
        return result


@dataclass(frozen=True, slots=True)
class Nearest(Labels):
    """A mask published on another grid, mapped to the image's by nearest neighbour: index = floor((i + 0.5) * native / full)."""

    part: Labels

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.part.files()

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        native = native_labels(self.part, reader)
        rows, columns = (nearest_index(n, f) for n, f in zip(native.shape[1:], shape[1:], strict=True))
        return np.ascontiguousarray(native[:, rows][:, :, columns])


def nearest_index(native: int, full: int) -> NDArray[np.int64]:
    """For each of `full` pixels the index of the nearest of `native` ones, in exact integer arithmetic."""
    return (2 * np.arange(full, dtype=np.int64) + 1) * native // (2 * full)


def native_labels(part: Labels, reader: Reader) -> LabelMap:
    """The label map of a part on the grid it was published on."""
    return part.labels(reader, NATIVE)


def on_grid(part: Labels, reader: Reader, shape: Shape) -> LabelMap:
    """The label map of a part, checked against the image's grid.

    Raises:
        Rejected: the sizes differ.
    """
    labels: LabelMap = reader.once((_Itself(part), shape), lambda: part.labels(reader, shape))
    check_size(part, labels, shape)
    return labels


def check_size(part: Labels, labels: LabelMap, shape: Shape) -> None:
    """Makes sure that a label map has the size of the image.

    Raises:
        Rejected: the sizes differ.
    """
    if shape not in (labels.shape, NATIVE):
        found, expected = (" x ".join(map(str, s[:0:-1] if s[0] == 1 else s[::-1])) for s in (labels.shape, shape))
        turned = shape[:0:-1] == labels.shape[1:]
        raise Rejected(
            _name(part),
            f"the mask has {found} pixels, its image {expected}" + (": one of them lies on its side." if turned else "."),
            "Fetch the owner's files; copies are often resized.",
        )


class _Itself:
    """A key for `Reader.once`: this part and no equal one, which would cost a comparison; what is kept under it cannot outlive it."""

    __slots__ = ("_part",)

    def __init__(self, part: Labels) -> None:
        self._part = part

    def __hash__(self) -> int:
        return id(self._part)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other._part is self._part
