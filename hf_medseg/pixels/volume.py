"""Volumes: an array of slices with its geometry, whatever file format it came from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from hf_medseg.raw.files import RawFile, Reader

Array = NDArray[Any]


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
    """An image that gives many slices."""

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
        """The stored samples alone."""
        return self.samples(reader).array
