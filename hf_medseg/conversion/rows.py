"""From a case to rows: the one place where pixels are read, checked and encoded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.case import Case, Recipe
from hf_medseg.dataset.columns import ListOf, PictureColumn, VolumeColumn, encoded
from hf_medseg.dataset.table import NOT_ANNOTATED, TableSpec, Tally
from hf_medseg.errors import Rejected, of_own
from hf_medseg.formats import jpeg, png, runs
from hf_medseg.formats.nifti import volume_bytes
from hf_medseg.formats.picture import Encoded, Picture
from hf_medseg.formats.pixels import encode_pixels
from hf_medseg.formats.volume import Samples, VolumeImage, check_even, check_same_grid, lay_image
from hf_medseg.masks.drawing import Drawn
from hf_medseg.masks.labels import LabelMap, Labels, value_counts
from hf_medseg.masks.upright import turn_of
from hf_medseg.raw.files import Reader

Row = dict[str, Any]


def rows(case: Case, table: TableSpec, reader: Reader, tally: Tally) -> Iterator[Row]:
    """Reads a case and yields its rows, complete with null for what the source does not have.

    Raises:
        Rejected: something about the case's files is wrong. Rows are only yielded once all of the case has been read, so a rejected
            case leaves no rows behind.
    """
    try:
        made = _made(case, table, reader)
    except Rejected as error:
        if table.own:
            raise of_own(error) from error
        raise
    for row, counts in made:
        tally.add(counts, table.classes)
        yield {name: row.get(name) for name in table.columns}


def _made(case: Case, table: TableSpec, reader: Reader) -> list[tuple[Row, NDArray[np.int64] | None]]:
    image = case.pixels["image"]
    if case.problem is not None and case.problem.wrong:
        raise Rejected(next(case.named_files())[1].path, case.problem.wrong, *filter(None, [case.problem.advice]))
    check_partners(case)
    if isinstance(image, VolumeImage):
        return [_volume_row(case, table, reader, image)] if table.volumes else _slice_rows(case, table, reader, image)
    if isinstance(image, Picture):
        return [_picture_row(case, table, reader, image)]
    raise TypeError(f"{case.image_id}: an image cannot be made from {type(image).__name__}")


def check_partners(case: Case) -> None:
    """Rejects a case of which a file is missing, in the name of one that is there.

    Raises:
        Rejected: a file is missing; the message names it and the file that needs it.
    """
    missing = next((file for _, file in case.named_files() if file.place is None), None)
    if missing is None:
        return
    there = next((file for _, file in case.named_files() if file.place is not None), None)
    if there is not None:
        raise Rejected(
            there.path,
            f"{missing.path}, which belongs to it, is missing; the source promises it.",
            "Fetch it and put it where the path says.",
        )


def _picture_row(case: Case, table: TableSpec, reader: Reader, image: Picture) -> tuple[Row, NDArray[np.int64] | None]:
    picture = (image if image.mode or not table.image_mode else replace(image, mode=table.image_mode)).encoded(reader)
    cells = {name: _beside(recipe, reader, image, picture, name, table) for name, recipe in case.pixels.items() if name != "image"}
    row = {
        **case.columns,
        **{name: values[0] for name, values in cells.items() if values is not None},
        "image": stored(picture.data, case.image_id),
        "image_id": case.image_id,
        "patient_id": case.patient_id,
        "width": picture.width,
        "height": picture.height,
        "source_file": image.file.path,
        "source_sha256": reader.sha256[image.file.path],
        "exif_orientation": picture.exif_orientation,
        "files": files_of(case, reader) if "files" in table.columns else None,
    }
    return finished(row, table, case.image_id)


def _slice_rows(case: Case, table: TableSpec, reader: Reader, image: VolumeImage) -> list[tuple[Row, NDArray[np.int64] | None]]:
    samples = image.samples(reader)
    grid, count = samples.grid, samples.grid.shape[0]
    others, scales = further_volumes(case, table, reader, samples, lambda array: list(map(encode_pixels, array)))
    cells = {
        name: others[name] if name in others else recipe.values(reader, grid.shape)
        for name, recipe in case.pixels.items()
        if recipe is not None and name != "image" and name in table.columns
    }
    for name, masks in cells.items():
        if isinstance(case.pixels[name], Labels):
            cells[name] = [None if isinstance(mask, np.ndarray) and nobody_looked(mask) else mask for mask in masks]
    files = files_of(case, reader)
    made = []
    for k in range(count):
        image_id = case.image_id if image.single else f"{case.image_id}_{k:04d}"
        path, sha256 = samples.sources[k] if samples.sources else (files[0]["path"], files[0]["sha256"])
        row = {
            **volume_columns(samples, k),
            **scales,
            **(case.columns if image.single else {"volume_id": case.image_id, **case.columns}),
            **{name: values[k] for name, values in cells.items()},
            "image": stored(encode_pixels(samples.array[k]), image_id),
            "image_id": image_id,
            "patient_id": case.patient_id,
            "width": grid.shape[2],
            "height": grid.shape[1],
            "source_file": path,
            "source_sha256": sha256,
            "files": slice_files(files, samples, k),
        }
        made.append(finished(row, table, image_id))
    return made


def further_volumes(
    case: Case, table: TableSpec, reader: Reader, image: Samples, encode: Callable[[NDArray[Any]], Any]
) -> tuple[dict[str, Any], Row]:
    """The volumes beside the image of a case, on the image's grid, and the columns that tell their scale.

    Args:
        case: the case.
        table: columns that it does not have are not read.
        reader: reads the files; knows the image's grid from here on.
        image: the samples of `image`.
        encode: from stored samples to what a column holds: each volume is let go before the next is read.

    Returns:
        (what was encoded by column, values of `rescale_slope_<name>` and `rescale_intercept_<name>` for every column `image_<name>`).

    Raises:
        Rejected: a volume lies on another grid, or has another scale than `image` where the table has no column to say so.
    """
    lay_image(reader, image.grid)
    made: Row = {}
    scales: Row = {}

    def add(name: str, samples: Samples, path: str) -> None:
        check_same_grid(samples.grid, image.grid, path)
        column = f"rescale_slope{name.removeprefix('image')}"
        if column not in table.columns and (samples.slope, samples.intercept) != (image.slope, image.intercept):
            raise Rejected(path, f"its samples have another scale than those of {next(case.named_files())[1].path}.")
        made[name] = encode(samples.array)
        scales.update({column: samples.slope, column.replace("slope", "intercept"): samples.intercept})

    for name, recipe in case.pixels.items():
        if name != "image" and name in table.columns and isinstance(recipe, VolumeImage):
            add(name, recipe.samples(reader), recipe.files()[0].path)
    return made, scales


def nobody_looked(mask: LabelMap) -> bool:
    """Whether a whole slice of a volume is marked as not annotated: its mask is null."""
    return bool(mask.flat[0] == NOT_ANNOTATED and (mask == NOT_ANNOTATED).all())


def _volume_row(case: Case, table: TableSpec, reader: Reader, image: VolumeImage) -> tuple[Row, NDArray[np.int64] | None]:
    """The one row of a volume, whatever format it came from.

    Masks keep the slices that nobody read as 255. Lists of masks become lists of volumes, flags for each slice one flag.

    Args:
        case: the case.
        table: the columns; what it does not have is not read.
        reader: reads the files.
        image: the image of the case.

    Returns:
        (row, pixels of each value of the mask or None).

    Raises:
        Rejected: see `rows`.
    """
    samples = image.samples(reader)
    if isinstance(samples.columns.get("rescale_slope"), tuple):
        raise Rejected(
            image.files()[0].path,
            "its slices have scales of their own, which no volume can say.",
            "Use the config slices: every row has its own scale there.",
        )
    if samples.array.ndim > 3:
        raise Rejected(image.files()[0].path, "its pixels are colours, which no volume holds.", "Use the config slices for it.")
    check_even(samples.grid, image.files()[0].path)
    shape = samples.grid.shape
    encode = partial(volume_bytes, grid=samples.grid)
    values, scales = further_volumes(case, table, reader, samples, partial(encode, spent=True))
    for name, recipe in case.pixels.items():
        if recipe is not None and name in table.columns and name not in ("image", *values):
            values[name] = recipe.whole(reader, shape)
    files = files_of(case, reader)
    if samples.sources:
        path = samples.sources[0][0].rpartition("/")[0]
        digest = digest_of(dict(samples.sources).values())
        files = [{"column": "image", "path": path, "sha256": digest}, *(file for file in files if file["column"] != "image")]
    row = {
        **volume_columns(samples),
        **scales,
        "volume_id": case.image_id,
        **case.columns,
        **values,
        "image": encode(samples.array, spent=True),  # the masks are read: nobody looks at it again
        "image_id": case.image_id,
        "patient_id": case.patient_id,
        "width": shape[2],
        "height": shape[1],
        "depth": shape[0],
        "source_file": files[0]["path"],
        "source_sha256": files[0]["sha256"],
        "files": files,
    }
    return finished(row, table, case.image_id, encode)


def slice_files(files: list[dict[str, str]], samples: Samples, k: int) -> list[dict[str, str]]:
    """The files that one slice is made from: of a series its own file alone, and what all slices share."""
    if not samples.sources:
        return files
    path, sha256 = samples.sources[k]
    shared = [file for file in files if file["column"] != "image"]
    return [{"column": "image", "path": path, "sha256": sha256}, *shared]


def volume_columns(samples: Samples, k: int | None = None) -> Row:
    """The geometry columns of a volume, of slice `k` or of the whole (position of slice 0)."""
    grid = samples.grid
    row: Row = {
        "slice_index": k,
        "num_slices": grid.shape[0],
        "pixel_spacing": grid.pixel_spacing,
        "slice_thickness": grid.slice_thickness,
        "slice_spacing": grid.slice_spacing,
        "plane": grid.plane,
        "orientation": grid.orientation,
        "image_position": grid.positions[k or 0] if grid.positions else None,
        "image_orientation": grid.direction,
        "rescale_slope": samples.slope,
        "rescale_intercept": samples.intercept,
    }
    for name, value in samples.columns.items():
        row[name] = value[k or 0] if isinstance(value, tuple) else value
    return row


def files_of(case: Case, reader: Reader) -> list[dict[str, str]]:
    """The `files` column: every file that the row was made from, with the column it went into; a DICOM series is one entry.

    An entry of a series has the SeriesInstanceUID for its path, and the hash of the sorted hashes of its files.
    """
    named: dict[tuple[str, str], dict[str, str]] = {}
    for column, file in case.named_files():
        if (sha256 := reader.sha256.get(file.path)) is not None:
            named.setdefault((column, file.series or file.path), {})[file.path] = sha256
    return [
        {"column": column, "path": path, "sha256": digest_of(hashes.values())}
        if len(hashes) > 1
        else {"column": column, "path": next(iter(hashes)), "sha256": next(iter(hashes.values()))}
        for (column, path), hashes in named.items()
    ]


def digest_of(hashes: Iterable[str]) -> str:
    """One hash for several files: the SHA-256 of their sorted hashes, one a line."""
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()


def _beside(recipe: Recipe | None, reader: Reader, image: Picture, picture: Encoded, name: str, table: TableSpec) -> list[Any] | None:
    """The value of a column beside a picture, on the picture's stored grid."""
    shape = (1, picture.height, picture.width)
    if recipe is None:
        return None
    size, orientation = (picture.width, picture.height), picture.exif_orientation or 1
    said = recipe.drawn_on(reader) if isinstance(recipe, Drawn) and orientation > 1 else None
    turn = turn_of(recipe.files(), reader, image.file, orientation, size, table.masks, said)
    values = recipe.values(reader, shape if turn is None else turn.shape)
    if turn is None:
        return values
    return [turn.value(table.columns[name], values[0], image.file.path)]


def finished(
    row: Row, table: TableSpec, image_id: str, encode: Callable[[NDArray[Any]], bytes] | None = None
) -> tuple[Row, NDArray[np.int64] | None]:
    """Encodes what is still an array, and counts the mask's values.

    Args:
        row: pictures and volumes as arrays or as their bytes, plain values with class names.
        table: the columns.
        image_id: names the pictures.
        encode: from an array to a file's bytes, where they are no pictures.
    """
    mask: LabelMap | None = row.get("mask")
    counts = found = None
    if mask is not None:
        found = runs.of(mask) if mask.ndim == 2 and mask.dtype == np.uint8 else None
        counts = check_labels(mask, table, row["source_file"], found)
        row["classes"] = class_list(counts)
    else:
        row["classes"] = []
    encode = encode or partial(_encoded, mask=mask, found=found)

    def cell(value: NDArray[Any] | bytes, name: str) -> dict[str, Any]:
        return stored(value if isinstance(value, bytes) else encode(value), name)

    for name, column in table.encoded:
        if (value := row.get(name)) is None:
            continue
        if isinstance(column, (PictureColumn, VolumeColumn)) and isinstance(value, (np.ndarray, bytes)):
            row[name] = cell(value, image_id)
        elif isinstance(column, ListOf) and isinstance(column.item, (PictureColumn, VolumeColumn)):
            row[name] = [cell(one, f"{image_id}_{number}") for number, one in enumerate(value, 1)]
        else:
            try:
                row[name] = encoded(column, value)
            except ValueError as error:
                raise Rejected(row["source_file"], f"{name}: {error}.", "Compare the tables with the owner's.") from error
    return row, counts


def _encoded(value: NDArray[Any], mask: LabelMap | None, found: runs.Runs | None) -> bytes:
    if value is mask:
        return png.encode(value, labels=True, found=found)
    return png.encode(value, labels=True) if value.dtype in (np.uint8, np.uint16) and value.ndim == 2 else encode_pixels(value)


def class_list(counts: NDArray[np.int64]) -> list[int]:
    """Class indices that occur, ascending, without 255."""
    return [int(value) for value in np.flatnonzero(counts[:NOT_ANNOTATED])]


def check_labels(mask: LabelMap, table: TableSpec, path: str, found: runs.Runs | None) -> NDArray[np.int64]:
    """Counts the pixels of each value of a label map, by its runs where it has long ones.

    Raises:
        Rejected: a value is no class of the table.
    """
    allowed = len(table.classes)
    expected = [*range(allowed), *([NOT_ANNOTATED] if table.uncertain else [])]
    counts = value_counts(mask, expected) if found is None else found.counts()
    unread = table.uncertain or table.volumes  # a volume keeps the slices that nobody read
    strange = [int(v) for v in np.flatnonzero(counts[allowed:]) + allowed if v != NOT_ANNOTATED or not unread]
    if strange:
        raise Rejected(path, f"its mask holds the class indices {strange}, the source declares 0..{allowed - 1}.")
    return counts


def stored(data: bytes, name: str) -> dict[str, Any]:
    """A cell of a picture column: bytes and a file name without folders."""
    if data.startswith(jpeg.START):
        suffix = "jpg"
    elif data.startswith(png.SIGNATURE):
        suffix = "png"
    elif data.startswith(b"\x1f\x8b"):
        suffix = "nii.gz"
    else:
        suffix = "tif"
    return {"bytes": data, "path": f"{name.replace('/', '_')}.{suffix}"}
