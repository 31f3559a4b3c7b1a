"""What every file format of volumes gives: voxels with their place, brought to LPS order and cut into slices."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected
from hf_medseg.formats.floats import ROUNDED, rounded
from hf_medseg.formats.volume import Array, Grid, Samples, VolumeImage, check_same_grid, image_grid, stored_samples
from hf_medseg.raw.files import RawFile, Reader

# Far above any volume of the catalog and far below what exhausts a worker.
MAX_VOXELS = 1 << 30

_KEPT_MASK = 1 << 24  # bytes of a mask that is kept for a second column: of classes and of objects

# Slices are cut along the coarsest axis if its spacing is at least so many times the finest.
_COARSE = 1.5
# LPS axis along which slices are cut -> (plane, axes of slice, row and column).
_CUTS = {2: ("axial", (2, 1, 0)), 1: ("coronal", (1, 2, 0)), 0: ("sagittal", (0, 2, 1))}


@dataclass(frozen=True)
class Voxels:
    """What is read of a file.

    Attributes:
        array: (i, j, k), or (i, j, k, 3) colours, as stored.
        affine: (i, j, k) to LPS, or None where the header has no orientation.
        spacing: of the three axes, mm; 0 where the header has none.
        slope, intercept: physical = array * slope + intercept.
        note: which of the header's statements was taken, where it is not plain.
    """

    array: Array
    affine: NDArray[np.float64] | None
    spacing: tuple[float, ...]
    slope: float = 1.0
    intercept: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class VoxelVolume(VolumeImage):
    """A file of voxels with a header.

    As an image it gives stored samples; as the pixels of a mask (`array`) it gives the values that the file means.

    Attributes:
        file: the file that the volume is named after.
        plane: the plane of the slices where the header has no orientation, if it is known.
        channel: of a file that holds several volumes (channels, frames): which of them, from 0, and how many there must be.
    """

    file: RawFile
    plane: str | None = field(default=None, kw_only=True)
    channel: tuple[int, int] | None = field(default=None, kw_only=True)

    def voxels(self, reader: Reader) -> Voxels:
        """The voxels, of the channel that is asked for.

        Raises:
            Rejected: the file is damaged, or holds no such volume.
        """
        if self.channel is None:
            return self.read(reader)
        found: Voxels = reader.once((VoxelVolume, self.file.path), lambda: _all_channels(self, reader))
        return replace(found, array=found.array[..., self.channel[0]])

    @abstractmethod
    def read(self, reader: Reader) -> Voxels:
        """Reads the file: its voxels, with a last axis of all channels where one is asked for; see `voxels`."""

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def samples(self, reader: Reader) -> Samples:
        """See `VolumeImage.samples`: in LPS order, or in stored order where the header has no orientation."""
        voxels, array, grid = self._cut(reader)
        for file in self.files():
            reader.forget(file)  # its samples lie beside it, and what is stored of them will too
        stored, slope, intercept = stored_samples(array, self.file.path, voxels.slope, voxels.intercept)
        if rounded(array, stored):
            reader.note(self.file.path, ROUNDED)
        # Not as a part of the file's bytes, which would stay as long as it does.
        return Samples(np.require(stored, requirements=["C", "O"]), grid, slope, intercept)

    def array(self, reader: Reader) -> Array:
        """Values of a mask on the grid of the case's image: whole numbers 0..255 as uint8, anything else as it is.

        Raises:
            Rejected: the file is damaged, or lies on another grid.
        """
        values: Array = reader.once((VoxelVolume.array, self), lambda: self._values(reader), most=_KEPT_MASK)
        return values

    def _values(self, reader: Reader) -> Array:
        voxels, array, grid = self._cut(reader)
        if (image := image_grid(reader)) is not None:
            check_same_grid(grid, image, self.file.path)
        return np.ascontiguousarray(values_of(voxels, array))

    def _cut(self, reader: Reader) -> tuple[Voxels, Array, Grid]:
        """The voxels, and (slices, height, width) of them with their grid; further volumes are cut as the image is."""
        voxels = self.voxels(reader)
        if voxels.note:
            reader.note(self.file.path, voxels.note)
        image = image_grid(reader)
        return voxels, *cut(voxels.array, voxels.affine, voxels.spacing, self.plane, image.plane if image else None)


_kept = threading.local()

# Files of several volumes that a thread keeps unpacked: a film, and that of its masks.
_MOST_KEPT = 2


def _all_channels(volume: VoxelVolume, reader: Reader) -> Voxels:
    """All channels of a file, which a thread keeps for a while: frames of a film are cases of their own.

    What nobody can tell to be unchanged is read each time.
    """
    files = volume.files()
    key = tuple((file.path, file.listed, file.size, file.stamp, file.place, volume.channel and volume.channel[1]) for file in files)
    kept: dict[Any, tuple[Voxels, dict[str, str]]] = _kept.__dict__
    found = kept.pop(key, None)
    if found is None or any(file.stamp is None for file in files):
        for oldest in list(kept)[: 1 - _MOST_KEPT or None]:
            del kept[oldest]
        voxels = volume.read(reader)
        found = voxels, {file.path: reader.sha256[file.path] for file in files}
    kept[key] = found
    reader.sha256 |= found[1]
    return found[0]


def values_of(voxels: Voxels, array: Array) -> Array:
    """The values that a mask's samples mean: whole numbers 0..255 as uint8, anything else as it is.

    Args:
        voxels: what is read of the file.
        array: its samples, however they are turned.
    """
    if (voxels.slope, voxels.intercept) != (1.0, 0.0):
        array = array * voxels.slope + voxels.intercept
        whole = np.rint(array)
        array = whole if np.allclose(array, whole, rtol=0, atol=1e-4) else array
    if array.dtype != np.uint8 and array.min() >= 0 and array.max() <= 255:
        narrow = array.astype(np.uint8)
        array = narrow if array.dtype.kind in "iu" or np.array_equal(narrow, array) else array
    return array


def check_size(sizes: Sequence[int], path: str) -> None:
    """Rejects what has no voxels, or more than are read.

    Raises:
        Rejected: see above.
    """
    if min(sizes) < 1 or int(np.prod(sizes, dtype=object)) > MAX_VOXELS:
        raise Rejected(path, f"its header says {' x '.join(map(str, sizes))} voxels; 1 to {MAX_VOXELS} are read.")


def check_channels(found: int, channel: tuple[int, int] | None, sizes: Sequence[int], path: str) -> None:
    """Makes sure that a file holds as many volumes as are expected of it: one, where nobody asks for a channel.

    Raises:
        Rejected: it holds another number.
    """
    wanted = channel[1] if channel is not None else 1
    if found != wanted:
        what = "one volume of three dimensions" if channel is None else f"a volume with {wanted} channels"
        raise Rejected(path, f"it holds {' x '.join(map(str, sizes))} voxels; {what} expected.")


def cut(
    array: Array, affine: NDArray[np.float64] | None, spacing: tuple[float, ...], plane: str | None = None, like: str | None = None
) -> tuple[Array, Grid]:
    """Brings voxels to LPS order by flips and permutations alone, and cuts them into slices.

    Args:
        array: (i, j, k), or (i, j, k, 3).
        affine: (i, j, k) to LPS; None keeps the stored order, k as the slices.
        spacing: of i, j, k, mm; 0 where it is not known.
        plane: what the slices of a volume without affine are.
        like: the plane to cut along, instead of the rule's choice.

    Returns:
        ((slices, height, width), its grid).
    """
    rest = range(3, array.ndim)
    if affine is None:
        shape = (array.shape[2], array.shape[1], array.shape[0])
        known = tuple(one or None for one in spacing)
        pixels = (known[1], known[0]) if known[0] and known[1] else None
        return array.transpose(2, 1, 0, *rest), Grid(shape, plane, pixel_spacing=pixels, slice_spacing=known[2])
    order = _nearest_axes(affine)
    array, affine = array.transpose(*order, *rest), affine[:, [*order, 3]]
    for axis in range(3):
        if affine[axis, axis] < 0:
            array = np.flip(array, axis)
            affine[:3, 3] += affine[:3, axis] * (array.shape[axis] - 1)
            affine[:3, axis] *= -1
    affine = affine + 0.0  # no negative zeros
    sizes = [float(np.linalg.norm(affine[:3, axis])) for axis in range(3)]
    planes = {name: axis for axis, (name, _) in _CUTS.items()}
    along = planes[like] if like else _slice_axis(sizes, array.shape[:3])
    name, (slices, rows, columns) = _CUTS[along]
    count = array.shape[slices]
    positions = tuple(tuple(float(v) for v in affine[:3, 3] + k * affine[:3, slices]) for k in range(count))
    direction = [float(v) for axis in (columns, rows) for v in affine[:3, axis] / sizes[axis]]
    grid = Grid(
        (count, array.shape[rows], array.shape[columns]),
        name,
        "".join("LPS"[axis] for axis in (columns, rows, slices)),
        (sizes[rows], sizes[columns]),
        None,
        sizes[slices] if spacing[order[slices]] else None,
        positions,  # type: ignore[arg-type]
        tuple(direction),
    )
    return array.transpose(slices, rows, columns, *rest), grid


def _nearest_axes(affine: NDArray[np.float64]) -> list[int]:
    """For x, y, z the stored axis that runs nearest to it, each once: the strongest pairs first."""
    strength = np.abs(affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0))
    order = [-1, -1, -1]
    for _ in range(3):
        axis, stored = np.unravel_index(int(np.argmax(strength)), (3, 3))
        order[int(axis)] = int(stored)
        strength[axis, :] = -1
        strength[:, stored] = -1
    return order


def _slice_axis(sizes: list[float], shape: tuple[int, ...]) -> int:
    """The LPS axis along which slices are cut: the only one of a single voxel, for that is one slice; else by spacing.

    Spacings are 32-bit floats: what differs by less than 0.1 um is the same.
    """
    single = [axis for axis in range(3) if shape[axis] == 1]
    if len(single) == 1:
        return single[0]
    rounded = [round(size, 4) for size in sizes]
    coarsest = max(rounded)
    if coarsest < _COARSE * min(rounded) - 1e-4:
        return 2
    return max(range(3), key=lambda axis: (rounded[axis], axis))
