"""The rows of one shard of a derived dataset, made in a worker."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.catalog.derived import ANNOTATORS, Origin
from hf_medseg.conversion.quiet import quiet
from hf_medseg.conversion.rows import class_list
from hf_medseg.conversion.shard import write_rows
from hf_medseg.dataset.arrays import LARGE, give_back, values_of
from hf_medseg.dataset.columns import holds_pictures
from hf_medseg.dataset.identity import Identity, Outcome
from hf_medseg.dataset.report import rejection
from hf_medseg.dataset.storage import read_group
from hf_medseg.dataset.table import TableSpec
from hf_medseg.deriving.depth import as_stored, in_8_bits, window_of
from hf_medseg.deriving.inputs import Spot, opened
from hf_medseg.deriving.labels import Relabel, annotated_of
from hf_medseg.deriving.placing import Way, placed_affine, placed_image, placed_mask, placed_values, way_of
from hf_medseg.deriving.recipe import Place
from hf_medseg.deriving.structures import Structures
from hf_medseg.errors import Rejected
from hf_medseg.formats import jpeg, png
from hf_medseg.formats.nifti import affine_of, volume_bytes
from hf_medseg.formats.packing import GZIP
from hf_medseg.formats.pixels import decode, encode_pixels
from hf_medseg.formats.volume import Grid
from hf_medseg.masks.labels import value_counts

Array = NDArray[Any]
Row = dict[str, Any]
_KEPT_GROUPS = 4  # row groups that are held, but for volumes, since members of a group may lie far apart
_READ = (
    "image",
    "mask",
    "image_id",
    "patient_id",
    "volume_id",
    "slice_index",
    "source_file",
    "source_sha256",
    "files",
    "exif_orientation",
    "annotated_classes",
    "pixel_spacing",
    "slice_spacing",
    "rescale_slope",
    "rescale_intercept",
)


class Wanted(NamedTuple):
    """A row that is to be made: where it is read, and what planning found for it; `beside` are the slices before and after it."""

    take: int
    shard: int
    row_group: int
    place: int
    group: str
    fold: int | None
    weight: float
    within: bool
    beside: tuple[Spot | None, ...] = ()


@dataclass(frozen=True)
class From:
    """What a worker knows of one take; small and picklable.

    `kept` are further columns, with what their labels become; `structures` says where classes are kept whole, beside the painted mask.
    """

    origin: Origin
    prefix: str
    config: str
    paths: tuple[Path, ...]
    splits: tuple[str, ...]
    relabel: Relabel
    kept: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    structures: Structures = field(default_factory=Structures)


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
    kept: tuple[str, ...] = ()

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
        row = _read(taken, wanted.take, (wanted.shard, wanted.row_group, wanted.place), groups)
        spots = [None if spot is None else _read(taken, wanted.take, spot, groups) for spot in wanted.beside]
        try:
            yield [_derived(task, taken, wanted, row, spots, outcome)], 0
        except Rejected as error:
            outcome.rejected.append(rejection(f"{taken.prefix}/{row['image_id']}", error))
            yield [], 0
        del row, spots


def _read(taken: From, take: int, spot: Spot, groups: OrderedDict[tuple[int, int, int], pa.Table]) -> Row:
    """One row of a converted dataset; a few row groups are kept for those that follow."""
    shard, group, number = spot
    key = (take, shard, group)
    if key not in groups:
        if len(groups) == _KEPT_GROUPS:
            groups.popitem(last=False)
        wanted = dict.fromkeys((*_READ, *taken.kept, *taken.structures.columns))
        groups[key] = read_group(taken.paths[shard], group, lambda schema: [name for name in wanted if name in schema.names])
    groups.move_to_end(key)
    row, size = values_of(groups[key], number), groups[key].nbytes
    if size > LARGE:
        del groups[key]
        give_back(size)
    return row


def _derived(task: DeriveTask, taken: From, wanted: Wanted, row: Row, beside: Sequence[Row | None], outcome: Outcome) -> Row:
    where = f"{taken.prefix}/{row['image_id']}"
    pixels = opened(row["image"]["bytes"], where)
    depth = len(pixels) if task.table.volumes else None
    shape = pixels.shape[:2] if depth is None else pixels.shape
    labels = None if row["mask"] is None else taken.structures.uncovered(_labels(row["mask"]["bytes"], where, shape), row, where)
    spacing = row.get("pixel_spacing") if depth is None else _three(row)
    if task.place.steps is not None and not spacing:
        what = "pixels" if depth is None else "voxels"
        raise Rejected(where, f"its source does not say how far its {what} are apart.", "Leave place.spacing out, or leave such rows out.")
    annotated, relabel = annotated_of(row), taken.relabel
    marked = relabel.table(annotated)[labels] if task.place.fit == "crop" and labels is not None else None
    way = way_of(task.place, shape[-1], shape[-2], marked, spacing, depth=depth)
    steps = _spacing(spacing or row.get("pixel_spacing"), way)
    image, slope, intercept = _image(task.place, way, pixels, row, where)
    stack: list[bytes] | None = None
    if task.place.stack > 1:
        window = _window(task.place, pixels, row)
        several = _stacked(task.place, way, pixels, row, beside, window, where)
        colours = len(several) == 3 and several[0].dtype == np.uint8 and "stack" not in task.table.columns
        image = encode_pixels(np.stack(several, axis=2)) if colours else image
        stack = None if colours else [encode_pixels(one) for one in several]
    counts, mask = None, None
    if labels is not None:
        mask = placed_mask(labels, way, task.place.pad_mask, relabel.table(annotated))
        counts = value_counts(mask)
    outcome.tally.add(counts, task.table.classes)
    kin = row["patient_id"] or row.get("volume_id")
    made = {
        "image": _cell(image, where),
        "mask": None if mask is None else _cell(png.encode(mask) if depth is None else _volume(mask, row, way), where),
        "image_id": where,
        "patient_id": kin and f"{taken.prefix}/{kin}",
        "classes": [] if counts is None else class_list(counts),
        "width": way.made[0],
        "height": way.made[1],
        "depth": None if depth is None else way.made[2],
        "source_file": row["source_file"],
        "source_sha256": row["source_sha256"],
        "files": row.get("files"),
        "exif_orientation": row.get("exif_orientation"),
        "source": taken.origin.source,
        "source_edition": taken.origin.edition,
        "source_config": taken.config,
        "source_split": taken.splits[wanted.shard],
        "source_id": row["image_id"],
        "source_volume": row.get("volume_id"),
        "source_slice": row.get("slice_index"),
        "source_license": taken.origin.license,
        "source_tier": taken.origin.tier,
        "split_group": wanted.group,
        "annotated_classes": [] if labels is None else [0, *sorted(relabel.searched(annotated))],
        "original_size": list(way.original),
        "crop": list(way.crop),
        "scaled": list(way.scaled),
        "pad": list(way.pad),
        "pixel_spacing": steps and steps[:2],
        "slice_spacing": steps[2] if steps and len(steps) > 2 else None,
        "rescale_slope": slope,
        "rescale_intercept": intercept,
        "stack": None if stack is None else [_cell(one, where) for one in stack],
        "split_fold": wanted.fold,
        "sampling_weight": wanted.weight,
        "within_cap": wanted.within,
    }
    for name in task.kept:
        if not holds_pictures(task.table.columns[name]):
            made[name] = _kept(row.get(name), taken.kept.get(name, ()))
        elif (cell := row.get(name)) is not None:
            made[name] = _cell(_carried(name, cell, task.place, way, relabel.table(annotated), row, where), f"{where}_{name}")
    return {name: made.get(name) for name in task.table.columns}


def _carried(
    name: str, cell: Mapping[str, Any], place: Place, way: Way, table: NDArray[np.uint8], row: Mapping[str, Any], where: str
) -> bytes:
    """A mask beside the mask on the new grid: of another annotator in the label space, all others with the values that they have."""
    values = opened(cell["bytes"], where)
    if values.shape != way.original[::-1] or values.dtype not in (np.uint8, np.uint16):
        size = " x ".join(map(str, way.original))
        raise Rejected(where, f"its `{name}` has no whole numbers on {size} pixels.", "Run `hf-medseg verify` on the dataset.")
    made = placed_mask(values, way, place.pad_mask, table) if ANNOTATORS.fullmatch(name) else placed_values(values, way)
    if len(way.scaled) == 3:
        return _volume(made, row, way)
    return png.encode(made) if made.dtype == np.uint8 else encode_pixels(made)


def _kept(value: Any, labels: tuple[int, ...]) -> Any:
    """A value of a source, its labels as the whole numbers them."""
    if value is None or not labels:
        return value
    return [labels[one] for one in value] if isinstance(value, list) else labels[value]


def _labels(data: bytes, where: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    labels: NDArray[np.uint8] = opened(data, where)
    if labels.dtype != np.uint8 or labels.shape != shape:
        size = " x ".join(map(str, shape[::-1]))
        raise Rejected(where, f"its mask is no label map of {size} pixels.", "Run `hf-medseg verify` on the dataset.")
    return labels


def _window(place: Place, pixels: Array, row: Mapping[str, Any]) -> tuple[float, float]:
    """The physical values that become 0 and 255, from the slice in the middle; none are needed where it has 8 bits or keeps its depth."""
    if pixels.dtype == np.uint8 or place.depth != 8:
        return (0.0, 0.0)
    slope, intercept = row.get("rescale_slope") or 1.0, row.get("rescale_intercept") or 0.0
    low, high = window_of(pixels, place, slope, intercept)
    return low * slope + intercept, high * slope + intercept


def _stacked(
    place: Place, way: Way, pixels: Array, row: Row, beside: Sequence[Row | None], window: tuple[float, float], where: str
) -> list[Array]:
    """A slice and its neighbours on the new grid, all by one window, in the order of the volume."""
    middle = len(beside) // 2
    every: list[tuple[Row, Array] | None] = [None if one is None else (one, decode(one["image"]["bytes"], where)) for one in beside]
    every.insert(middle, (row, pixels))
    for step in range(1, middle + 1) if place.edges == "repeat" else ():
        for at, nearer in ((middle - step, middle - step + 1), (middle + step, middle + step - 1)):
            every[at] = every[at] or every[nearer]
    found = []
    for one in every:
        if one is None:
            found.append(np.full(way.made[::-1], place.pad_image, np.uint8 if place.depth == 8 else pixels.dtype))
            continue
        other, samples = one
        scale = [(some.get("rescale_slope") or 1.0, some.get("rescale_intercept") or 0.0) for some in (other, row)]
        if (
            samples.shape != pixels.shape
            or samples.ndim != 2
            or (place.depth != 8 and (samples.dtype != pixels.dtype or scale[0] != scale[1]))
        ):
            raise Rejected(
                where, "slices beside it have another size, depth or scale, or colours.", "Leave place.stack out for this source."
            )
        placed = placed_image(samples, way, replace(place, pad_image=0) if samples.dtype != np.uint8 and place.depth == 8 else place)
        if samples.dtype != np.uint8 and place.depth == 8:
            (slope, intercept), _ = scale
            placed = in_8_bits(placed, ((window[0] - intercept) / slope, (window[1] - intercept) / slope))
            _fill_frame(placed, way, place.pad_image)
        found.append(placed if placed.dtype == np.uint8 else as_stored(placed, pixels.dtype))
    return found


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
    return _volume(placed, row, way) if len(way.scaled) == 3 else encode_pixels(placed), slope, intercept


def _volume(voxels: Array, row: Mapping[str, Any], way: Way) -> bytes:
    """A volume on its new grid as a file that says where it lies, as the original does; the array is empty then."""
    found = affine_of(row["image"]["bytes"])
    if found is None:
        rows, columns, slices = _spacing(_three(row), way) or (1.0, 1.0, 1.0)
        return volume_bytes(voxels, Grid(voxels.shape, pixel_spacing=(rows, columns), slice_spacing=slices), spent=True)
    affine = placed_affine(found, way)
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    across, down = (affine[:3, axis] / steps[axis] for axis in range(2))
    # The first two slices say where all are, also of a volume that has one.
    first, second = (tuple(map(float, affine[:3, 3] + number * affine[:3, 2])) for number in range(2))
    grid = Grid(voxels.shape, pixel_spacing=(float(steps[1]), float(steps[0])), positions=(first, second), direction=(*across, *down))  # type: ignore[arg-type]
    return volume_bytes(voxels, grid, spent=True)


def _three(row: Mapping[str, Any]) -> list[float] | None:
    """(row, column, slice) in mm; None where the source does not say one of them."""
    spacing, between = row.get("pixel_spacing"), row.get("slice_spacing")
    return [*spacing, between] if spacing and between else None


def _fill_frame(pixels: Array, way: Way, value: int) -> None:
    """Gives the frame its value, which no window is put over."""
    frame = np.ones(way.made[::-1], bool)
    frame[way.inside] = False
    pixels[frame] = value


def _spacing(spacing: Sequence[float] | None, way: Way) -> list[float] | None:
    """(row, column) or (row, column, slice) in mm on the new grid."""
    if spacing is None:
        return None
    width, height, *depth = (old / new for old, new in zip(way.cut, way.scaled, strict=True))
    return [step * factor for step, factor in zip(spacing, (height, width, *depth), strict=False)]


def _cell(data: bytes, name: str) -> dict[str, Any]:
    suffixes = {jpeg.START: "jpg", png.SIGNATURE: "png", GZIP: "nii.gz"}
    suffix = next((suffix for start, suffix in suffixes.items() if data.startswith(start)), "tif")
    return {"bytes": data, "path": f"{name.replace('/', '_')}.{suffix}"}
