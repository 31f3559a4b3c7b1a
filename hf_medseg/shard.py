"""Writing one shard: a Parquet file that is complete or does not exist, and says what it is."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hf_medseg import __version__
from hf_medseg.arrays import array_of
from hf_medseg.case import Case
from hf_medseg.columns import Column, ListOf, Picture, Volume, arrow_type, feature
from hf_medseg.errors import Rejected
from hf_medseg.places import parquet, whole_file
from hf_medseg.quiet import quiet
from hf_medseg.raw.files import Reader
from hf_medseg.rows import Row, TableSpec, Tally, rows

# First samples and random rows come fast from small row groups, and a viewer scans little; see benchmarks/.
LEAST_GROUP, MOST_GROUP = 8_000_000, 13_000_000
METADATA_KEY = b"hf_medseg"


@dataclass(frozen=True)
class Identity:
    """What a shard says of itself, so that a rerun, the license gate and a push can tell what it holds.

    `limit` is how many cases of its split were taken at most, where that left some of its `cases` out; 0 where all were.
    """

    source: str
    edition: str
    config: str
    split: str
    version: str
    fingerprint: str
    license: str = ""
    tier: str = ""
    limit: int = 0
    cases: int = 0


def fingerprint(table: TableSpec, cases: Sequence[Case]) -> str:
    """Changes whenever the rows of a shard could: versions, columns, files and their sizes, values from tables.

    Costs about a millisecond for a hundred cases, so it is taken where a shard is written or compared, not while planning.
    """
    digest = hashlib.sha256(repr((__version__, *versions().items(), table)).encode())
    for case in cases:
        digest.update(repr(case).encode())
    return digest.hexdigest()


@cache
def versions() -> dict[str, str]:
    """Versions of the packages that the bytes of a shard depend on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in ("deflate", "nibabel", "numpy", "pillow", "pyarrow", "pydicom"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@dataclass
class Outcome:
    """What became of a shard's cases; kept in the shard.

    `seal` ties the identity to the rows: metadata of another shard does not fit them.
    """

    tally: Tally = field(default_factory=Tally)
    rejected: list[dict[str, str]] = field(default_factory=list)
    duplicate: list[str] = field(default_factory=list)
    known: list[dict[str, str]] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)
    seal: str = ""


class Seal:
    """A digest of an identity and of the rows under it, taken row by row."""

    columns = ("image_id", "source_file", "source_sha256")

    def __init__(self, identity: Identity) -> None:
        self._digest = hashlib.sha256(json.dumps(asdict(identity), sort_keys=True).encode())

    def add(self, row: Mapping[str, Any]) -> None:
        """Adds the next row."""
        self._digest.update(json.dumps([row[name] for name in self.columns]).encode())

    def value(self) -> str:
        """The seal of all rows so far."""
        return self._digest.hexdigest()


@dataclass(frozen=True)
class ShardTask:
    """Everything that a worker needs to write one shard.

    Attributes:
        target: final path of the shard.
        unfinished: what it is called until it is complete, beside the finished ones; empty where OUT is not a local folder.
        identity: what the shard says of itself; the fingerprint is added when it is written.
    """

    target: str
    unfinished: str
    identity: Identity
    table: TableSpec
    cases: tuple[Case, ...]


def schema_of(columns: Mapping[str, Column]) -> pa.Schema:
    """The Arrow schema of a table, with the features that `datasets` reads from it."""
    features = {name: feature(column) for name, column in columns.items()}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([pa.field(name, arrow_type(column)) for name, column in columns.items()], metadata=metadata)


def write_shard(task: ShardTask, progress: Callable[[int, int], None] | None = None) -> Outcome:
    """Reads the cases of a shard and writes it under its final name.

    Args:
        task: what to write where.
        progress: told (cases done, raw bytes read) from time to time.

    Raises:
        OSError: the disk is full or not writable; the unfinished file is removed.
    """
    outcome = Outcome()
    identity = replace(task.identity, fingerprint=fingerprint(task.table, task.cases))
    seal = Seal(identity)
    columns = task.table.columns
    schema = schema_of(columns)
    plain = [name for name, column in columns.items() if not _holds_pictures(column)]
    with (
        # A name of its own: a worker that was given up may still be writing the same shard.
        whole_file(task.target, task.unfinished and f"{task.unfinished}.{uuid.uuid4().hex}") as here,
        pq.ParquetWriter(
            here,
            schema,
            compression=_compression(columns),
            use_dictionary=[leaf for name in plain for leaf in _leaves(name, columns[name])],
            write_page_index=True,
            store_schema=True,
        ) as writer,
        # One row group is written while the next is read.
        ThreadPoolExecutor(1) as behind,
    ):
        pending: list[Row] = []
        writing: Future[None] | None = None
        size, done, read = 0, 0, 0

        def write_pending() -> None:
            nonlocal pending, writing
            if writing is not None:
                writing.result()
            writing = behind.submit(_write_group, writer, schema, columns, pending)
            pending = []

        for case in task.cases:
            reader = Reader()
            try:
                with quiet():
                    made = list(rows(case, task.table, reader, outcome.tally))
                outcome.notes.extend({"path": path, "reason": reason} for path, reason in reader.notes)
            except Rejected as error:
                if case.known:
                    outcome.known.append({"path": error.file, "reason": f"no row: {error.expected} ({case.known})"})
                else:
                    outcome.rejected.append({"image_id": case.image_id, **asdict(error)})
                made = []
            outcome.duplicate.extend(reader.duplicates)
            outcome.rejected.extend({"image_id": name, **asdict(error)} for name, error in reader.dropped)
            done, read = done + 1, read + case.size
            for row in made:
                pending.append(row)
                seal.add(row)
                taken = _pixel_bytes(row)
                size += taken
                if _ends_group(row, taken, size):
                    write_pending()
                    size = 0
                    if progress is not None:
                        progress(done, read)
        if pending:
            write_pending()
        if writing is not None:
            writing.result()
        outcome.seal = seal.value()
        described = {"identity": asdict(identity), **asdict(outcome)}
        writer.add_key_value_metadata({METADATA_KEY: json.dumps(described, sort_keys=True).encode()})
    return outcome


def _write_group(writer: pq.ParquetWriter, schema: pa.Schema, columns: Mapping[str, Column], rows: list[Row]) -> None:
    count = len(rows)
    arrays = [array_of(column, [row[name] for row in rows]) for name, column in columns.items()]
    rows.clear()  # their pictures are in the arrays now
    writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=count)


def _ends_group(row: Row, taken: int, size: int) -> bool:
    """Whether a row group ends after a row: told by the row itself, so that groups far from a deleted row stay as they were.

    Then an upload sends less again (see benchmarks/).

    Args:
        row: the last row of the group so far.
        taken: bytes of its pictures.
        size: bytes of the group's pictures.
    """
    if size < LEAST_GROUP:
        return False
    lot = int.from_bytes(hashlib.sha256(row["image_id"].encode()).digest()[:4], "big") / (1 << 32)
    return size >= MOST_GROUP or lot < 2 * taken / (MOST_GROUP - LEAST_GROUP)


def _holds_pictures(column: Column) -> bool:
    return isinstance(column, (Picture, Volume)) or (isinstance(column, ListOf) and isinstance(column.item, (Picture, Volume)))


def _pixel_bytes(row: Row) -> int:
    size = 0
    for value in row.values():
        if isinstance(value, dict):
            size += len(value.get("bytes") or b"")
        elif isinstance(value, list):
            size += sum(len(one["bytes"] or b"") for one in value if isinstance(one, dict) and "bytes" in one)
    return size


def _leaves(name: str, column: Column) -> list[str]:
    """Parquet paths of the leaf columns of a column."""

    def walk(path: str, kind: pa.DataType) -> list[str]:
        if pa.types.is_list(kind):
            return walk(f"{path}.list.element", kind.value_type)
        if pa.types.is_struct(kind):
            return [leaf for child in kind for leaf in walk(f"{path}.{child.name}", child.type)]
        return [path]

    return walk(name, arrow_type(column))


def _compression(columns: Mapping[str, Column]) -> dict[str, str]:
    """Pictures are compressed already; everything else packs well."""
    return {
        leaf: "NONE" if leaf.endswith(".bytes") and _holds_pictures(column) else "ZSTD"
        for name, column in columns.items()
        for leaf in _leaves(name, column)
    }


def read_shard(path: str) -> tuple[Identity, Outcome] | None:
    """What a shard says of itself; None if it is not one of ours or is damaged."""
    try:
        with parquet(path) as file:
            metadata = file.metadata.metadata or {}
        described: dict[str, Any] = json.loads(metadata[METADATA_KEY])
        told = {name: described[name] for name in ("rejected", "duplicate", "known", "notes", "seal")}
        outcome = Outcome(Tally(**described["tally"]), **told)
        return Identity(**described["identity"]), outcome
    except (OSError, pa.ArrowException, KeyError, ValueError, TypeError):
        return None
