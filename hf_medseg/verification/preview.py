"""The preview against the rows that it shows: drawn from these, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hf_medseg.dataset.arrays import arrow_type
from hf_medseg.dataset.folder import COLUMNS as PREVIEW_COLUMNS
from hf_medseg.dataset.folder import FILE as PREVIEW_FILE
from hf_medseg.dataset.folder import (
    MOST_ROWS,
    OVERVIEW,
)
from hf_medseg.dataset.identity import Outcome, told_by
from hf_medseg.dataset.storage import parquet
from hf_medseg.errors import MissingExtra
from hf_medseg.preview.choose import Shown
from hf_medseg.preview.draw import file_name, picture_of
from hf_medseg.preview.overlay import read_shown
from hf_medseg.preview.sheet import overview
from hf_medseg.verification.cell import Array, Wrong, open_cell
from hf_medseg.verification.examined import Examined
from hf_medseg.verification.findings import Findings
from hf_medseg.verification.shard import METADATA, hash_of

_ROUNDING = 2  # of 255


def check_preview(findings: Findings, examined: Examined) -> None:
    """A few rows of the shards as pictures, drawn from these rows, and nothing else."""
    sound = not findings.problems  # what is compared with wrong rows says nothing
    filled = any(shard.rows for shard in examined.shards)
    picture, table = examined.text(OVERVIEW), examined.text(PREVIEW_FILE)
    if picture is not None:
        try:
            opened = open_cell(picture)
            if sound and not _is_drawn(opened.samples, overview(examined.target)):
                findings.wrong("preview", OVERVIEW, "is not what is drawn from the rows.")
        except Wrong as error:
            findings.wrong("preview", OVERVIEW, f"{error}")
        except MissingExtra as error:
            findings.warn("volumes", OVERVIEW, "is not compared with the rows.", f"{error}")
    elif filled:
        findings.wrong("preview", OVERVIEW, "is missing.")
    if table is not None:
        _check_preview_rows(findings, examined, table, sound)
    elif filled:
        findings.wrong("preview", PREVIEW_FILE, "is missing.")


def _check_preview_rows(findings: Findings, examined: Examined, data: bytes, sound: bool) -> None:
    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            fields = [(field.name, field.type) for field in file.schema_arrow]
            rows = file.read().to_pylist() if file.metadata.num_rows <= MOST_ROWS else None
            strange = sorted({*(file.metadata.metadata or {}), *(file.schema_arrow.metadata or {})} - METADATA)
            described = told_by(file)
    except (OSError, pa.ArrowException) as error:
        findings.wrong("preview", PREVIEW_FILE, f"not a complete Parquet file ({error}).")
        return
    if fields != [(name, arrow_type(column)) for name, column in PREVIEW_COLUMNS.items()] or not rows:
        findings.wrong("preview", PREVIEW_FILE, f"1 to {MOST_ROWS} rows of {', '.join(PREVIEW_COLUMNS)} expected.")
        return
    if strange or (described is not None and described[1] != Outcome()):
        findings.wrong("preview", PREVIEW_FILE, "carries metadata that no conversion writes.")
    shown: list[tuple[Shown, dict[str, Any]]] = []
    for row in rows:
        there = _found(examined, row)
        if there is None:
            text = f"shows a row that {row['config']} / {row['split']} does not have."
            findings.wrong("preview", PREVIEW_FILE, text, row=row["image_id"])
        else:
            shown.append((there, row))
    if not sound:
        for _, row in shown:
            _check_picture(findings, row, None)
        return
    try:
        for (_, row), (_, seen) in zip(shown, read_shown([there for there, _ in shown]), strict=True):
            _check_picture(findings, row, picture_of(seen))
    except MissingExtra as error:
        findings.warn("volumes", PREVIEW_FILE, "is not compared with the rows.", f"{error}")


def _check_picture(findings: Findings, row: Mapping[str, Any], drawn: Array | None) -> None:
    """A picture of the preview can be read, and is the one that is drawn from its row; None where the row itself is in doubt."""
    try:
        opened = open_cell(row["preview"]["bytes"] or b"")
    except Wrong as error:
        findings.wrong("preview", PREVIEW_FILE, f"{error}", row=row["image_id"])
        return
    if row["preview"]["path"] != file_name(row["image_id"]):
        findings.wrong("preview", PREVIEW_FILE, "its picture is not named after its row.", row=row["image_id"])
    if drawn is not None and not _is_drawn(opened.samples, drawn):
        findings.wrong("preview", PREVIEW_FILE, "its picture is not what is drawn from this row.", row=row["image_id"])


def _is_drawn(found: Array, drawn: Array) -> bool:
    """Whether two pictures are the same; versions of the drawing library may round differently."""
    if (found.shape, found.dtype) != (drawn.shape, drawn.dtype):
        return False
    return int(np.abs(found.astype(np.int16) - drawn).max(initial=0)) <= _ROUNDING


def _found(examined: Examined, row: Mapping[str, Any]) -> Shown | None:
    """Where the row of that config, split and id lies; None if there is none."""
    wanted = np.uint64(hash_of(row["image_id"]))
    for shard in examined.shards:
        if (shard.config, shard.split) != (row["config"], row["split"]):
            continue
        numbers = np.flatnonzero(shard.hashes.get("image", np.empty(0, np.uint64)) == wanted).tolist()
        path = examined.target.root / shard.name
        with parquet(path) as file:
            starts = np.cumsum([0, *(file.metadata.row_group(group).num_rows for group in range(file.num_row_groups))])
            for number in numbers:
                group = int(np.searchsorted(starts, number, "right")) - 1
                at = number - int(starts[group])
                if file.read_row_group(group, columns=["image_id"])["image_id"][at].as_py() == row["image_id"]:
                    return Shown(0, row["config"], row["split"], row["image_id"], (), "", path, group, at)
    return None
