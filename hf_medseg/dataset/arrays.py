"""Arrow arrays from Python values, and rows of them back.

`pyarrow.array` would do, but it imports pandas first: half a second and 50 MB for every worker. These are made on buffers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from hf_medseg.dataset.columns import Column, Label, ListOf, PictureColumn, Record, Value, VolumeColumn

TEXT, BYTES = Value("string"), "bytes"
_CELL = pa.struct({BYTES: pa.binary(), "path": pa.string()})


def arrow_type(column: Column) -> pa.DataType:
    """The Arrow type that holds a column."""
    match column:
        case Value(dtype):
            return pa.bool_() if dtype == "bool" else pa.type_for_alias(dtype)
        case Label():
            return pa.int64()
        case PictureColumn() | VolumeColumn():
            return _CELL
        case ListOf(item):
            return pa.list_(arrow_type(item))
        case Record(fields):
            return pa.struct({name: arrow_type(field) for name, field in fields.items()})


def array_of(column: Column, values: Sequence[Any]) -> pa.Array:
    """The Arrow array of a column.

    Args:
        column: its type.
        values: one value a row, None for null; class labels as indices, pictures as mappings of `bytes` and `path`.
    """
    kind, count = arrow_type(column), len(values)
    valid = _validity(values)
    match column:
        case Value("string"):
            return _variable(kind, [None if value is None else value.encode() for value in values], valid)
        case Value("bool"):
            bits = np.packbits(np.fromiter((bool(value) for value in values), bool, count), bitorder="little")
            return pa.Array.from_buffers(kind, count, [valid, pa.py_buffer(bits)])
        case Value(dtype):
            return _fixed(kind, values, np.dtype(dtype), valid)
        case Label():
            return _fixed(kind, values, np.dtype(np.int64), valid)
        case PictureColumn() | VolumeColumn():
            data = _variable(pa.binary(), [None if value is None else value["bytes"] for value in values])
            paths = array_of(TEXT, [None if value is None else value["path"] for value in values])
            return pa.Array.from_buffers(kind, count, [valid], children=[data, paths])
        case ListOf(item):
            flat = [one for value in values if value is not None for one in value]
            return pa.Array.from_buffers(kind, count, [valid, _offsets(values)], children=[array_of(item, flat)])
        case Record(fields):
            children = [array_of(field, [None if value is None else value.get(name) for value in values]) for name, field in fields.items()]
            return pa.Array.from_buffers(kind, count, [valid], children=children)


def values_of(table: pa.Table | pa.RecordBatch, number: int) -> dict[str, Any]:
    """The values of a row, as Arrow's `as_py` gives them; but the bytes of a picture, or of a volume, are copied once and not twice."""
    return {name: _value(table.column(name), number) for name in table.schema.names}


def rows_of(table: pa.Table | pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """The values of every row; see `values_of`."""
    return (values_of(table, number) for number in range(table.num_rows))


def _value(column: pa.Array | pa.ChunkedArray, number: int) -> Any:
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        if number < len(chunk):
            break
        number -= len(chunk)
    if chunk.type == _CELL and not chunk.null_count and not (data := chunk.field(0)).null_count:
        _, offsets, content = data.buffers()
        first, end = np.frombuffer(offsets, np.int32)[data.offset + number :][:2].tolist()
        return {"bytes": content.slice(first, end - first).to_pybytes() if content else b"", "path": chunk.field(1)[number].as_py()}
    return chunk[number].as_py()


LARGE = 1 << 25
"""Bytes of cells; more is a volume, which fills a large part of a worker's memory. Row groups of pictures have less than half of them."""


def give_back(size: int) -> None:
    """Gives the system what Arrow would keep for later of so many bytes that were freed, where that is a volume."""
    if size > LARGE:
        pa.default_memory_pool().release_unused()


def _validity(values: Sequence[Any]) -> pa.Buffer | None:
    """A bitmap of what is not null; None where nothing is."""
    valid = np.fromiter((value is not None for value in values), bool, len(values))
    return None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))


def _offsets(values: Sequence[Any]) -> pa.Buffer:
    """Where each value begins in what all values make together (32 bits: a row group is far smaller)."""
    offsets = np.zeros(len(values) + 1, np.int64)
    np.cumsum([0 if value is None else len(value) for value in values], out=offsets[1:])
    if offsets[-1] > np.iinfo(np.int32).max:
        raise OverflowError(f"{offsets[-1]} bytes in one row group; a single row may hold 2 GB at most")
    return pa.py_buffer(offsets.astype(np.int32))


def _variable(kind: pa.DataType, values: Sequence[bytes | None], valid: pa.Buffer | None = None) -> pa.Array:
    data = b"".join(value for value in values if value is not None)
    return pa.Array.from_buffers(kind, len(values), [valid or _validity(values), _offsets(values), pa.py_buffer(data)])


def _fixed(kind: pa.DataType, values: Sequence[Any], dtype: np.dtype[Any], valid: pa.Buffer | None) -> pa.Array:
    numbers = np.array([0 if value is None else value for value in values], dtype)
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(numbers)])
