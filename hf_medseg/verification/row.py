"""One row: its pictures, masks, labels and files, and its place among the slices of a volume."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.conversion.rows import class_list
from hf_medseg.dataset.columns import Column, Label, ListOf, PictureColumn, Record, VolumeColumn
from hf_medseg.dataset.table import NOT_ANNOTATED, TableSpec, Tally
from hf_medseg.verification.cell import Opened, Wrong, open_cell
from hf_medseg.words import counted

Row = Mapping[str, Any]
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LENGTHS = {"pixel_spacing": 2, "image_position": 3, "image_orientation": 6}
_WORDS = {"plane": re.compile("axial|coronal|sagittal"), "orientation": re.compile("(?!.*([LR].*[LR]|[AP].*[AP]|[SI].*[SI]))[LRAPSI]{3}")}


class SliceOrder:
    """Follows the slices of volumes: complete, in order, each volume in one run."""

    def __init__(self) -> None:
        self._ended: set[str] = set()
        self._volume: str | None = None
        self._next, self._count = 0, 0

    def next(self, row: Row) -> Iterator[tuple[str, str]]:
        """Takes a row and yields what is wrong with its place."""
        volume, index = row.get("volume_id"), row.get("slice_index")
        if volume is None or index is None:
            return
        if volume != self._volume:
            yield from self.end()
            if volume in self._ended:
                yield "slices", f"its volume {volume} goes on after another one began."
            self._volume, self._next, self._count = volume, 0, row["num_slices"]
        if index != self._next:
            yield "slices", f"slice_index {self._next} of the volume {volume} was expected, {index} found."
        if row["num_slices"] != self._count:
            yield "slices", f"num_slices is {row['num_slices']}, {self._count} in the slices before."
        self._next = index + 1

    def end(self) -> Iterator[tuple[str, str]]:
        """Yields what is missing from the volume so far."""
        if self._volume is not None:
            self._ended.add(self._volume)
            if self._next != self._count:
                yield "slices", f"the volume {self._volume} ends before slice {self._next} of {self._count}."


class RowCheck:
    """Checks the rows of one shard, and counts what is in their masks.

    Made from the columns of the shard, its class names, the table that the catalog declares (None where it declares none), and whether
    pixels may be not annotated.

    Attributes:
        tally: of all rows so far.
        counted: whether every mask so far could be read.
        readable: whether the library is there that the pictures need.
        pixel_bytes: size of the encoded pictures of the last row.
    """

    def __init__(self, columns: Mapping[str, Column], classes: tuple[str, ...], declared: TableSpec | None, holes: bool) -> None:
        self._columns, self._classes, self._holes = columns, classes, holes
        self._mode = declared.image_mode if declared else ""
        self._volumes = isinstance(columns["image"], VolumeColumn)
        self.readable = not self._volumes or find_spec("nibabel") is not None
        self.tally = Tally()
        self.counted = True
        self.pixel_bytes = 0

    def row(self, row: Row) -> list[tuple[str, str]]:
        """(check, what was expected and found) for everything that is wrong with a row."""
        return [*self._pixels(row), *self._plain(row)]

    def _pixels(self, row: Row) -> Iterator[tuple[str, str]]:
        self.pixel_bytes = 0
        image, found = self._open("image", row["image"])
        yield from found
        if row["image"] is None:
            yield "image", "`image` is null; a row has its image."
        elif image is not None:
            yield from self._image(row, image)
        grid = None if image is None else image.grid
        yield from self._mask(row, grid)
        for name, column in self._columns.items():
            if name in ("image", "mask") or row[name] is None:
                continue
            for cell in _cells(column, row[name]):
                opened, found = self._open(name, cell)
                yield from found
                if opened is not None:
                    yield from self._further(name, opened, grid)

    def _open(self, name: str, cell: Mapping[str, Any] | None) -> tuple[Opened | None, list[tuple[str, str]]]:
        """The decoded cell, or None with the reason; what is wrong but does not hinder decoding comes with it."""
        if cell is None:
            return None, []
        self.pixel_bytes += len(cell["bytes"] or b"")
        found = list(_check_path(name, cell["path"]))
        if not self.readable:
            return None, found
        try:
            return open_cell(cell["bytes"] or b"", drawn=False), found
        except Wrong as error:
            return None, [*found, (error.check, f"`{name}`: {error}")]

    def _image(self, row: Row, image: Opened) -> Iterator[tuple[str, str]]:
        height, width = image.grid[-2:]
        if (width, height) != (row["width"], row["height"]):
            yield "size", f"`width` x `height` say {row['width']} x {row['height']}, the image has {width} x {height}."
        slices = image.grid[0] if len(image.grid) == 3 else None
        for name in ("depth", "num_slices"):
            if slices is not None and row.get(name, slices) != slices:
                yield "size", f"`{name}` says {row[name]}, the volume has {counted(slices, 'slice')}."
        if {self._mode, image.mode} == {"L", "RGB"}:
            yield "mode", f"`image` has the mode {image.mode}, the source declares {self._mode}."

    def _mask(self, row: Row, grid: tuple[int, ...] | None) -> Iterator[tuple[str, str]]:
        mask, found = self._open("mask", row["mask"])
        yield from found
        if row["mask"] is None:
            self.tally.add(None, self._classes)
            if row["classes"]:
                yield "classes", f"`mask` is null, `classes` says {row['classes']}; without a mask it is empty."
            return
        wrong = [] if mask is None else list(_not_labels("mask", mask))
        yield from wrong
        if mask is None or wrong:
            self.tally += Tally(rows=1, rows_with_mask=1)
            self.counted = False
            return
        if grid is not None and mask.grid != grid:
            yield "grid", f"`mask` has {_sides(mask.grid)} pixels, its image {_sides(grid)}."
        counts = mask.counts()
        yield from self._values("mask", counts, len(self._classes), self._holes or self._volumes)
        if row["classes"] != class_list(counts):
            yield "classes", f"`classes` says {row['classes']}, the mask holds {class_list(counts)}."
        if counts[len(self._classes) : NOT_ANNOTATED].any():
            self.tally += Tally(rows=1, rows_with_mask=1)
            self.counted = False
        else:
            self.tally.add(counts, self._classes)

    def _further(self, name: str, opened: Opened, grid: tuple[int, ...] | None) -> Iterator[tuple[str, str]]:
        """A picture beside image and mask."""
        if grid is not None and opened.grid != grid and not name.endswith("_native"):
            yield "grid", f"`{name}` has {_sides(opened.grid)} pixels, the image {_sides(grid)}."
        if name.startswith("instances"):
            if opened.mode not in ("I;16", ""):
                yield "instances", f"`{name}` has the mode {opened.mode}; 16-bit grey expected."
        elif name in ("fov_mask", "mask", "masks") or name.startswith(("mask_", "masks_")):
            wrong = list(_not_labels(name, opened))
            yield from wrong
            if not wrong:
                # Single structures and fields of view are 0 outside, 1 inside, whatever the classes are.
                allowed = 2 if name == "fov_mask" else max(2, len(self._classes))
                cut = "volume_id" in self._columns  # slices that nobody read of an annotated volume
                yield from self._values(name, opened.counts(), allowed, self._holes or cut)

    def _values(self, name: str, counts: NDArray[np.int64], allowed: int, holes: bool) -> Iterator[tuple[str, str]]:
        """Values that no class stands for."""
        found = (int(value) for value in np.flatnonzero(counts))
        strange = [value for value in found if value >= allowed and not (holes and value == NOT_ANNOTATED)]
        if strange:
            also = " and 255" if holes else ""
            yield "values", f"`{name}` holds the values {', '.join(map(str, strange[:5]))}; 0..{allowed - 1}{also} are declared."

    def _plain(self, row: Row) -> Iterator[tuple[str, str]]:
        for name in ("image_id", "source_file", "source_sha256"):
            if not row[name]:
                yield "null", f"`{name}` is empty."
        yield from _check_file(row["source_file"] or "", row["source_sha256"] or "")
        for one in row.get("files") or ():
            yield from _check_file(one["path"] or "", one["sha256"] or "")
        for name, column in self._columns.items():
            if name != "classes":  # compared with the mask
                yield from _check_labels(name, column, row[name])
        if row.get("masks") is not None and "mask_names" in row and len(row["masks"]) != len(row["mask_names"] or ()):
            yield "masks", f"{len(row['masks'])} `masks` and {len(row['mask_names'] or ())} `mask_names`."
        for name, length in _LENGTHS.items():
            if row.get(name) is not None and len(row[name]) != length:
                yield "geometry", f"`{name}` has {len(row[name])} numbers, {length} expected."
        # The plane of a single picture is in the owner's words.
        for name, word in (_WORDS if row.get("volume_id") is not None else {}).items():
            if row.get(name) is not None and not word.fullmatch(row[name]):
                yield "geometry", f"`{name}` says {row[name]!r}."


def _cells(column: Column, value: Any) -> list[Any]:
    """The pictures or volumes in a column's value."""
    if isinstance(column, (PictureColumn, VolumeColumn)):
        return [value]
    return list(value) if isinstance(column, ListOf) and isinstance(column.item, (PictureColumn, VolumeColumn)) else []


def _sides(grid: tuple[int, ...]) -> str:
    return " x ".join(map(str, reversed(grid)))


def _check_path(name: str, path: str | None) -> Iterator[tuple[str, str]]:
    """The name beside the bytes must tell nothing of the machine that wrote it."""
    if not path or "/" in path or "\\" in path:
        yield "path", f"`{name}` carries the path {path!r}; a file name without folders expected."


def _check_file(path: str, digest: str) -> Iterator[tuple[str, str]]:
    steps = path.split("/")
    if "\\" in path or path.startswith("/") or ".." in steps or re.match("[A-Za-z]:/", path) or unicodedata.normalize("NFC", path) != path:
        yield "source", f"{path!r} is no path inside a raw tree (POSIX, NFC)."
    if digest and not _SHA256.fullmatch(digest):
        yield "source", f"{digest!r} is no SHA-256 in 64 hexadecimal digits."


def _check_labels(name: str, column: Column, value: Any) -> Iterator[tuple[str, str]]:
    """Class indices that have no name."""
    match column:
        case Label(names) if value is not None and not 0 <= value < len(names):
            yield "labels", f"`{name}` holds {value}; it names 0..{len(names) - 1}."
        case ListOf(item) if value is not None and not isinstance(item, (PictureColumn, VolumeColumn)):
            for one in value:
                yield from _check_labels(name, item, one)
        case Record(fields) if value is not None:
            for key, kind in fields.items():
                yield from _check_labels(f"{name}.{key}", kind, value[key])


def _not_labels(name: str, opened: Opened) -> Iterator[tuple[str, str]]:
    """Why something is no label map."""
    if opened.kind == "NIfTI":
        if opened.samples.dtype != np.uint8:
            yield "label map", f"`{name}` holds {opened.samples.dtype} voxels; 8-bit expected."
    elif (opened.kind, opened.mode) != ("PNG", "L"):
        yield "label map", f"`{name}` is a {opened.kind} of mode {opened.mode}; an 8-bit grey PNG expected."
