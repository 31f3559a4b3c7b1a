"""Volumes: an array of slices with its geometry, whatever file format it came from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected
from hf_medseg.formats.floats import as_float32
from hf_medseg.formats.pixels import encode_pixels
from hf_medseg.raw.files import RawFile, Reader

Array = NDArray[Any]

# Files of one case repeat their geometry in 32-bit floats and decimal text: nearer than this (mm, direction) is the same grid.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Grid:
    """Where the slices of a volume lie.

    Attributes:
        shape: (slices, height, width).
        plane: `axial`, `coronal` or `sagittal`; None where nothing says.
        orientation: where column, row and slice index increase to, such as `LPS`; None where nothing says.
        pixel_spacing: (row, column) in mm.
        slice_thickness: from the header, mm.
        slice_spacing: measured between slice positions, mm.
        positions: LPS position of each slice's first pixel, mm.
        direction: LPS direction of a row and of a column (ImageOrientationPatient), six numbers.
    """

    shape: tuple[int, int, int]
    plane: str | None = None
    orientation: str | None = None
    pixel_spacing: tuple[float, float] | None = None
    slice_thickness: float | None = None
    slice_spacing: float | None = None
    positions: tuple[tuple[float, float, float], ...] = ()
    direction: tuple[float, ...] | None = None

    @property
    def affine(self) -> NDArray[np.float64] | None:
        """(column, row, slice) index to LPS position, 4 x 4; None where nothing says."""
        if not self.positions or self.direction is None or self.pixel_spacing is None:
            return None
        first, last = np.array(self.positions[0]), np.array(self.positions[-1])
        across, down = np.array(self.direction[:3]), np.array(self.direction[3:])
        affine = np.eye(4)
        affine[:3, 0] = across * self.pixel_spacing[1]
        affine[:3, 1] = down * self.pixel_spacing[0]
        if len(self.positions) > 1:
            affine[:3, 2] = (last - first) / (len(self.positions) - 1)
        else:
            affine[:3, 2] = np.cross(across, down) * (self.slice_spacing or self.slice_thickness or 1.0)
        affine[:3, 3] = first
        return affine


_IMAGE_GRID = "grid of the image"


def lay_image(reader: Reader, grid: Grid) -> None:
    """Says where the image of a case lies: every other volume that is read for the case must lie there."""
    reader.tell(_IMAGE_GRID, grid)


def image_grid(reader: Reader) -> Grid | None:
    """The grid of the case's image, once it is read, where it is a volume."""
    found: Grid | None = reader.told(_IMAGE_GRID)
    return found


def check_same_grid(found: Grid, image: Grid, path: str) -> None:
    """Makes sure that a volume lies on the grid of its case's image.

    Args:
        found: the volume's grid.
        image: the image's grid.
        path: the volume's file, for messages.

    Raises:
        Rejected: the size differs, or the position by more than TOLERANCE.
    """
    if found.shape != image.shape:
        sizes = (" x ".join(map(str, grid.shape[::-1])) for grid in (found, image))
        raise Rejected(path, "it has {} voxels, the image of its case {}.".format(*sizes))
    here, there = found.affine, image.affine
    if (here is None) != (there is None):
        raise Rejected(path, "only one of it and the image of its case says how it lies in space.")
    if here is not None and there is not None and not np.allclose(here, there, rtol=0, atol=TOLERANCE):
        off = float(np.abs(here - there).max())
        raise Rejected(path, f"it lies elsewhere in space than the image of its case (affines differ by {off:.4g}).")


@dataclass(frozen=True)
class Samples:
    """A volume's stored samples.

    Attributes:
        array: (slices, height, width) uint8, uint16 or float32: what is stored; physical = stored * slope + intercept.
        columns: further values for each slice (or one for all), such as `sop_instance_uid`.
        sources: (source_file, sha256) for each slice where slices are files of their own; else empty.
    """

    array: Array
    grid: Grid
    slope: float = 1.0
    intercept: float = 0.0
    columns: dict[str, Any] = field(default_factory=dict)
    sources: tuple[tuple[str, str], ...] = ()


class VolumeImage(ABC):
    """An image that gives many slices.

    Attributes:
        single: whether it is one picture in its own right: its row is named by the case alone and belongs to no volume.
    """

    single: ClassVar[bool] = False

    @abstractmethod
    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""

    @abstractmethod
    def samples(self, reader: Reader) -> Samples:
        """The samples with their geometry.

        Raises:
            Rejected: a file is damaged, or the volume is not one regular grid.
        """

    def array(self, reader: Reader) -> Array:
        """The stored samples alone, on the grid of the case's image.

        Raises:
            Rejected: see `samples`; or it lies on another grid.
        """
        samples = self.samples(reader)
        if (image := image_grid(reader)) is not None:
            check_same_grid(samples.grid, image, self.files()[0].path)
        return samples.array

    def values(self, reader: Reader, shape: tuple[int, int, int]) -> list[Any]:
        """See `Recipe.values`: a picture of each slice."""
        return [encode_pixels(pixels) for pixels in self.whole(reader, shape)]

    def whole(self, reader: Reader, shape: tuple[int, int, int]) -> Any:
        """See `Recipe.whole`: the stored samples.

        Raises:
            Rejected: they do not lie on the grid of the case's image.
        """
        array = self.array(reader)
        if array.shape[:3] != shape:
            sizes = (" x ".join(map(str, size[::-1])) for size in (array.shape[:3], shape))
            raise Rejected(self.files()[0].path, "it has {} voxels, the image of its case {}.".format(*sizes))
        return array


@dataclass(frozen=True)
class OneFile(VolumeImage):
    """A picture in its own right that is read from one file, once for a case.

    Attributes:
        file: the file.
    """

    single: ClassVar[bool] = True
    file: RawFile

    def files(self) -> tuple[RawFile, ...]:
        """The file that is read."""
        return (self.file,)

    def samples(self, reader: Reader) -> Samples:
        """See `VolumeImage.samples`."""
        samples: Samples = reader.once(self, lambda: self.read(reader))
        return samples

    @abstractmethod
    def read(self, reader: Reader) -> Samples:
        """Reads the file; see `VolumeImage.samples`."""


_UNSIGNED: dict[int, Any] = {1: np.uint8, 2: np.uint16}


def stored_samples(raw: Array, path: str, slope: float = 1.0, intercept: float = 0.0) -> tuple[Array, float, float]:
    """Samples as they are stored, whatever type the file has.

    Unsigned 8- and 16-bit integers stay; signed ones are shifted by half their range; wider integers, and floats that are whole
    numbers, become 16-bit where an offset fits; other floats become 32-bit floats, 64-bit ones by rounding (see `rounded`).

    Args:
        raw: samples as the file holds them.
        path: the file, for messages.
        slope: physical = raw * slope + intercept.
        intercept: see slope.

    Returns:
        (samples of uint8, uint16 or float32, slope, intercept), so that physical = samples * slope + intercept.

    Raises:
        Rejected: a sample is not a finite number, or no such type holds all of them exactly, nor 64-bit floats but for rounding.
    """
    kind, size = raw.dtype.kind, raw.dtype.itemsize
    if not raw.dtype.isnative:
        raw = raw.astype(raw.dtype.newbyteorder("="))
    if kind == "f" and size == 2:
        raw = raw.astype(np.float32)
    if kind == "u" and size <= 2:
        return raw, slope, intercept
    if kind == "i" and size <= 2:
        half, unsigned = 1 << (8 * size - 1), _UNSIGNED[size]
        return np.bitwise_xor(raw.view(unsigned), unsigned(half), order="C"), slope, intercept - half * slope
    if kind not in "iuf":
        raise Rejected(path, f"samples of type {raw.dtype}; integers or floating-point numbers expected.")
    low, high = raw.min(), raw.max()
    if kind == "f":
        if not np.isfinite(low) or not np.isfinite(high):
            raise Rejected(path, "it holds samples that are not finite numbers (NaN or infinity).")
        if low != np.floor(low) or float(high) - float(low) > 65535 or not all(np.array_equal(one, np.rint(one)) for one in raw):
            return as_float32(raw, path), slope, intercept
    offset = int(low)
    if low >= 0 and high <= 65535:
        offset = 0
    elif low >= -32768 and high <= 32767:
        offset = -32768
    if int(high) - offset > 65535:
        raise Rejected(path, f"integers {int(low)}..{int(high)}; no offset brings them into 16 bits.")
    if abs(offset) > _EXACT:
        raise Rejected(path, f"integers {int(low)}..{int(high)}; no floating-point number tells them apart.")
    shifted: Array = np.empty(raw.shape, np.uint16)
    np.subtract(raw, raw.dtype.type(offset), out=shifted, dtype=raw.dtype, casting="unsafe")  # never a second copy of the whole
    return shifted, slope, intercept + offset * slope


# Integers up to here are 64-bit floats, as `rescale_intercept` is, exactly.
_EXACT = 1 << 52


def check_even(grid: Grid, path: str) -> None:
    """Makes sure that an affine says where every slice lies.

    Raises:
        Rejected: the slices are at uneven distances.
    """
    affine = grid.affine
    if affine is not None:
        straight = affine[:3, 3] + np.arange(grid.shape[0])[:, np.newaxis] * affine[:3, 2]
        if np.abs(straight - np.array(grid.positions)).max() > 0.1 * np.linalg.norm(affine[:3, 2]):
            raise Rejected(path, "its slices are at uneven distances, which no NIfTI can say.", "Use the config slices for it.")
