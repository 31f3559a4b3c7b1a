"""Single pictures with a scale of their own: headerless grids of samples, and picture files whose samples are signed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.formats.pixels import decode
from hf_medseg.formats.volume import Grid, OneFile, Samples, stored_samples
from hf_medseg.raw.files import Reader


@dataclass(frozen=True)
class RawGrid(OneFile):
    """A file that is nothing but samples, row by row from the top.

    Attributes:
        height, width: the promised size; the file's size in bytes must fit.
        dtype: type and byte order of a sample as numpy writes it, such as `>u2`.
        highest: the highest value that the source can hold; None for any that the type can.
        inverted: whether high values are dark: then `highest` - value is stored, and slope and intercept lead back.
        pixel_spacing: (row, column) in mm, if the source states it.
    """

    height: int
    width: int
    dtype: str
    highest: int | None = None
    inverted: bool = False
    pixel_spacing: tuple[float, float] | None = None

    def read(self, reader: Reader) -> Samples:
        """See `OneFile.read`."""
        data, kind = reader.read(self.file), np.dtype(self.dtype)
        expected = self.height * self.width * kind.itemsize
        if len(data) != expected:
            raise Rejected(
                self.file.path,
                f"{expected} bytes expected ({self.width} x {self.height} samples without a header), {len(data)} found.",
                "Fetch the file again.",
            )
        raw = np.frombuffer(data, kind).reshape(1, self.height, self.width)
        if self.highest is not None and raw.max() > self.highest:
            raise Rejected(
                self.file.path,
                f"samples up to {raw.max()} where {self.highest} is the highest; another byte order?",
                "Fetch the owner's file; copies are often converted.",
            )
        array, slope, intercept = stored_samples(raw, self.file.path)
        if self.inverted:
            top = np.iinfo(array.dtype).max if self.highest is None else self.highest
            array, slope, intercept = array.dtype.type(top) - array, -slope, intercept + top * slope
        return Samples(array, Grid(array.shape, pixel_spacing=self.pixel_spacing), slope, intercept)


@dataclass(frozen=True)
class SignedPicture(OneFile):
    """A picture file whose samples may be signed 16-bit integers: stored shifted, with the intercept that leads back."""

    def read(self, reader: Reader) -> Samples:
        """See `OneFile.read`."""
        pixels = decode(reader.read(self.file), self.file.path, signed=True)[np.newaxis]
        array, slope, intercept = stored_samples(pixels, self.file.path)
        return Samples(array, Grid((1, array.shape[1], array.shape[2])), slope, intercept)
