"""Further ways to read a picture file as samples: through its palette alone, as its brightest channel, as a mask of unknown coding."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.errors import Rejected
from hf_medseg.formats.picture import Picture
from hf_medseg.formats.pixels import merge_channels
from hf_medseg.masks.coding import Alpha, Samples, gathers, loss, samples
from hf_medseg.masks.labels import LabelMap, Labels, Pixels, Shape
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.sent import Sent

Array = NDArray[Any]
_ONCE = 1 << 26  # bytes; larger values are not kept for a second use, which they most often do not have


@dataclass(frozen=True)
class Indexed:
    """The colours of a picture that must have a palette: one without was recoloured or saved anew, and its colours mean nothing."""

    file: RawFile

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def array(self, reader: Reader) -> Array:
        """See `Pixels.array`.

        Raises:
            Rejected: the picture has no palette, or cannot be decoded.
        """
        pixels = Picture(self.file).array(reader)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(reader.read(self.file))) as picture:
                mode = picture.mode
        if mode != "P":
            raise Rejected(
                self.file.path,
                f"a picture with a palette expected, mode {mode} found.",
                "Fetch the owner's file; copies are often recoloured.",
            )
        return pixels


@dataclass(frozen=True)
class Brightest:
    """The highest of a pixel's colour channels: for pictures whose background was painted black."""

    pixels: Pixels

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.pixels.files()

    def array(self, reader: Reader) -> Array:
        """See `Pixels.array`."""
        array = self.pixels.array(reader)
        return array if array.ndim == 3 else np.asarray(array.max(axis=3))


@dataclass(slots=True, unsafe_hash=True)  # not frozen, as RawFile is not
class MaskValues(Sent):
    """The values of a mask of which only the data know the coding.

    The one channel of a grey picture, the greys of a palette or its indices, 0 and 255 of a 1-bit picture, and of what was saved with
    loss, whose values were changed, 0 and 255 too: up to 127, and above.

    Attributes:
        file: the mask.
        by_index: a palette is read as its indices.
        above: where it is set, the values are 255 above it and 0 elsewhere, whatever the mask holds; colours count as their luma.
        exact: nothing that was saved with loss is taken.
        twin: the picture that it belongs to, which it must not be.
        alpha: see `Alpha`.
    """

    file: RawFile
    by_index: bool = True
    above: float | None = None
    exact: bool = False
    twin: RawFile | None = None
    alpha: Alpha = ""

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def array(self, reader: Reader) -> Array:
        """See `Pixels.array`.

        Raises:
            Rejected: the picture cannot be decoded, its colour channels differ, or it was saved with loss and was not black and white.
        """
        data = reader.read(self.file)
        if self.twin is not None and reader.sha256.get(self.twin.path) == reader.sha256[self.file.path]:
            raise Rejected(self.file.path, "the mask is the same file as its picture.", "Put the mask there that was drawn on the picture.")
        values: Array = reader.once(self, lambda: self._of(data), most=_ONCE)
        return values[np.newaxis]

    def _of(self, data: bytes) -> Array:
        return mask_values(data, self.file.path, self.by_index, self.above, self.exact, self.alpha)


def mask_values(data: bytes, path: str, by_index: bool = True, above: float | None = None, exact: bool = False, alpha: Alpha = "") -> Array:
    """(height, width) values of a mask, see `MaskValues`.

    Raises:
        Rejected: see `MaskValues.array`.
    """
    mask = samples(data, path, alpha)
    if above is not None:
        return np.where(mask.grey > above, np.uint8(255), np.uint8(0))
    if mask.lossy:
        return _without_loss(mask, path, exact)
    array = mask.array if by_index else mask.colours
    if array.dtype.kind == "f":
        raise Rejected(path, "mask values that are no whole numbers.", "Save the mask with one whole number a class, or set a threshold.")
    return merge_channels(array, path) if array.ndim == 3 else array


def _without_loss(mask: Samples, path: str, exact: bool) -> Array:
    """0 and 255 for a mask that was saved with loss."""
    grey = mask.grey
    if exact:
        raise Rejected(path, "it was saved with loss, which does not keep numbers of objects.", "Save it as PNG from what it was made of.")
    if not gathers(grey):
        trouble, mend = loss(grey)
        advice = f"If it shows one class, say in the about file: {mend}. Else save it as PNG from what it was made of."
        raise Rejected(path, f"{trouble}.", advice)
    return np.where(grey > 127, np.uint8(255), np.uint8(0))


@dataclass(frozen=True, slots=True)
class Unfit(Labels):
    """A mask of which it is known before that it cannot be read as the others of its set."""

    file: RawFile
    expected: str
    advice: str

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        raise Rejected(self.file.path, self.expected, self.advice)


@dataclass(frozen=True, slots=True)
class MaskColours:
    """The colours of a mask, palettes resolved; of one that is transparent somewhere as `alpha` says."""

    file: RawFile
    alpha: Alpha = ""

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def array(self, reader: Reader) -> Array:
        """See `Pixels.array`."""
        return samples(reader.read(self.file), self.file.path, self.alpha).colours[np.newaxis]
