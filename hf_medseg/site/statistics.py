"""What the rows of a dataset are like in numbers, and how plots show that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hf_medseg.dataset.storage import parquet
from hf_medseg.errors import MissingExtra
from hf_medseg.formats.physical import physical
from hf_medseg.preview.choose import Shown
from hf_medseg.preview.overlay import samples

_BINS = 48
_SAMPLES = 4096  # of each picture, evenly spread
_CHANNELS = ("red", "green", "blue")
_FEW_SIZES = 12


@dataclass(frozen=True)
class Histogram:
    """Heights (0..1) of bins of equal width between `low` and `high`, and how many values they count."""

    name: str
    low: float
    high: float
    heights: tuple[float, ...]
    count: int


@dataclass
class Shape:
    """Sizes and spacings of the rows of a config."""

    sizes: Counter[tuple[int, ...]] = field(default_factory=Counter)
    in_plane: Counter[float] = field(default_factory=Counter)
    between: Counter[float] = field(default_factory=Counter)
    patients: set[str] = field(default_factory=set)

    @property
    def few_sizes(self) -> list[tuple[str, int]]:
        """The commonest sizes, `width x height`, and how many rows have them."""
        return [(" x ".join(map(str, size)), count) for size, count in self.sizes.most_common(_FEW_SIZES)]

    @property
    def other_sizes(self) -> int:
        """How many sizes there are beside those."""
        return max(0, len(self.sizes) - _FEW_SIZES)

    @property
    def spacings(self) -> list[Histogram]:
        """Spacings in mm, in the plane and between slices."""
        told = (("pixel spacing, mm", self.in_plane), ("slice spacing, mm", self.between))
        return [histogram(name, np.repeat(list(found), list(found.values()))) for name, found in told if found]


def shape_of(paths: Iterable[Path]) -> Shape:
    """Reads sizes, spacings and patients of every row; no picture is read."""
    found = Shape()
    for path in paths:
        with parquet(path) as file:
            wanted = ("width", "height", "depth", "pixel_spacing", "slice_spacing", "patient_id")
            columns = [name for name in wanted if name in file.schema_arrow.names]
            for batch in file.iter_batches(columns=columns):
                _add(found, batch)
    return found


def _add(found: Shape, batch: pa.RecordBatch) -> None:
    told = {name: batch.column(name).to_pylist() for name in batch.schema.names}
    found.sizes.update(zip(*(told[name] for name in ("width", "height", "depth") if name in told), strict=True))
    found.in_plane.update(round(one[0], 4) for one in told.get("pixel_spacing", ()) if one)
    found.between.update(round(one, 4) for one in told.get("slice_spacing", ()) if one is not None)
    found.patients.update(one for one in told["patient_id"] if one is not None)


def intensities(rows: Sequence[Shown]) -> list[Histogram]:
    """How bright the pixels of rows are, in physical values where the rows have a scale; a histogram a channel."""
    channels: dict[str, list[NDArray[np.float64]]] = {}
    for row in rows:
        for name, values in _values(row).items():
            channels.setdefault(name, []).append(values)
    return [histogram(name, np.concatenate(values)) for name, values in channels.items()]


def _values(row: Shown) -> dict[str, NDArray[np.float64]]:
    with parquet(row.path) as file:
        scale = [name for name in ("rescale_slope", "rescale_intercept") if name in file.schema_arrow.names]
        table = file.read_row_group(row.group, columns=["image", *scale])
    cells: dict[str, Any] = table.slice(row.place, 1).to_pylist()[0]
    try:
        pixels = samples(cells["image"]["bytes"])
    except MissingExtra:
        raise
    except Exception:  # whatever a decoder raises; `verify` names what cannot be decoded
        return {}
    coloured = pixels.ndim == 3 and pixels.shape[-1] == 3 and pixels.dtype == np.uint8
    flat = pixels.reshape(-1, 3) if coloured else pixels.reshape(-1, 1)
    chosen = physical({**cells, "image": flat[:: max(1, len(flat) // _SAMPLES)]})
    return {name: chosen[:, k] for k, name in enumerate(_CHANNELS if coloured else ("value",))}


def histogram(name: str, values: NDArray[Any]) -> Histogram:
    """Counts values in bins of equal width; what lies far outside, beyond the percentiles 0.1 and 99.9, in the outermost."""
    values = np.asarray(values, np.float64)
    values = values[np.isfinite(values)]
    if not values.size:
        return Histogram(name, 0, 0, (), 0)
    low, high = (float(one) for one in np.percentile(values, (0.1, 99.9)))
    if low == high:
        return Histogram(name, low, high, (1.0,), values.size)
    counts, _ = np.histogram(np.clip(values, low, high), _BINS, (low, high))
    return Histogram(name, low, high, tuple(round(float(one), 4) for one in counts / counts.max()), values.size)
