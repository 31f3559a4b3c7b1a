"""Single pictures in files of volumes (NIfTI, MetaImage): rows and columns as they are stored, whatever the header says of space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.formats.stacks import whole_numbers
from hf_medseg.formats.volume import Array, Grid, OneFile, Samples, stored_samples
from hf_medseg.formats.voxels import Voxels, VoxelVolume
from hf_medseg.raw.files import RawFile, Reader


def _flat(voxels: Voxels, path: str, colours: bool) -> Array:
    """(height, width), or (height, width, 3) where colours may lie on a third axis.

    Raises:
        Rejected: it is no single picture.
    """
    array = voxels.array
    if array.shape[2] == 1:
        return array[:, :, 0].swapaxes(0, 1)
    if colours and array.ndim == 3 and array.shape[2] == 3:
        return array.swapaxes(0, 1)
    what = "one picture, or one of three colours" if colours else "one picture"
    raise Rejected(path, f"it holds {' x '.join(map(str, array.shape))} samples; {what} expected.", "Fetch the owner's file.")


@dataclass(frozen=True)
class FlatPicture(OneFile):
    """A volume's file that holds one picture.

    Attributes:
        file: the file.
        volume: how it is read.
        colours: whether a third axis of 3 samples is red, green and blue.
    """

    volume: VoxelVolume
    colours: bool = False

    def read(self, reader: Reader) -> Samples:
        """See `OneFile.read`."""
        voxels = self.volume.voxels(reader)
        flat = np.ascontiguousarray(_flat(voxels, self.file.path, self.colours))[np.newaxis]
        grid = Grid((1, *flat.shape[1:3]))
        if flat.ndim == 3:
            array, slope, intercept = stored_samples(flat, self.file.path, voxels.slope, voxels.intercept)
            return Samples(array, grid, slope, intercept)
        if flat.dtype != np.uint8 or (voxels.slope, voxels.intercept) != (1.0, 0.0):
            raise Rejected(self.file.path, f"its colours are of {flat.dtype}; 8 bits without a scale expected.", "Fetch the owner's file.")
        return Samples(flat, grid)


@dataclass(frozen=True)
class FlatValues:
    """The values of a mask that is one picture in a volume's file.

    Attributes:
        volume: how the file is read.
    """

    volume: VoxelVolume

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.volume.files()

    def array(self, reader: Reader) -> Array:
        """See `Pixels.array`.

        Raises:
            Rejected: it is no single picture, or its values are no whole numbers.
        """
        voxels, path = self.volume.voxels(reader), self.volume.file.path
        if (voxels.slope, voxels.intercept) != (1.0, 0.0):
            raise Rejected(path, "its header scales its values; those of a mask are classes as they stand.", "Fetch the owner's file.")
        values = _flat(voxels, path, False)
        if values.ndim == 2 and values.dtype.kind == "f" and not np.array_equal(values, np.rint(values)):
            raise Rejected(path, "its mask holds fractions, which are no classes.", "Fetch the owner's file; copies are often resized.")
        return np.ascontiguousarray(whole_numbers(values, path))[np.newaxis]
