"""Rows as files that a page lays over each other: the picture, and for each class of each mask a layer in its colour."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.storage import parquet
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import MissingExtra
from hf_medseg.formats import png
from hf_medseg.preview.choose import Shown, in_order, pick
from hf_medseg.preview.overlay import Seen, colour_of, for_display, is_volume, overlay, samples, see

Array = NDArray[Any]
MOST_FRAMES = 24  # slices of a volume that are shown, evenly spread
_THUMB = 320
_SUFFIXES = {"PNG": "png", "JPEG": "jpg"}
_ON_ANOTHER_GRID = "mask_native"
_NAMES = "mask_names"  # of what the column `masks` holds


@dataclass(frozen=True)
class Frame:
    """A row, or a slice of a volume: the file of every image column, and (class, file) of every layer of every mask column.

    A file is None where the column holds nothing here, or nothing that can be decoded.
    """

    name: str
    images: tuple[str | None, ...]
    masks: tuple[tuple[tuple[int, str], ...] | None, ...]


@dataclass(frozen=True)
class View:
    """What is shown of a row or volume.

    Attributes:
        first: the frame to begin with.
        of: slices that the volume has; 1 for a picture.
        thumb: file of a small overlay, where it is the first one of its dataset.
    """

    row: Shown
    title: str
    images: tuple[str, ...]
    masks: tuple[str, ...]
    frames: tuple[Frame, ...]
    first: int
    of: int
    width: int
    height: int
    thumb: str = ""


def write_views(target: Output, count: int, folder: Path) -> Iterator[View]:
    """Writes the pictures of chosen rows into a folder, one row or volume at a time.

    Args:
        target: an output folder with shards.
        count: how many rows or volumes, at most.
        folder: where the files go; they are called by numbers, since ids may be anything.
    """
    folder.mkdir(parents=True, exist_ok=True)
    seen: set[tuple[str, str]] = set()
    for row in in_order(pick(target, count)):
        cells, of, name = _cells(row)
        if (row.config, name) not in seen:
            seen.add((row.config, name))
            yield view_of(row, name, cells, of, folder, len(seen) - 1)


# --- reading ----------------------------------------------------------------------------------------------------------------------------

Cells = dict[str, Any]


def picture_columns(schema: pa.Schema) -> tuple[list[str], list[str]]:
    """The columns that hold images, and those that hold masks on their grid."""
    cells = [f.name for f in schema if _holds_picture(f.type) or (pa.types.is_list(f.type) and _holds_picture(f.type.value_type))]
    return [name for name in cells if _is_image(name)], [name for name in cells if _is_mask(name)]


def _is_image(column: str) -> bool:
    return column == "image" or column.startswith("image_")


def _is_mask(column: str) -> bool:
    return column in ("mask", "masks", "fov_mask") or (column.startswith("mask_") and column not in (_ON_ANOTHER_GRID, _NAMES))


def _holds_picture(kind: pa.DataType) -> bool:
    return bool(pa.types.is_struct(kind)) and {"bytes", "path"} == {kind.field(k).name for k in range(kind.num_fields)}


def _cells(row: Shown) -> tuple[list[tuple[str, Cells]], int, str]:
    """(name, cells) of the row, or of slices spread over the volume that it belongs to; how many there are; what the whole is called."""
    with parquet(row.path) as file:
        images, masks = picture_columns(file.schema_arrow)
        columns = [*images, *masks, *([_NAMES] if _NAMES in file.schema_arrow.names else [])]
        places, of, name = [(row.image_id, row.group, row.place)], 1, row.image_id
        if {"volume_id", "slice_index"} <= set(file.schema_arrow.names):
            told = file.read(["image_id", "volume_id", "slice_index"]).to_pylist()
            starts = np.cumsum([0, *(file.metadata.row_group(group).num_rows for group in range(file.num_row_groups))])
            at = int(starts[row.group]) + row.place
            if told[at]["volume_id"] is not None:
                name = told[at]["volume_id"]
                mates = sorted((one["slice_index"], k) for k, one in enumerate(told) if one["volume_id"] == name)
                of = len(mates)
                kept = spread(of, next(i for i, (_, k) in enumerate(mates) if k == at))
                groups = [int(np.searchsorted(starts, mates[i][1], "right")) - 1 for i in kept]
                places = [
                    (f"slice {mates[i][0] + 1} of {of}", group, mates[i][1] - int(starts[group]))
                    for i, group in zip(kept, groups, strict=True)
                ]
        found: list[tuple[str, Cells]] = []
        read, table = -1, pa.table({})
        for title, group, place in places:
            if group != read:
                read, table = group, file.read_row_group(group, columns=columns)
            found.append((title, table.slice(place, 1).to_pylist()[0]))
    if is_volume(found[0][1]["image"]["bytes"]):
        return *_slices(found[0][1]), name
    return found, of, name


def spread(count: int, wanted: int) -> list[int]:
    """At most `MOST_FRAMES` of so many places, evenly spread, the wanted one among them."""
    if count <= MOST_FRAMES:
        return list(range(count))
    return sorted({*(round(k * (count - 1) / (MOST_FRAMES - 2)) for k in range(MOST_FRAMES - 1)), wanted})


def _slices(cells: Cells) -> tuple[list[tuple[str, Cells]], int]:
    """A row that is a volume, as slices: their cells hold arrays."""
    decoded = {name: _decoded(cell) for name, cell in cells.items() if isinstance(cell, Mapping)}
    whole, labels = decoded["image"], decoded.get("mask")
    if whole is None or whole.ndim != 3:
        return [("", {})], 1
    marked = np.zeros(len(whole))
    if labels is not None and labels.shape == whole.shape:
        marked = np.count_nonzero((labels > 0) & (labels < NOT_ANNOTATED), axis=(1, 2))
    best = int(marked.argmax()) if marked.any() else len(whole) // 2
    kept = spread(len(whole), best)
    same = {name: one for name, one in decoded.items() if one is not None and one.shape[0] == len(whole)}
    return [(f"slice {k + 1} of {len(whole)}", {name: one[k] for name, one in same.items()}) for k in kept], len(whole)


def _decoded(cell: Any) -> Array | None:
    if cell is None or isinstance(cell, np.ndarray):
        return cell
    try:
        return samples(cell["bytes"])
    except MissingExtra:
        raise
    except Exception:  # whatever a decoder raises; `verify` names what cannot be decoded
        return None


# --- writing ----------------------------------------------------------------------------------------------------------------------------


def view_of(row: Shown, title: str, cells: Sequence[tuple[str, Cells]], of: int, folder: Path, number: int) -> View:
    """Writes a row's pictures and tells how they are shown; what cannot be decoded is left empty."""
    first_cells = cells[0][1]
    names = list(filter(_is_image, first_cells))
    images = {name: [_decoded(one.get(name)) for _, one in cells] for name in names}
    sizes = [one.shape[:2] for one in images.get("image", []) if one is not None]
    height, width = sizes[0] if sizes else (1, 1)
    shown = {name: list(_for_eye(found)) for name, found in images.items()}
    labels = [_labels(one, (height, width)) for _, one in cells]
    masks = list(dict.fromkeys(name for one in labels for name in one))
    frames = []
    for k, (called, one) in enumerate(cells):
        stem = f"{number:02}-{k:02}"
        files = tuple(
            None if (pixels := shown[name][k]) is None else _write(folder, f"{stem}-{i}", one[name], pixels) for i, name in enumerate(names)
        )
        layers = tuple(
            None if (found := labels[k].get(name)) is None else tuple(_write_layers(folder, f"{stem}-{i}", found))
            for i, name in enumerate(masks)
        )
        frames.append(Frame(called, files, layers))
    first = max(range(len(frames)), key=lambda k: _structure(labels[k].get("mask")))
    if not _structure(labels[first].get("mask")):
        first = len(frames) // 2
    thumb = ""
    if number == 0 and (chosen := cells[first][1].get("image")) is not None:
        seen = Seen(see(_stored(chosen), None).pixels, labels[first].get("mask"))
        thumb = "thumb.png"
        (folder / thumb).write_bytes(png.encode(np.asarray(overlay(seen, _THUMB))))
    return View(row, title, tuple(names), tuple(masks), tuple(frames), first, of, width, height, thumb)


def _stored(cell: Any) -> Mapping[str, Any]:
    return {"bytes": png.encode(for_display(cell))} if isinstance(cell, np.ndarray) else cell


def _structure(labels: Array | None) -> int:
    return 0 if labels is None else int(np.count_nonzero((labels > 0) & (labels < NOT_ANNOTATED)))


def _for_eye(found: Sequence[Array | None]) -> Iterator[Array | None]:
    """8-bit pixels; the slices of a volume under one window, so that they do not flicker."""
    real = [one for one in found if one is not None]
    if len({(one.shape, one.dtype) for one in real}) == 1:
        windowed = iter(for_display(np.stack(real)))
        yield from (None if one is None else next(windowed) for one in found)
    else:
        yield from (None if one is None else for_display(one) for one in found)


def _write(folder: Path, stem: str, cell: Any, pixels: Array) -> str:
    """The file of a picture: the stored one where a browser shows it as it is."""
    data = b"" if isinstance(cell, np.ndarray) else cell["bytes"]
    kind = "PNG"
    if data:
        with Image.open(io.BytesIO(data)) as picture:
            plain = picture.format in _SUFFIXES and picture.mode in ("L", "RGB")
            kind = picture.format or kind
    if not data or not plain:
        data, kind = png.encode(pixels), "PNG"
    name = f"{stem}.{_SUFFIXES[kind]}"
    (folder / name).write_bytes(data)
    return name


def _labels(cells: Cells, size: tuple[int, int]) -> dict[str, Array]:
    """The label map of every mask of a row, under the name that a reader chooses it by."""
    found: dict[str, Array] = {}
    for name, cell in cells.items():
        if not _is_mask(name):
            continue
        several = list(cell or []) if name == "masks" else [cell]
        called = cells.get(_NAMES) or [] if name == "masks" else [name]
        for k, one in enumerate(several):
            labels = _decoded(one)
            if labels is not None and labels.dtype == np.uint8 and labels.shape == size:
                found[str(called[k]) if k < len(called) else f"{name} {k + 1}"] = labels
    return found


def _write_layers(folder: Path, stem: str, labels: Array) -> Iterator[tuple[int, str]]:
    for value in np.flatnonzero(np.bincount(labels.ravel(), minlength=256)[1:]) + 1:
        inside = labels == value
        if value == NOT_ANNOTATED:
            y, x = np.indices(labels.shape)
            inside &= (x + y) // 3 % 3 == 0
        layer = Image.fromarray(inside.astype(np.uint8))
        layer.putpalette([0, 0, 0, *colour_of(int(value))])
        name = f"{stem}-m{value}.png"
        layer.save(folder / name, "PNG", bits=1, transparency=0)
        yield int(value), name
