"""The pictures that go with a dataset: the config `preview`, as label maps look black in a viewer, and an overview for the card."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hf_medseg.dataset.arrays import array_of
from hf_medseg.dataset.folder import COLUMNS, FILE, MOST_ROWS, OVERVIEW, PREVIEW, Output
from hf_medseg.dataset.identity import METADATA_KEY, Identity, Outcome
from hf_medseg.dataset.report import Report
from hf_medseg.dataset.storage import whole_file
from hf_medseg.dataset.table import schema_of
from hf_medseg.formats import png
from hf_medseg.preview.choose import Shown, in_order, pick
from hf_medseg.preview.overlay import overlay, read_shown
from hf_medseg.preview.sheet import OVERVIEW_ROWS, Tile, sheet_of, tile_of
from hf_medseg.progress import Run

Array = NDArray[Any]
_SIDE = 384  # longest side of an overlay in the `preview` config


_AT_ONCE = 3  # rows that one worker draws: more calls than workers, so that they end together


@dataclass(frozen=True)
class Drawn:
    """A row as it is shown: (height, width, 3) uint8 in the config `preview`, and in the overview, if it is in that."""

    picture: Array
    tile: Tile | None


def drawn(rows: Sequence[Shown], tiled: Collection[Shown], run: Run) -> list[Drawn]:
    """Draws rows, in their order.

    Args:
        rows: the rows.
        tiled: those that are in the overview.
        run: where they are drawn, a few by each call.

    Raises:
        MissingExtra: a library is not installed that reads their volumes.
    """
    lots = [rows[first : first + _AT_ONCE] for first in range(0, len(rows), _AT_ONCE)]
    found = dict(run(_drawn, [(lot, [row for row in lot if row in tiled]) for lot in lots]))
    return [one for number in range(len(lots)) for one in found[number]]


def _drawn(rows: Sequence[Shown], tiled: Collection[Shown]) -> list[Drawn]:
    return [Drawn(np.asarray(overlay(seen, _SIDE)), tile_of(row, seen) if row in tiled else None) for row, seen in read_shown(rows)]


def write_preview(target: Output, report: Report, run: Run) -> None:
    """Writes the config `preview`: at most 16 rows over splits, configs and classes.

    Args:
        target: an output folder with finished shards.
        report: the content of its `report.json`.
        run: where its rows are drawn.
    """
    cells: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    picked = pick(target, MOST_ROWS)
    rows = in_order(picked)
    pictures = drawn(rows, picked[:OVERVIEW_ROWS], run)
    for row, one in zip(rows, pictures, strict=True):
        data = png.encode(one.picture)
        values = (row.image_id, row.split, row.config, {"bytes": data, "path": file_name(row.image_id)})
        for column, value in zip(cells.values(), values, strict=True):
            column.append(value)
    schema = schema_of(COLUMNS)
    told = (report["source"], report["edition"] or "", PREVIEW, "train", report["converter"])
    identity = Identity(*told, "", license=report["license"], tier=report["tier"])
    path = target.root / FILE
    described = {"identity": asdict(identity), **asdict(Outcome())}
    table = schema.empty_table()
    if cells["image_id"]:
        table = pa.Table.from_arrays([array_of(column, cells[name]) for name, column in COLUMNS.items()], schema=schema)
    with whole_file(path) as here:
        write_rows(here, table, json.dumps(described, sort_keys=True).encode())
    if cells["image_id"]:
        (target.root / OVERVIEW).write_bytes(png.encode(overview(target, pictures)))


def write_rows(where: Any, table: pa.Table, described: bytes) -> None:
    """Writes the rows of a preview, and what the file says of itself, to a path or a stream."""
    with pq.ParquetWriter(where, table.schema, compression="NONE", use_dictionary=False, write_page_index=True) as writer:
        if len(table):
            writer.write_table(table)
        writer.add_key_value_metadata({METADATA_KEY: described})


def overview(target: Output, pictures: Iterable[Drawn]) -> Array:
    """(height, width, 3) uint8: the sheet of those drawn rows that are in it."""
    return np.asarray(sheet_of(target, [one.tile for one in pictures if one.tile is not None]))


def file_name(image_id: str) -> str:
    """What the picture of a row is called."""
    return f"{image_id.replace('/', '_')}.png"
