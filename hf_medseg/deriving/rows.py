"""The rows of one shard of a derived dataset, made in a worker."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.catalog.derived import Origin
from hf_medseg.conversion.quiet import quiet
from hf_medseg.conversion.rows import class_list
from hf_medseg.conversion.shard import write_rows
from hf_medseg.dataset.identity import Identity, Outcome
from hf_medseg.dataset.storage import parquet
from hf_medseg.dataset.table import TableSpec
from hf_medseg.deriving.depth import as_stored, in_8_bits, window_of
from hf_medseg.deriving.labels import Relabel, annotated_of
from hf_medseg.deriving.placing import Way, placed_image, placed_mask, way_of
from hf_medseg.deriving.recipe import Place
from hf_medseg.errors import Rejected
from hf_medseg.formats import jpeg, png
from hf_medseg.formats.picture import decode, encode_pixels

Array = NDArray[Any]
Row = dict[str, Any]
_KEPT_GROUPS = 4  # row groups that are held, since members of a group may lie far apart
_READ = (
    "image",
    "mask",
    "image_id",
    "patient_id",
    "volume_id",
    "source_file",
    "source_sha256",
    "files",
    "exif_orientation",
    "annotated_classes",
    "pixel_spacing",
    "rescale_slope",
    "rescale_intercept",
)


class Wanted(NamedTuple):
    """A row that is to be made: where it is read, and what planning found for it."""

    take: int
    shard: int
    row_group: int
    place: int
    group: str
    fold: int | None
    weight: float
    within: bool


@dataclass(frozen=True)
class From:
    """What a worker knows of one take; small and picklable."""

    origin: Origin
    prefix: str
    config: str
    paths: tuple[Path, ...]
    splits: tuple[str, ...]
    relabel: Relabel


@dataclass(frozen=True)
class DeriveTask:
    """Everything that a worker needs to write one shard."""

    target: str
    unfinished: str
    identity: Identity
    table: TableSpec
    place: Place
    takes: tuple[From, ...]
    rows: tuple[Wanted, ...]

    @property
    def name(self) -> str:
        """Its path in the dataset."""
        return f"data/{self.target.rpartition('/data/')[2]}"


def write_derived(task: DeriveTask) -> Outcome:
    """Makes the rows of a shard and writes it under its final name.

    Raises:
        OSError: the disk is full or not writable; the unfinished file is removed.
    """
    outcome = Outcome()
    with quiet():
        write_rows(task.target, task.unfinished, task.identity, task.table.columns, outcome, _lots(task, outcome))
    return outcome


def _lots(task: DeriveTask, outcome: Outcome) -> Iterator[tuple[list[Row], int]]:
    groups: OrderedDict[tuple[int, int, int], pa.Table] = OrderedDict()
    for wanted in task.rows:
        taken = task.takes[wanted.take]
        row = _read(taken, wanted, groups)
        try:
            yield [_derived(task, taken, wanted, row, outcome)], 0
        except Rejected as error:
            outcome.rejected.append({"image_id": f"{taken.prefix}/{row['image_id']}", **asdict(error)})
            yield [], 0


def _read(taken: From, wanted: Wanted, groups: OrderedDict[tuple[int, int, int], pa.Table]) -> Row:
    """One row of a converted dataset; a few row groups are kept for those that follow."""
    key = (wanted.take, wanted.shard, wanted.row_group)
    if key not in groups:
        with parquet(taken.paths[wanted.shard]) as file:
            names = [name for name in _READ if name in file.schema_arrow.names]
            groups[key] = file.read_row_group(wanted.row_group, columns=names)
        if len(groups) > _KEPT_GROUPS:
            groups.popitem(last=False)
    groups.move_to_end(key)
    table = groups[key]
    return {name: table.column(name)[wanted.place].as_py() for name in table.column_names}


def _derived(task: DeriveTask, taken: From, wanted: Wanted, row: Row, outcome: Outcome) -> Row:
    where = f"{taken.prefix}/{row['image_id']}"
    pixels = decode(row["image"]["bytes"], where)
    labels = None if row["mask"] is None else _labels(row["mask"]["bytes"], where, pixels.shape)
    height, width = pixels.shape[:2]
    way = way_of(task.place, width, height, labels)
    image, slope, intercept = _image(task.place, way, pixels, row, where)
    annotated = annotated_of(row)
    relabel, counts, mask = taken.relabel, None, None
    if labels is not None:
        mask = placed_mask(relabel.table(annotated)[labels], way, task.place.pad_mask)
        counts = np.bincount(mask.reshape(-1), minlength=256)
    outcome.tally.add(counts, task.table.classes)
    kin = row["patient_id"] or row.get("volume_id")
    made = {
        "image": _cell(image, where),
        "mask": None if mask is None else _cell(png.encode(mask), where),
        "image_id": where,
        "patient_id": kin and f"{taken.prefix}/{kin}",
        "classes": [] if counts is None else class_list(counts),
        "width": way.pad[0] + way.scaled[0] + way.pad[2],
        "height": way.pad[1] + way.scaled[1] + way.pad[3],
        "source_file": row["source_file"],
        "source_sha256": row["source_sha256"],
        "files": row.get("files"),
        "exif_orientation": row.get("exif_orientation"),
        "source": taken.origin.source,
        "source_edition": taken.origin.edition,
        "source_config": taken.config,
        "source_split": taken.splits[wanted.shard],
        "source_id": row["image_id"],
        "source_license": taken.origin.license,
        "source_tier": taken.origin.tier,
        "split_group": wanted.group,
        "annotated_classes": [] if labels is None else [0, *sorted(relabel.searched(annotated))],
        "original_size": list(way.original),
        "crop": list(way.crop),
        "scaled": list(way.scaled),
        "pad": list(way.pad),
        "pixel_spacing": _spacing(row.get("pixel_spacing"), way),
        "rescale_slope": slope,
        "rescale_intercept": intercept,
        "split_fold": wanted.fold,
        "sampling_weight": wanted.weight,
        "within_cap": wanted.within,
    }
    return {name: made[name] for name in task.table.columns}


def _labels(data: bytes, where: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    labels = decode(data, where)
    if labels.dtype != np.uint8 or labels.shape != shape[:2]:
        raise Rejected(where, f"its mask is no label map of {shape[1]} x {shape[0]} pixels.", "Run `hf-medseg verify` on the dataset.")
    return labels


def _image(place: Place, way: Way, pixels: Array, row: Mapping[str, Any], where: str) -> tuple[bytes, float | None, float | None]:
    """The encoded picture, and how its values become physical ones."""
    slope, intercept = row.get("rescale_slope"), row.get("rescale_intercept")
    windowed = pixels.dtype != np.uint8 and place.depth == 8
    coloured = place.colours != "keep" and (pixels.ndim == 3) != (place.colours == "RGB")
    if coloured and pixels.dtype != np.uint8 and not windowed:
        raise Rejected(
            where, "a grey picture of more than 8 bits; none such has colours.", 'Say place.depth = 8, or place.colours = "keep".'
        )
    if way.unchanged and not windowed and not coloured:
        return row["image"]["bytes"], slope, intercept
    placed = placed_image(pixels, way, place) if not windowed else placed_image(pixels, way, replace(place, pad_image=0))
    if windowed:
        window = window_of(pixels, place, slope or 1.0, intercept or 0.0)
        placed = in_8_bits(placed, window)
        _fill_frame(placed, way, place.pad_image)
        if slope is not None:
            step = (window[1] - window[0]) / 255
            slope, intercept = slope * step, window[0] * slope + (intercept or 0.0)
    elif pixels.dtype != np.uint8:
        placed = as_stored(placed, pixels.dtype)
    if coloured:
        placed = np.asarray(Image.fromarray(placed).convert(place.colours))
    return encode_pixels(placed), slope, intercept


def _fill_frame(pixels: Array, way: Way, value: int) -> None:
    """Gives the frame its value, which no window is put over."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = way.pad
    pixels[:top] = pixels[height - bottom :] = value
    pixels[:, :left] = pixels[:, width - right :] = value


def _spacing(spacing: Sequence[float] | None, way: Way) -> list[float] | None:
    """(row, column) in mm on the new grid."""
    if spacing is None:
        return None
    return [spacing[0] * way.crop[3] / way.scaled[1], spacing[1] * way.crop[2] / way.scaled[0]]


def _cell(data: bytes, name: str) -> dict[str, Any]:
    suffix = "jpg" if data.startswith(jpeg.START) else "png" if data.startswith(png.SIGNATURE) else "tif"
    return {"bytes": data, "path": f"{name.replace('/', '_')}.{suffix}"}
