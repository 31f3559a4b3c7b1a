"""Measures one shard, row by row, in flat memory; runs in a worker."""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.catalog.derived import DERIVED, ORIGIN_COLUMNS
from hf_medseg.dataset.arrays import rows_of
from hf_medseg.dataset.columns import PictureColumn, VolumeColumn, column_of
from hf_medseg.dataset.identity import Identity
from hf_medseg.dataset.storage import parquet
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import MedsegError
from hf_medseg.formats.nifti import voxels_of
from hf_medseg.statistics.record import GRID, ClassStatistics, SplitStatistics
from hf_medseg.statistics.sums import Samples, rounded, spread_of

Array = NDArray[Any]

_TOLD = ("image_id", "patient_id", "volume_id", "width", "height", "pixel_spacing", "slice_spacing")
_SIZES = 12  # commonest ones that are told
_AT_ONCE = 1 << 20  # samples


def decoded(data: bytes, where: str, least: int = 0) -> Array:
    """The samples of a picture, (height, width[, 3]), or of a volume, (slices, height, width).

    Args:
        data: the encoded picture.
        where: what to call it.
        least: pixels of a side, where a JPEG may be decoded smaller and in grey: that takes a part of the time.

    Raises:
        MedsegError: they cannot be decoded.
    """
    try:
        if data.startswith(b"\x1f\x8b"):
            return voxels_of(data)
        with Image.open(io.BytesIO(data)) as picture:
            if least:
                picture.draft("L", (least, least))
            return np.asarray(picture)
    except Exception as error:  # whatever a decoder raises
        raise MedsegError(f"{where}: a picture cannot be decoded ({error}). `hf-medseg verify` names everything that is wrong.") from error


@dataclass
class Measured:
    """What was found in the rows of one split, of a derived dataset in those of one source, while it is summed up."""

    identity: Identity
    classes: tuple[str, ...]
    origin: str = ""
    rows: int = 0
    rows_with_mask: int = 0
    rows_empty: int = 0
    patients: set[int] = field(default_factory=set)
    volumes: set[int] = field(default_factory=set)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    spacings: dict[str, Counter[float]] = field(default_factory=dict)
    intensities: dict[str, Samples] = field(default_factory=dict)
    foreground: Counter[float] = field(default_factory=Counter)
    fractions: list[Counter[float]] = field(default_factory=list)
    pixels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(NOT_ANNOTATED + 1, np.int64))
    centroids: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    coverage: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    together: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        count = len(self.classes)
        self.fractions = [Counter() for _ in range(count)]
        self.centroids = np.zeros((count, GRID, GRID), np.int64)
        self.coverage = np.zeros((count, GRID, GRID))
        self.together = np.zeros((count, count), np.int64)

    def __iadd__(self, other: Measured) -> Measured:
        """Adds what was found in another shard of the same split."""
        self.rows += other.rows
        self.rows_with_mask += other.rows_with_mask
        self.rows_empty += other.rows_empty
        self.patients |= other.patients
        self.volumes |= other.volumes
        self.sizes.update(other.sizes)
        for axis, numbers in other.spacings.items():
            self.spacings.setdefault(axis, Counter()).update(numbers)
        for channel, samples in other.intensities.items():
            mine = self.intensities.setdefault(channel, Samples())
            mine += samples
        self.foreground.update(other.foreground)
        for fractions, theirs in zip(self.fractions, other.fractions, strict=True):
            fractions.update(theirs)
        self.pixels += other.pixels
        self.centroids += other.centroids
        self.coverage += other.coverage
        self.together += other.together
        return self

    def add(self, row: Mapping[str, Any], images: list[str], where: str) -> None:
        """Adds one row with its pictures as bytes."""
        self.rows += 1
        self.sizes[row["width"], row["height"]] += 1
        for ids, name in ((self.patients, "patient_id"), (self.volumes, "volume_id")):
            if row.get(name):
                ids.add(int.from_bytes(blake2b(row[name].encode(), digest_size=8).digest()))
        steps = dict(zip(("row", "column"), row.get("pixel_spacing") or (), strict=False)) | {"slice": row.get("slice_spacing")}
        for axis, step in steps.items():
            if step is not None:
                self.spacings.setdefault(axis, Counter())[rounded(step)] += 1
        for name in images:
            if row[name] is not None:
                self._add_image(name, row, decoded(row[name]["bytes"], where))
        if row["mask"] is not None:
            self._add_mask(decoded(row["mask"]["bytes"], where), where)

    def _add_image(self, name: str, row: Mapping[str, Any], samples: Array) -> None:
        kind = name.removeprefix("image")
        slope, intercept = (row.get(f"rescale_{what}{kind}", row.get(f"rescale_{what}")) for what in ("slope", "intercept"))
        if self.origin and samples.dtype == np.uint8:  # derived to be read as it is stored, by one window for each source
            slope = intercept = None
        colours = samples.ndim == 3 and samples.shape[-1] == 3 and "depth" not in row
        channels = [(f"{name} {colour}", samples[..., number]) for number, colour in enumerate(("red", "green", "blue"))]
        for channel, some in channels if colours else [(name, samples)]:
            values, counts = _distinct(some)
            values = values * (1.0 if slope is None else slope) + (0.0 if intercept is None else intercept)
            if slope is not None and slope < 0:
                values, counts = values[::-1], counts[::-1]
            self.intensities.setdefault(channel, Samples()).add(values, counts)

    def _add_mask(self, labels: Array, where: str) -> None:
        if labels.dtype != np.uint8 or labels.ndim not in (2, 3):
            raise MedsegError(f"{where}: its mask is no label map. `hf-medseg verify` names everything that is wrong.")
        counts = _counts(labels)
        if counts[len(self.classes) : NOT_ANNOTATED].any():
            raise MedsegError(f"{where}: its mask holds classes that have no name. `hf-medseg verify` names everything that is wrong.")
        self.rows_with_mask += 1
        self.pixels += counts
        there = np.flatnonzero(counts[: len(self.classes)])
        self.rows_empty += not there.any()
        self.together[np.ix_(there, there)] += 1
        self.foreground[rounded(float(counts[1:NOT_ANNOTATED].sum() / labels.size))] += 1
        for value in there:
            self.fractions[value][rounded(float(counts[value] / labels.size))] += 1
            seen = labels == value
            part = seen if seen.ndim == 2 else seen.mean(0)
            down, across = part.sum(1), part.sum(0)
            cell = tuple(int((sums @ (np.arange(len(sums)) + 0.5)) / sums.sum() / len(sums) * GRID) for sums in (down, across))
            self.centroids[value][cell] += 1
            small = Image.fromarray(part.astype(np.float32)).resize((GRID, GRID), Image.Resampling.BOX)
            self.coverage[value] += np.asarray(small)

    def told(self) -> SplitStatistics:
        """The numbers."""
        widths, heights = Counter[float](), Counter[float]()
        for (width, height), count in self.sizes.items():
            widths[width] += count
            heights[height] += count
        intensities = {name: told for name, samples in self.intensities.items() if (told := samples.told()) is not None}
        return SplitStatistics(
            source=self.identity.source,
            edition=self.identity.edition,
            config=self.identity.config,
            split=self.identity.split,
            origin=self.origin,
            rows=self.rows,
            rows_with_mask=self.rows_with_mask,
            rows_empty=self.rows_empty,
            patients=len(self.patients),
            volumes=len(self.volumes),
            widths=spread_of(widths),
            heights=spread_of(heights),
            sizes=tuple(sorted(self.sizes.items(), key=lambda one: (-one[1], one[0]))[:_SIZES]),
            spacings={axis: spread_of(numbers) for axis, numbers in sorted(self.spacings.items())},
            intensities=intensities,
            foreground=spread_of(self.foreground) if self.foreground else None,
            not_annotated=int(self.pixels[NOT_ANNOTATED]),
            classes=tuple(map(self._class, range(len(self.classes)))),
            together=tuple(map(tuple, self.together.tolist())),
        )

    def _class(self, value: int) -> ClassStatistics:
        fractions = self.fractions[value]
        return ClassStatistics(
            name=self.classes[value],
            rows=int(self.together[value, value]),
            pixels=int(self.pixels[value]),
            fraction=spread_of(fractions) if fractions else None,
            centroids=tuple(map(tuple, self.centroids[value].tolist())),
            coverage=tuple(map(tuple, (self.coverage[value] / max(1, self.rows_with_mask)).round(5).tolist())),
        )


def _counts(samples: Array) -> NDArray[np.int64]:
    """How often each value of 8 or 16 bits occurs, signed ones moved up to begin at 0; by pieces, for counting takes room."""
    flat, up = samples.reshape(-1), 1 << 15 if samples.dtype == np.int16 else 0
    total = np.zeros(1 << 8 * samples.dtype.itemsize, np.int64)
    for begin in range(0, len(flat), _AT_ONCE):
        total += np.bincount(flat[begin : begin + _AT_ONCE].astype(np.int64) + up, minlength=len(total))
    return total


def _distinct(samples: Array) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The values of samples, ascending, and how often each occurs."""
    if samples.dtype in (np.uint8, np.uint16, np.int16):
        counts = _counts(samples)
        values = np.flatnonzero(counts)
        return values.astype(np.float64) - (32768 if samples.dtype == np.int16 else 0), counts[values]
    found, counts = np.unique(samples[np.isfinite(samples)].astype(np.float64), return_counts=True)
    return found, counts.astype(np.int64)


def measure(path: str | os.PathLike[str], identity: Identity) -> dict[str, Measured]:
    """Measures the rows of one shard, those of a derived dataset by the source that each comes from; `""` is no other than its own.

    Raises:
        MedsegError: a picture cannot be decoded, or a mask is none.
    """
    found: dict[str, Measured] = {}
    with parquet(path) as file:
        features = json.loads(file.schema_arrow.metadata[b"huggingface"])["info"]["features"]
        columns = {name: column_of(described) for name, described in features.items()}
        images = [name for name, kind in columns.items() if name.startswith("image") and isinstance(kind, (PictureColumn, VolumeColumn))]
        told = (*_TOLD, "mask", "depth", *images, *(ORIGIN_COLUMNS[:2] if identity.source == DERIVED else ()))
        wanted = [name for name in columns if name in told or name.startswith("rescale_")]
        names = tuple(features["classes"]["feature"]["names"])
        for batch in file.iter_batches(1 if "depth" in columns else 16, columns=wanted):
            for row in rows_of(batch):
                origin = " ".join(filter(None, (row.get(name) for name in ORIGIN_COLUMNS[:2]))) if identity.source == DERIVED else ""
                some = found.setdefault(origin, Measured(identity, names, origin))
                some.add(row, images, f"{os.path.basename(path)}, {row['image_id']}")
    return found
