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
from hf_medseg.pixels import jpeg
from hf_medseg.pixels.masks import Pixels, luma
from hf_medseg.pixels.picture import Picture, decode, merge_channels
from hf_medseg.raw.files import RawFile, Reader

Array = NDArray[Any]


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


@dataclass(frozen=True)
class MaskValues:
    """The values of a mask of which only the data know the coding.

    The indices of a palette, the one channel of a grey picture, 0 and 255 of a 1-bit picture, and of a JPEG, whose values were changed by
    its compression, 0 and 255 too: up to 127, and above.
    """

    file: RawFile

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def array(self, reader: Reader) -> Array:
        """See `Pixels.array`.

        Raises:
            Rejected: the picture cannot be decoded, or its colour channels differ.
        """
        return mask_values(reader.read(self.file), self.file.path)[np.newaxis]


def mask_values(data: bytes, path: str) -> Array:
    """(height, width) values of a mask, see `MaskValues`.

    Raises:
        Rejected: the picture cannot be decoded, or its colour channels differ.
    """
    pixels = decode(data, path, indices=True)
    if data.startswith(jpeg.START):
        return np.where((luma(pixels) if pixels.ndim == 3 else pixels) > 127, np.uint8(255), np.uint8(0))
    return merge_channels(pixels, path) if pixels.ndim == 3 else pixels


def distinct_values(data: bytes, path: str) -> tuple[int, ...]:
    """The values that a mask holds, ascending: a look for surveys.

    Raises:
        Rejected: see `mask_values`; or its values are no whole numbers.
    """
    values = np.unique(mask_values(data, path))
    if not (np.isfinite(values) & (values == np.floor(values))).all():
        raise Rejected(path, "mask values that are no whole numbers.", "Save the mask with one whole number a class.")
    return tuple(int(value) for value in values)
