"""Writing one shard: a Parquet file that is complete or does not exist, and says what it is."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace

import pyarrow as pa
import pyarrow.parquet as pq

from hf_medseg import __version__
from hf_medseg.case import Case
from hf_medseg.conversion.names import Names
from hf_medseg.conversion.quiet import quiet
from hf_medseg.conversion.rows import Row, rows
from hf_medseg.dataset.arrays import LARGE, array_of, arrow_type, give_back
from hf_medseg.dataset.columns import Column, holds_pictures
from hf_medseg.dataset.identity import METADATA_KEY, Identity, Outcome, Seal, versions
from hf_medseg.dataset.report import Noted, rejection
from hf_medseg.dataset.storage import whole_file
from hf_medseg.dataset.table import TableSpec, schema_of
from hf_medseg.errors import Rejected
from hf_medseg.raw.files import Reader

# First samples and random rows come fast from small row groups, and a viewer scans little; see benchmarks/.
LEAST_GROUP, MOST_GROUP = 8_000_000, 13_000_000


def fingerprint(table: TableSpec, cases: Iterable[Case]) -> str:
    """Changes whenever the rows of a shard could: versions, columns, files and their sizes, values from tables.

    Costs about a millisecond for a hundred cases, so it is taken where a shard is written or compared, not while planning.
    """
    digest = hashlib.sha256(repr((__version__, *versions().items(), table)).encode())
    for case in cases:
        digest.update(repr(case).encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class ShardTask:
    """Everything that a worker needs to write one shard.

    Attributes:
        target: final path of the shard.
        unfinished: what it is called until it is complete, beside the finished ones; empty where OUT is not a local folder.
        identity: what the shard says of itself; the fingerprint is added when it is written.
        size: raw bytes of its cases.
        key: by which names are hashed, where cases have new ones; see `Names`.
        tables: paths of files that planning read, where cases have new names: what is said of a case must not name them.
    """

    target: str
    unfinished: str
    identity: Identity
    table: TableSpec
    cases: Collection[Case]
    size: int = 0
    key: bytes = b""
    tables: tuple[str, ...] = ()


def write_shard(task: ShardTask, progress: Callable[[int, int], None] | None = None) -> Outcome:
    """Reads the cases of a shard and writes it under its final name.

    Args:
        task: what to write where.
        progress: told (cases done, raw bytes read) from time to time.

    Raises:
        OSError: the disk is full or not writable; the unfinished file is removed.
    """
    outcome = Outcome()
    task = replace(task, cases=tuple(task.cases))  # which may be packed
    identity = replace(task.identity, fingerprint=fingerprint(task.table, task.cases))
    with quiet():
        write_rows(task.target, task.unfinished, identity, task.table.columns, outcome, _made(task, outcome), progress)
    return outcome


def _made(task: ShardTask, outcome: Outcome) -> Iterator[tuple[list[Row], int]]:
    """The rows of each case, none of one that is rejected, with its part of the raw bytes."""
    names = Names(task.key) if task.key else None
    share = task.size // max(len(task.cases), 1)
    for case in task.cases:
        reader = Reader()
        try:
            made = list(rows(case, task.table, reader, outcome.tally))
            if names is not None:
                made = [names.cells(row, case, task.table) for row in made]
            outcome.notes.extend(Noted(path=path, reason=reason) for path, reason in reader.notes)
        except Rejected as error:
            if case.problem is not None and case.problem.known:
                outcome.known.append({"path": error.file, "reason": f"no row: {error.expected} ({case.problem.known})"})
            else:
                outcome.rejected.append(rejection(case.image_id, error))
            made = []
        outcome.duplicate.extend(reader.duplicates)
        outcome.rejected.extend(rejection(name, error) for name, error in reader.dropped)
        del reader  # with what it keeps
        yield made, share
    if names is not None:
        names.told(outcome, task.cases, task.tables)


def write_rows(
    target: str,
    unfinished: str,
    identity: Identity,
    columns: Mapping[str, Column],
    outcome: Outcome,
    lots: Iterable[tuple[list[Row], int]],
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Writes rows as a shard under its final name.

    Args:
        target: final path of the shard.
        unfinished: see `ShardTask`.
        identity: what the shard says of itself.
        columns: its columns in order.
        outcome: what became of its rows; whoever makes them adds to it as they are made, and the seal is added at the end.
        lots: the rows, as many at a time as are made together, with the bytes that were read for them.
        progress: told (lots done, bytes read) from time to time.

    Raises:
        OSError: the disk is full or not writable; the unfinished file is removed.
    """
    seal = Seal(identity)
    schema = schema_of(columns)
    pictures = [name for name, column in columns.items() if holds_pictures(column)]
    plain = [name for name in columns if name not in pictures]
    leaves = [leaf for name, column in columns.items() for leaf in _leaves(name, column)]
    with (
        # A name of its own: a worker that was given up may still be writing the same shard.
        whole_file(target, unfinished and f"{unfinished}.{uuid.uuid4().hex}") as here,
        pq.ParquetWriter(
            here,
            schema,
            compression=_compression(columns),
            use_dictionary=[leaf for name in plain for leaf in _leaves(name, columns[name])],
            write_page_index=True,
            # Of pictures nobody asks for the least and the greatest, and to find them takes six copies of a row group.
            write_statistics=[leaf for leaf in leaves if not leaf.endswith(".bytes")],
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
            if size > LARGE:  # Arrow makes two copies of it: it is written before the next one is read
                writing.result()
                give_back(size)

        for made, raw in lots:
            done, read = done + 1, read + raw
            made.reverse()
            while made:  # nobody else is to hold a row that was written: it may be a volume
                row = made.pop()
                pending.append(row)
                seal.add(row)
                taken = _pixel_bytes(row, pictures)
                size += taken
                if _ends_group(row, taken, size):
                    write_pending()
                    size = 0
                    if progress is not None:
                        progress(done, read)
                del row
        if pending:
            write_pending()
        if writing is not None:
            writing.result()
        outcome.seal = seal.value()
        described = {"identity": asdict(identity), **asdict(outcome)}
        writer.add_key_value_metadata({METADATA_KEY: json.dumps(described, sort_keys=True).encode()})


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


def _pixel_bytes(row: Row, pictures: Sequence[str]) -> int:
    """The bytes of the pictures in these columns of a row."""
    values = [row[name] for name in pictures if row[name] is not None]
    return sum(len(one["bytes"] or b"") for value in values for one in (value if isinstance(value, list) else (value,)))


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
        leaf: "NONE" if leaf.endswith(".bytes") and holds_pictures(column) else "ZSTD"
        for name, column in columns.items()
        for leaf in _leaves(name, column)
    }
