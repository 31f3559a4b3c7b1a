"""A table of a dataset: its columns and classes, its Arrow schema, and the counts of its rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hf_medseg.dataset.arrays import arrow_type
from hf_medseg.dataset.columns import Column, ListOf, Value, feature

NOT_ANNOTATED = 255


Drawn = Literal["", "stored", "upright"]
"""On which grid the masks of a set are drawn: on the stored samples, on what viewers show, or nobody says."""


def schema_of(columns: Mapping[str, Column]) -> pa.Schema:
    """The Arrow schema of a table, with the features that `datasets` reads from it."""
    features = {name: feature(column) for name, column in columns.items()}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([pa.field(name, arrow_type(column)) for name, column in columns.items()], metadata=metadata)


@dataclass(frozen=True)
class TableSpec:
    """What every row of a table looks like; small and picklable.

    Attributes:
        columns: all columns in order.
        classes: names of the mask's classes, `background` first.
        uncertain: whether masks may hold 255.
        image_mode: the mode that the source declares.
        volumes: one row a volume instead of one a slice.
        masks: on which grid of a turned picture its masks are drawn.
        own: the files are the user's own: nobody else has them.
    """

    columns: dict[str, Column]
    classes: tuple[str, ...]
    uncertain: bool = False
    image_mode: Literal["L", "RGB", ""] = ""
    volumes: bool = False
    masks: Drawn = ""
    own: bool = False

    @cached_property
    def encoded(self) -> tuple[tuple[str, Column], ...]:
        """The columns whose values are stored otherwise than they are stated: all but plain values and lists of them."""
        return tuple((name, column) for name, column in self.columns.items() if not _is_plain(column))


def _is_plain(column: Column) -> bool:
    return isinstance(column, Value) or (isinstance(column, ListOf) and _is_plain(column.item))


@dataclass
class Tally:
    """What was found in rows: summed over a shard, then over a split.

    Attributes:
        pixels: pixels of each class; `not annotated` for 255.
        rows_per_class: rows in which each class occurs.
        foreground: sum over the rows with a mask of the fraction of foreground pixels.
    """

    rows: int = 0
    rows_with_mask: int = 0
    pixels: dict[str, int] = field(default_factory=dict)
    rows_per_class: dict[str, int] = field(default_factory=dict)
    foreground: float = 0.0

    def add(self, counts: NDArray[np.int64] | None, names: tuple[str, ...]) -> None:
        """Counts one row; `counts` holds the pixels of each mask value, None without a mask."""
        self.rows += 1
        if counts is None:
            return
        self.rows_with_mask += 1
        self.foreground += float(counts[1:NOT_ANNOTATED].sum() / counts.sum())
        for value in np.flatnonzero(counts):
            name = "not annotated" if value == NOT_ANNOTATED else names[value]
            self.pixels[name] = self.pixels.get(name, 0) + int(counts[value])
            self.rows_per_class[name] = self.rows_per_class.get(name, 0) + 1

    def __iadd__(self, other: Tally) -> Tally:
        """Adds what was found elsewhere."""
        self.rows += other.rows
        self.rows_with_mask += other.rows_with_mask
        self.foreground += other.foreground
        for mine, theirs in ((self.pixels, other.pixels), (self.rows_per_class, other.rows_per_class)):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        return self
