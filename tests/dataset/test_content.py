"""A file is read once, and its hash is that of what its reader was given."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_medseg.dataset.content import HashedFile, stamp_of


class Counted(io.FileIO):
    """Notes every byte that is read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.taken: list[tuple[int, int]] = []

    def read(self, size: int | None = -1) -> bytes:
        at = self.tell()
        data = super().read(size) or b""
        self.taken.append((at, at + len(data)))
        return data


def table(path: Path, groups: int) -> pa.Table:
    chance = np.random.default_rng(groups)
    cells = [chance.bytes(int(chance.integers(1, 60_000))) for _ in range(6 * groups)]
    made = pa.table({"image": cells, "mask": cells[::-1], "id": [str(k) for k in range(len(cells))]})
    with pq.ParquetWriter(path, made.schema, compression={"image": "NONE", "mask": "NONE", "id": "ZSTD"}, write_page_index=True) as writer:
        for number in range(groups):
            writer.write_table(made.slice(6 * number, 6))
    return made


@pytest.mark.parametrize("groups", [0, 1, 7])
def test_every_byte_of_a_shard_is_read_once_and_hashed(groups: int, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    made = table(path, groups)
    with Counted(path) as stream:
        hashed = HashedFile(path, stream, stamp_of(stream.fileno()))
        with pq.ParquetFile(hashed) as file:
            hashed.begin()
            found = [file.read_row_group(number, use_threads=False) for number in range(file.num_row_groups)]
        content = hashed.content()
    assert pa.concat_tables([made.schema.empty_table(), *found]).equals(made)
    assert (content.size, content.sha256) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    assert content.unchanged
    pieces = sorted(stream.taken)
    assert [begin for begin, _ in pieces] == [0, *(end for _, end in pieces[:-1])]
    assert pieces[-1][1] == content.size


def test_what_is_rewritten_in_place_meanwhile_has_the_hash_of_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    table(path, 4)
    before = path.read_bytes()
    with path.open("rb", buffering=0) as stream:
        hashed = HashedFile(path, stream, stamp_of(stream.fileno()))
        with pq.ParquetFile(hashed) as file:
            hashed.begin()
            file.read_row_group(0, use_threads=False)
            with path.open("r+b") as other:
                other.write(bytes(len(before)))
            content = hashed.content()
    # The first row group and the footer are what was read before, and what lies between is what somebody wrote: no other file has that hash.
    assert content.sha256 not in (hashlib.sha256(before).hexdigest(), hashlib.sha256(path.read_bytes()).hexdigest())
    assert not content.unchanged


def test_what_becomes_shorter_meanwhile_has_no_hash(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes(100_000))
    with path.open("rb", buffering=0) as stream:
        hashed = HashedFile(path, stream, stamp_of(stream.fileno()))
        with path.open("r+b") as other:
            other.truncate(50_000)
        with pytest.raises(OSError, match="became shorter"):
            hashed.content()


def test_what_grows_meanwhile_is_told_by_its_stamp(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"rows")
    with path.open("rb", buffering=0) as stream:
        hashed = HashedFile(path, stream, stamp_of(stream.fileno()))
        with path.open("ab") as other:
            other.write(b"more")
        content = hashed.content()
    assert (content.size, content.sha256) == (4, hashlib.sha256(b"rows").hexdigest())
    assert not content.unchanged


def test_going_back_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes(range(200)))
    with path.open("rb", buffering=0) as stream:
        hashed = HashedFile(path, stream, stamp_of(stream.fileno()))
        hashed.begin()
        hashed.seek(100)
        assert hashed.read(10) == bytes(range(100, 110))
        hashed.seek(50)
        with pytest.raises(OSError, match="one behind the other"):
            hashed.read(10)


@given(
    st.integers(0, 300), st.lists(st.integers(0, 60), max_size=5), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 80)), max_size=8)
)
def test_any_way_forward_gives_the_bytes_and_the_hash(size: int, ends: list[int], steps: list[tuple[int, int]]) -> None:
    data = bytes(k * 7 % 251 for k in range(size))
    hashed = HashedFile(Path("x"), io.BytesIO(data))
    for back in ends:
        hashed.seek(max(0, size - back))
        assert hashed.read() == data[max(0, size - back) :]
    hashed.begin()
    hashed.seek(0)
    for skip, count in steps:
        hashed.seek(skip, 1)
        at = hashed.tell()
        assert hashed.read(count) == data[at : at + count]
    assert hashed.content().sha256 == hashlib.sha256(data).hexdigest()
