"""Masks of volumes whose files hold a part of the image's grid, or run along its axes in another order or direction than it does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.formats.volume import TOLERANCE, Array, Grid, image_grid
from hf_medseg.formats.voxels import Voxels, VoxelVolume, values_of
from hf_medseg.raw.files import RawFile, Reader


@dataclass(frozen=True)
class Fitted:
    """The values of a mask, put on the image's grid voxel on voxel, as both headers say where they lie: nothing is resampled.

    Attributes:
        volume: how the file is read.
        outside: the value of voxels of the image that the file does not reach.
    """

    volume: VoxelVolume
    outside: int = 0

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.volume.files()

    def array(self, reader: Reader) -> Array:
        """See `Pixels.array`.

        Raises:
            Rejected: the file is damaged, has voxels of another size, between those of the image or beyond them, or says what `outside` is.
        """
        image = image_grid(reader)
        if image is None or image.affine is None:
            return self.volume.array(reader)
        voxels, path = self.volume.voxels(reader), self.volume.file.path
        if voxels.affine is None:
            raise Rejected(path, "its header does not say how it lies in space, the image of its case does.")
        if voxels.note:
            reader.note(path, voxels.note)
        first, order, flipped = _place(voxels, image, path)
        values = values_of(voxels, np.flip(voxels.array.transpose(order), tuple(flipped)))
        if self.outside and (values == self.outside).any():
            raise Rejected(path, f"it holds {self.outside}, which stands for what a mask of a part of its image does not reach.")
        values, first = _inside(values, first, image.shape, self.outside, path)
        if values.shape == image.shape:
            return np.ascontiguousarray(values)
        result = np.full(image.shape, self.outside, values.dtype)
        result[tuple(slice(start, start + size) for start, size in zip(first, values.shape, strict=True))] = values
        return result


def _place(voxels: Voxels, image: Grid, path: str) -> tuple[list[int], list[int], list[int]]:
    """Where voxels lie on a grid of (slices, rows, columns): (first index of each, its stored axis, axes that run the other way).

    Raises:
        Rejected: they lie between the image's voxels, or beyond them.
    """
    there, here = image.affine, voxels.affine
    assert there is not None and here is not None, "both are looked at before"
    steps = np.rint(np.linalg.solve(there, here))[:3]  # (column, row, slice) of the image's grid by (i, j, k, 1)
    turn = steps[:, :3]
    regular = (np.abs(turn).sum(axis=0) == 1).all() and (np.abs(turn).sum(axis=1) == 1).all()
    off = float(np.abs(there[:3] @ np.vstack([steps, [0, 0, 0, 1]]) - here[:3]).max())
    if not regular or off > TOLERANCE:
        raise Rejected(
            path,
            f"its voxels are not those of the image of its case: of another size or direction, or between them (by {off:.4g} mm).",
            "Nothing is resampled: ask the owner for a mask on the image's grid.",
        )
    order = [int(np.argmax(np.abs(turn[axis]))) for axis in (2, 1, 0)]
    flipped = [place for place, axis in enumerate((2, 1, 0)) if turn[axis].min() < 0]
    sizes = [voxels.array.shape[axis] for axis in order]
    first = [int(steps[axis, 3]) - (sizes[place] - 1) * (place in flipped) for place, axis in enumerate((2, 1, 0))]
    return first, order, flipped


def _inside(values: Array, first: list[int], shape: tuple[int, ...], outside: int, path: str) -> tuple[Array, list[int]]:
    """The part of a mask that lies on a grid of that shape, and the first index of it.

    Raises:
        Rejected: something is drawn beyond the grid.
    """
    part = tuple(slice(max(-start, 0), max(whole - start, 0)) for start, whole in zip(first, shape, strict=True))
    kept = values[part]
    drawn = (values != outside) & (values != 0)
    if kept.shape != values.shape and np.count_nonzero(drawn) > np.count_nonzero(drawn[part]):
        raise Rejected(path, "it reaches beyond the image of its case.")
    return kept, [max(start, 0) if size else 0 for start, size in zip(first, kept.shape, strict=True)]
