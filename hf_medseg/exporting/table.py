"""OUT as every exporter reads it: its rows, shard by shard, and which cases they make, known before a pixel is read."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from hf_medseg.dataset.columns import Column, Label, ListOf, PictureColumn, VolumeColumn
from hf_medseg.dataset.finished import classes_of, columns_of, finished
from hf_medseg.dataset.folder import CARD, Output
from hf_medseg.dataset.identity import Identity, split_order
from hf_medseg.dataset.storage import parquet
from hf_medseg.errors import MedsegError, Refused

Row = dict[str, Any]

_LIGHT = ("image_id", "patient_id", "volume_id", "slice_index", "num_slices", "width", "height", "image_position", "fold")
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_AT_ONCE = 8  # rows that are in memory together


@dataclass(frozen=True, slots=True)
class Entry:
    """A case before it is read.

    Attributes:
        id: its `image_id`; of gathered slices their `volume_id`.
        stem: what its files are called.
        group: what must stay on one side of a split: its patient, else its volume, else itself.
        fold: the owner's fold, None where there is none.
        rows: how many rows it is made of.
    """

    id: str
    stem: str
    split: str
    patient: str | None
    group: str
    fold: str | None
    rows: int


@dataclass(frozen=True)
class Table:
    """One config of a converted dataset.

    Attributes:
        shards: (split, path), split by split.
        columns: all columns by name.
        classes: names of the mask's classes, `background` first.
        card: the text of the dataset's card.
        whole_volumes: whether a row is a whole volume.
    """

    target: Output
    config: str
    identity: Identity
    shards: tuple[tuple[str, Path], ...]
    columns: Mapping[str, Column]
    classes: tuple[str, ...]
    card: str

    @property
    def whole_volumes(self) -> bool:
        """Whether a row is a whole volume."""
        return isinstance(self.columns["image"], VolumeColumn)

    @property
    def images(self) -> tuple[str, ...]:
        """The columns with an image: `image`, and a sequence or channel each after it."""
        return tuple(
            name
            for name, column in self.columns.items()
            if re.match(r"image(?:_|\Z)", name) and isinstance(column, (PictureColumn, VolumeColumn))
        )

    @property
    def pictures(self) -> tuple[str, ...]:
        """All columns that hold a picture or volume each."""
        return tuple(name for name, column in self.columns.items() if isinstance(column, (PictureColumn, VolumeColumn)))

    @property
    def plain(self) -> tuple[str, ...]:
        """The columns that a table of text can hold: values and labels, and lists of them."""
        return tuple(name for name, column in self.columns.items() if _is_plain(column))

    def told(self, row: Row) -> dict[str, Any]:
        """The plain columns of a row, classes by their names."""
        return {name: _told(self.columns[name], row[name]) for name in self.plain if row.get(name) is not None}

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[tuple[str, Row]]:
        """(split, row) of every row, few in memory at a time.

        Args:
            columns: those that are read; all where nothing is said.

        Raises:
            MedsegError: a shard cannot be read to its end.
        """
        for split, path in self.shards:
            try:
                with parquet(path) as file:
                    for batch in file.iter_batches(_AT_ONCE if columns is None or "image" in columns else 1 << 14, columns=columns):
                        for k in range(batch.num_rows):
                            yield split, {name: batch.column(name)[k].as_py() for name in batch.schema.names}
            except (OSError, pa.ArrowException) as error:
                raise MedsegError(
                    f"{path.parent.name}/{path.name} cannot be read ({error}). `hf-medseg verify` tells more; convert the raw tree again."
                ) from error


def modes(table: Table) -> set[str]:
    """The modes of all pictures as Pillow names them, by their headers: `RGB`, `L`, `F` (fractions) or those of 16 bits; none of volumes.

    Raises:
        MedsegError: a shard cannot be read.
    """
    found = set()
    for _, row in table.rows(["image"]) if not table.whole_volumes else ():
        try:
            with Image.open(io.BytesIO(row["image"]["bytes"])) as picture:
                found.add(picture.mode)
        except OSError:  # it is rejected by name when it is written
            continue
    return found


def open_table(out: str | Path, config: str) -> Table:
    """A config of a converted dataset.

    Args:
        out: what `convert` wrote.
        config: its name; the first one where nothing is said.

    Raises:
        Refused: it is no finished conversion, or it lacks the config.
    """
    opened = finished(out)
    shards = opened.config(config)
    columns = columns_of(shards[0].path)
    by_split = sorted(((shard.identity.split, shard.path) for shard in shards), key=lambda pair: split_order(pair[0]))
    card = (opened.target.root / CARD).read_text(encoding="utf-8")
    identity = shards[0].identity
    return Table(opened.target, identity.config, identity, tuple(by_split), columns, classes_of(columns), card)


def _is_plain(column: Column) -> bool:
    match column:
        case ListOf(item):
            return _is_plain(item)
        case PictureColumn() | VolumeColumn():
            return False
    return not hasattr(column, "fields")


def _told(column: Column, value: Any) -> Any:
    match column:
        case Label(names):
            return None if value is None else names[value]
        case ListOf(item):
            return [_told(item, one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value  # JSON has no such number


@dataclass(frozen=True)
class Plan:
    """Which cases there are.

    Attributes:
        entries: in the order of the rows.
        gathered: whether slices are put together to volumes.
        apart: why slices stay pictures, though they belong to volumes; empty where that is not so.
    """

    entries: tuple[Entry, ...]
    gathered: bool = False
    apart: str = ""


def plan(table: Table, gather: bool) -> Plan:
    """The cases of a table.

    Args:
        table: the table.
        gather: whether slices are put together to volumes where they make whole ones.

    Raises:
        Refused: two cases would have files of the same name.
    """
    wanted = [name for name in _LIGHT if name in table.columns]
    volumes: dict[tuple[str, str], list[Row]] = {}
    singles: list[Entry] = []
    keep = gather and not table.whole_volumes and {"volume_id", "slice_index"} <= table.columns.keys()
    for split, row in table.rows(wanted):
        if keep and row["volume_id"] is not None:
            volumes.setdefault((split, row["volume_id"]), []).append(row)
        singles.append(_entry(split, row, row["image_id"], 1))
    apart = _apart(table, volumes, len(singles)) if volumes else ""
    if not volumes or apart:
        return Plan(_named(singles), apart=apart)
    return Plan(_named([_entry(split, found[0], volume, len(found)) for (split, volume), found in volumes.items()]), gathered=True)


def _entry(split: str, row: Row, id: str, rows: int) -> Entry:
    fold = row.get("fold")
    group = row["patient_id"] or row.get("volume_id") or row["image_id"]
    return Entry(id, "", split, row["patient_id"], group, None if fold is None else str(fold), rows)


def _named(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Entries with names that every file system takes, and tells apart."""
    taken: dict[str, str] = {}
    named = []
    for entry in entries:
        stem = _NOT_IN_NAMES.sub("_", entry.id).strip(" .") or "_"
        other = taken.setdefault(f"{entry.split}/{stem}".casefold(), entry.id)
        if other != entry.id:
            raise Refused(f"The cases {other!r} and {entry.id!r} would have files of the same name, {stem!r}. Give them other ids.")
        named.append(replace(entry, stem=stem))
    return tuple(named)


def _apart(table: Table, volumes: Mapping[tuple[str, str], Sequence[Row]], rows: int) -> str:
    """Why the slices of a table do not make volumes; empty where they do."""
    if rows > sum(map(len, volumes.values())):
        return "some rows are pictures of no volume"
    for (_, volume), found in volumes.items():
        if [row["slice_index"] for row in found] != list(range(len(found))) or found[0]["num_slices"] not in (None, len(found)):
            return f"the volume {volume} has {len(found)} of {found[0]['num_slices']} slices"
        if len({(row["width"], row["height"]) for row in found}) > 1:
            return f"the slices of the volume {volume} differ in size"
        places = [row["image_position"] for row in found if row.get("image_position")]
        if len(found) == len(places) > 1:
            steps = np.array([np.subtract(there, here) for here, there in pairwise(places)])
            far = float(np.linalg.norm(steps.mean(axis=0)))
            if far == 0 or np.abs(steps - steps.mean(axis=0)).max() > 0.1 * far:
                return f"the slices of the volume {volume} are at uneven distances"
    from hf_medseg.exporting.case import decoded

    _, first = next(table.rows())
    return "its slices are in colours" if decoded(first["image"]["bytes"], first["image_id"]).ndim == 3 else ""
