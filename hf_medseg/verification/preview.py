"""The preview against the rows that it shows: drawn from these, and nothing else."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
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
from hf_medseg.dataset.identity import METADATA_KEY, Outcome, told_by
from hf_medseg.dataset.storage import parquet
from hf_medseg.errors import MissingExtra
from hf_medseg.formats import png
from hf_medseg.preview.choose import Shown, in_order, pick
from hf_medseg.preview.draw import Drawn, drawn, file_name, overview, write_rows
from hf_medseg.preview.sheet import OVERVIEW_ROWS
from hf_medseg.progress import Run
from hf_medseg.verification.cell import Array, Opened, Wrong, open_cell
from hf_medseg.verification.examined import Examined
from hf_medseg.verification.findings import Findings
from hf_medseg.verification.shard import METADATA, hash_of

_ROUNDING = 2  # of 255
_ROOM = 1024  # bytes that another version of the Parquet library may need more


def check_preview(findings: Findings, examined: Examined, run: Run) -> None:
    """A few rows of the shards as pictures, drawn from these rows, and nothing else; `run` is where they are drawn."""
    sound = not findings.problems  # what is compared with wrong rows says nothing
    filled = any(shard.rows for shard in examined.shards)
    picture, table = examined.text(OVERVIEW), examined.text(PREVIEW_FILE)
    picked = pick(examined.target, MOST_ROWS) if sound else []
    shown = [] if table is None else _shown(findings, examined, table, picked)
    tiled = in_order(picked[:OVERVIEW_ROWS])
    pictures: dict[Shown, Drawn] = {}
    if sound:
        rows = list(dict.fromkeys([*(there for there, _ in shown), *tiled]))
        try:
            pictures = dict(zip(rows, drawn(rows, tiled, run), strict=True))
        except MissingExtra as error:
            for name in (OVERVIEW, PREVIEW_FILE):
                findings.warn("volumes", name, "is not compared with the rows.", f"{error}")
    if picture is not None:
        try:
            opened = _opened(picture)
            if pictures and not _is_drawn(opened.samples, overview(examined.target, [pictures[row] for row in tiled])):
                findings.wrong("preview", OVERVIEW, "is not what is drawn from the rows.")
        except Wrong as error:
            findings.wrong("preview", OVERVIEW, f"{error}")
    elif filled:
        findings.wrong("preview", OVERVIEW, "is missing.")
    for there, row in shown:
        _check_picture(findings, row, pictures[there].picture if there in pictures else None)
    if table is None and filled:
        findings.wrong("preview", PREVIEW_FILE, "is missing.")


def _shown(findings: Findings, examined: Examined, data: bytes, picked: Sequence[Shown]) -> list[tuple[Shown, dict[str, Any]]]:
    """The rows of the preview, each with the row of the shards that it shows."""
    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            fields = [(field.name, field.type) for field in file.schema_arrow]
            table = file.read() if file.metadata.num_rows <= MOST_ROWS else None
            strange = sorted({*(file.metadata.metadata or {}), *(file.schema_arrow.metadata or {})} - METADATA)
            described = told_by(file)
            full = table is not None and not _is_all(data, file, table)
    except (OSError, pa.ArrowException) as error:
        findings.wrong("preview", PREVIEW_FILE, f"not a complete Parquet file ({error}).")
        return []
    if fields != [(name, arrow_type(column)) for name, column in PREVIEW_COLUMNS.items()] or not table:
        findings.wrong("preview", PREVIEW_FILE, f"1 to {MOST_ROWS} rows of {', '.join(PREVIEW_COLUMNS)} expected.")
        return []
    if strange or (described is not None and described[1] != Outcome()):
        findings.wrong("preview", PREVIEW_FILE, "carries metadata that no conversion writes.")
    if full:
        findings.wrong("preview", PREVIEW_FILE, "holds bytes beside its rows.")
    known = {(one.config, one.split, one.image_id): one for one in picked}
    shown: list[tuple[Shown, dict[str, Any]]] = []
    for row in table.to_pylist():
        there = known.get((row["config"], row["split"], row["image_id"])) or _found(examined, row)
        if there is None:
            text = f"shows a row that {row['config']} / {row['split']} does not have."
            findings.wrong("preview", PREVIEW_FILE, text, row=row["image_id"])
        else:
            shown.append((there, row))
    return shown


def _is_all(data: bytes, file: pq.ParquetFile, table: pa.Table) -> bool:
    """Whether a file is its rows alone: bytes that nothing points to may lie between them and the description at the end."""
    again = io.BytesIO()
    write_rows(again, table, (file.metadata.metadata or {}).get(METADATA_KEY, b""))
    return len(data) <= len(again.getvalue()) + _ROOM


def _check_picture(findings: Findings, row: Mapping[str, Any], drawn: Array | None) -> None:
    """A picture of the preview can be read, and is the one that is drawn from its row; None where the row itself is in doubt."""
    try:
        opened = _opened(row["preview"]["bytes"] or b"")
    except Wrong as error:
        findings.wrong("preview", PREVIEW_FILE, f"{error}", row=row["image_id"])
        return
    if row["preview"]["path"] != file_name(row["image_id"]):
        findings.wrong("preview", PREVIEW_FILE, "its picture is not named after its row.", row=row["image_id"])
    if drawn is not None and not _is_drawn(opened.samples, drawn):
        findings.wrong("preview", PREVIEW_FILE, "its picture is not what is drawn from this row.", row=row["image_id"])


def _opened(data: bytes) -> Opened:
    """A picture that was drawn here.

    Raises:
        Wrong: it is none, or bytes lie behind its samples.
    """
    opened = open_cell(data)
    if opened.kind != "PNG" or png.exact(data) != data:
        raise Wrong("identity", "the picture is not what a conversion draws: bytes lie behind its samples, or it is no PNG.")
    return opened


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
