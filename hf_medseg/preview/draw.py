"""The pictures that go with a dataset: the config `preview`, as label maps look black in a viewer, and an overview for the card."""

from __future__ import annotations

import json
from dataclasses import asdict
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
from hf_medseg.preview.choose import in_order, pick
from hf_medseg.preview.overlay import Seen, overlay, read_shown
from hf_medseg.preview.sheet import OVERVIEW_ROWS, sheet_of, tile_of

Array = NDArray[Any]
_SIDE = 384  # longest side of an overlay in the `preview` config


def write_preview(target: Output, report: Report) -> None:
    """Writes the config `preview`: at most 16 rows over splits, configs and classes.

    Args:
        target: an output folder with finished shards.
        report: the content of its `report.json`.
    """
    cells: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    picked = pick(target, MOST_ROWS)
    tiles = []
    for row, seen in read_shown(in_order(picked)):
        data = png.encode(picture_of(seen))
        values = (row.image_id, row.split, row.config, {"bytes": data, "path": file_name(row.image_id)})
        for column, value in zip(cells.values(), values, strict=True):
            column.append(value)
        if row in picked[:OVERVIEW_ROWS]:
            tiles.append(tile_of(row, seen))
    schema = schema_of(COLUMNS)
    told = (report["source"], report["edition"] or "", PREVIEW, "train", report["converter"])
    identity = Identity(*told, "", license=report["license"], tier=report["tier"])
    path = target.root / FILE
    with (
        whole_file(path) as here,
        pq.ParquetWriter(here, schema, compression="NONE", use_dictionary=False, write_page_index=True) as writer,
    ):
        if cells["image_id"]:
            writer.write_table(pa.Table.from_arrays([array_of(column, cells[name]) for name, column in COLUMNS.items()], schema=schema))
        described = {"identity": asdict(identity), **asdict(Outcome())}
        writer.add_key_value_metadata({METADATA_KEY: json.dumps(described, sort_keys=True).encode()})
    if cells["image_id"]:
        (target.root / OVERVIEW).write_bytes(png.encode(np.asarray(sheet_of(target, tiles))))


def file_name(image_id: str) -> str:
    """What the picture of a row is called."""
    return f"{image_id.replace('/', '_')}.png"


def picture_of(seen: Seen) -> Array:
    """(height, width, 3) uint8: how the config `preview` shows a row."""
    return np.asarray(overlay(seen, _SIDE))
