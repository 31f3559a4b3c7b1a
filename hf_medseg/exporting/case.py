"""A case as exporters take it: its images with their scale, its mask, and where it lies in space, each decoded when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import MedsegError, Rejected
from hf_medseg.exporting.table import Entry, Plan, Row, Table
from hf_medseg.formats import jpeg
from hf_medseg.formats.nifti import all_voxels, volume_bytes, voxels_of
from hf_medseg.formats.pixels import decode
from hf_medseg.formats.png import SIGNATURE
from hf_medseg.formats.volume import Grid

Array = NDArray[Any]


def decoded(data: bytes, name: str) -> Array:
    """The stored samples of a picture, or (slices, height, width) of a volume.

    Raises:
        Rejected: it cannot be decoded.
    """
    return voxels_of(data) if data.startswith(b"\x1f\x8b") else decode(data, name)


def suffix_of(data: bytes) -> str:
    """What a file with these bytes ends in."""
    if data.startswith(jpeg.START):
        return ".jpg"
    if data.startswith(SIGNATURE):
        return ".png"
    return ".nii.gz" if data.startswith(b"\x1f\x8b") else ".tif"


@dataclass(frozen=True)
class Case:
    """A picture, a volume, or slices that make one.

    Attributes:
        entry: what was known of it before.
        rows: the rows that it is made of.
        slices: whether these are the slices of a volume, be it of one.
    """

    entry: Entry
    rows: tuple[Row, ...]
    slices: bool = False

    @property
    def row(self) -> Row:
        """Its row, or that of its first slice."""
        return self.rows[0]

    @property
    def is_volume(self) -> bool:
        """Whether it has a depth."""
        return self.slices or self.row["image"]["bytes"].startswith(b"\x1f\x8b")

    def data(self, column: str = "image") -> bytes | None:
        """The bytes of a picture column, of a case of one row; None for null."""
        cell = self.row[column]
        return None if cell is None else cell["bytes"]

    def samples(self, column: str = "image") -> Array | None:
        """Stored samples: (height, width[, 3]), or (slices, height, width) of a volume, 255 where nobody drew a mask; None for null.

        Raises:
            Rejected: they cannot be decoded.
        """
        there = [None if row[column] is None else decoded(row[column]["bytes"], row["image_id"]) for row in self.rows]
        first = next((one for one in there if one is not None), None)
        if first is None:
            return None
        if any(one is None for one in there) and ("mask" not in column or first.dtype != np.uint8):
            lacking = next(row["image_id"] for row, one in zip(self.rows, there, strict=True) if one is None)
            raise Rejected(lacking, f"it has no {column}, which other slices of its volume have.", _LOOK)
        found = [np.full(first.shape, NOT_ANNOTATED, np.uint8) if one is None else one for one in there]
        if self.slices and {one.shape for one in found} != {found[0].shape[:2]}:
            raise Rejected(self.entry.id, f"the slices of its {column} are in colours or differ in size.", _LOOK)
        return np.stack(found) if self.slices else found[0]

    @cached_property
    def mask(self) -> Array | None:
        """The label map on the grid of the image, 255 where nobody looked; None where nobody looked at any of it.

        Raises:
            Rejected: it cannot be decoded, or is no 8-bit map of the image's size.
        """
        masks = [None if row["mask"] is None else decoded(row["mask"]["bytes"], row["image_id"]) for row in self.rows]
        if all(mask is None or mask.min() == NOT_ANNOTATED for mask in masks):
            return None
        shape = (self.row["height"], self.row["width"])
        for row, mask in zip(self.rows, masks, strict=True):
            if mask is not None and (mask.shape[-2:] != shape or mask.dtype != np.uint8):
                raise Rejected(row["image_id"], "its mask is no 8-bit label map of the size of its image.", _LOOK)
        if not self.slices:
            return masks[0]
        return np.stack([np.full(shape, NOT_ANNOTATED, np.uint8) if mask is None else mask for mask in masks])

    def scale(self, column: str = "image") -> tuple[float, float]:
        """Slope and intercept that lead from stored to physical values.

        Raises:
            Rejected: slices differ in them.
        """
        kind = column.removeprefix("image")
        found = {
            tuple(row.get(f"rescale_{name}{kind}", row.get(f"rescale_{name}")) for name in ("slope", "intercept")) for row in self.rows
        }
        if len(found) > 1:
            raise Rejected(self.row["image_id"], "the slices of its volume have scales of their own, which no volume can say.", _LOOK)
        slope, intercept = found.pop()
        return (1.0 if slope is None else slope), (0.0 if intercept is None else intercept)

    @cached_property
    def grid(self) -> Grid:
        """Where its slices lie, a picture being one slice; of a whole volume as its header says."""
        row, depth = self.row, len(self.rows)
        positions = [_place(one["image_position"]) for one in self.rows if one.get("image_position")]
        spacing, direction, apart = row.get("pixel_spacing"), row.get("image_orientation"), row.get("slice_spacing")
        if not self.slices and self.is_volume:
            depth, affine = row["depth"], all_voxels(row["image"]["bytes"], row["image_id"]).affine
            positions = [] if affine is None else [_place(affine[:3, 3] + k * affine[:3, 2]) for k in range(depth)]
            if affine is not None:
                sizes = np.linalg.norm(affine[:3, :3], axis=0)
                spacing, apart, direction = sizes[1::-1].tolist(), float(sizes[2]), (affine[:3, :2] / sizes[:2]).T.ravel().tolist()
        return Grid(
            (depth, row["height"], row["width"]),
            row.get("plane"),
            row.get("orientation"),
            tuple(spacing) if spacing and None not in spacing else None,
            row.get("slice_thickness"),
            apart,
            tuple(positions) if len(positions) == depth else (),
            tuple(direction) if direction else None,
        )


def _place(position: Any) -> tuple[float, float, float]:
    x, y, z = map(float, position)
    return x, y, z


_LOOK = "`hf-medseg verify` tells more."


def cases(table: Table, found: Plan) -> Iterator[Case]:
    """Every case of a plan with its rows, one in memory at a time.

    Raises:
        MedsegError: rows that belong together lie apart, or cannot be read.
    """
    entries = iter(found.entries)
    rows: list[Row] = []
    entry: Entry | None = None
    for _, row in table.rows():
        entry = entry or next(entries)
        if row["volume_id" if found.gathered else "image_id"] != entry.id:
            raise MedsegError(f"{row['image_id']}: the rows of {entry.id} are not together. `hf-medseg verify` tells more.")
        rows.append(row)
        if len(rows) == entry.rows:
            yield Case(entry, tuple(rows), found.gathered)
            rows, entry = [], None


def nifti(array: Array, case: Case, scale: tuple[float, float] = (1.0, 0.0)) -> bytes:
    """A NIfTI with physical values at the case's place in space.

    Whole numbers stay whole. Others keep the stored numbers with a scale, where 32-bit floats can say it, else they are 64-bit floats.

    Args:
        array: (slices, height, width) samples, or (channels, slices, height, width).
        case: whose they are.
        scale: physical = array * slope + intercept.

    Raises:
        Rejected: its sides are longer than the format can say.
    """
    if max(array.shape) > _LONGEST:
        raise Rejected(case.entry.id, f"a side of {max(array.shape)}; NIfTI holds at most {_LONGEST}.", "Export it in another layout.")
    values, *own = physical_samples(array, *scale)
    return volume_bytes(values, case.grid, (own[0], own[1]) if own != [1.0, 0.0] else None)


_LONGEST = 32767


def channels(case: Case, table: Table, colours: bool) -> Iterator[tuple[str, Array, tuple[float, float]]]:
    """(name, (slices, height, width) samples, scale) of every image of a case; a picture in colours gives three.

    Args:
        case: the case.
        table: whose it is.
        colours: whether any picture is in colours: then a grey one gives three equal channels.

    Raises:
        Rejected: one of them cannot be decoded, or is null.
    """
    for column in table.images:
        samples = case.samples(column)
        if samples is None:
            raise Rejected(case.entry.id, f"it has no {column}, and other cases have.", "Layouts with channels need all of them.")
        name = column.removeprefix("image_") if column != "image" else "image"
        if colours and not case.is_volume:
            samples = np.stack([samples] * 3, axis=-1) if samples.ndim == 2 else samples
            for k, colour in enumerate(("red", "green", "blue")):
                yield (colour if name == "image" else f"{name}_{colour}"), samples[np.newaxis, :, :, k], case.scale(column)
        else:
            yield name, samples if case.is_volume else samples[np.newaxis], case.scale(column)


def physical_samples(stored: Array, slope: float, intercept: float) -> tuple[Array, float, float]:
    """Samples of a file, with the slope and intercept that its header says: physical = samples * slope + intercept.

    Args:
        stored: as OUT holds them.
        slope: physical = stored * slope + intercept.
        intercept: see slope.
    """
    if (slope, intercept) == (1.0, 0.0):
        return stored, 1.0, 0.0
    if stored.dtype.kind == "u" and float(slope).is_integer() and float(intercept).is_integer():
        low, high = sorted(int(value) * int(slope) + int(intercept) for value in (stored.min(), stored.max()))
        for dtype in (np.int16, np.uint16, np.int32):
            if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
                return (stored.astype(np.int64) * int(slope) + int(intercept)).astype(dtype), 1.0, 0.0
    if stored.dtype.kind == "u":
        # Signed samples were shifted by 32768 when they were stored: the header of their own file said these.
        for shift in (0, 32768 if stored.dtype == np.uint16 else 128):
            own = intercept + shift * slope
            if float(np.float32(slope)) == slope and float(np.float32(own)) == own:
                signed = (stored.astype(np.int32) - shift).astype(np.int16 if stored.dtype == np.uint16 else np.int8) if shift else stored
                return signed, slope, own
    return stored.astype(np.float64) * slope + intercept, 1.0, 0.0
