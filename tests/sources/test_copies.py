"""Copies: of a table, of a picture under another name, and of one channel in another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hf_medseg.conversion.report import repeated_images
from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.picture import Picture
from hf_medseg.formats.pixels import equal_channels
from hf_medseg.raw.files import Reader
from hf_medseg.raw.tree import open_raw_tree
from tests.support import kit


def test_a_copy_of_a_table_that_says_the_same_is_left_alone(tmp_path: Path) -> None:
    kit.write(tmp_path / "data.csv", "a,b\n1,2\n")
    kit.write(tmp_path / "copy" / "data.csv", "\ufeffa;b\r\n1;2")
    raw = open_raw_tree(tmp_path, tmp_path)
    table = raw.table(r"data\.csv")
    assert table is not None and [dict(row) for row in table] == [{"a": "1", "b": "2"}]
    assert [(note.path, note.reason) for note in raw.not_used([], [])] == [("copy/data.csv", "says the same as data.csv")]


def test_a_copy_of_a_table_that_says_something_else_is_refused(tmp_path: Path) -> None:
    kit.write(tmp_path / "data.csv", "a,b\n1,2\n")
    kit.write(tmp_path / "copy" / "data.csv", "a,b\n1,3\n")
    with pytest.raises(Refused, match=r"data\.csv and copy/data\.csv differ"):
        open_raw_tree(tmp_path, tmp_path).table(r"data\.csv")


def shard(path: Path, rows: list[tuple[str, int]]) -> Path:
    pq.write_table(pa.table({"source_file": [r[0] for r in rows], "source_sha256": [f"{r[1]:064x}"[::-1] for r in rows]}), path)
    return path


def test_repeated_images_are_listed_once_in_natural_order(tmp_path: Path) -> None:
    shards = [shard(tmp_path / "0", [("a (10).png", 1), ("b.png", 2)]), shard(tmp_path / "1", [("a (9).png", 1), ("c.png", 3)])]
    assert repeated_images(shards) == ["a (10).png"]
    assert repeated_images([]) == []


def test_slices_of_one_file_repeat_nothing(tmp_path: Path) -> None:
    assert repeated_images([shard(tmp_path / "0", [("volume.nii.gz", 7)] * 3)]) == []


def test_equal_channels() -> None:
    picture = kit.colour("copies", 5, 6)
    assert equal_channels(kit.encode(picture), "x.png") == frozenset()
    picture[..., 2] = picture[..., 1]
    assert equal_channels(kit.encode(picture), "x.png") == {(1, 2)}
    assert equal_channels(kit.encode(picture[..., 0].copy()), "x.png") == frozenset()
    with pytest.raises(Rejected):
        equal_channels(b"no picture", "x.png")


def test_a_declared_mode_holds_for_masks_too(tmp_path: Path) -> None:
    grey = kit.grey("copies", 5, 6)
    kit.save(tmp_path / "same.png", np.dstack([grey] * 3))
    kit.save(tmp_path / "other.png", np.dstack([grey, grey, grey.T.reshape(5, 6)]))
    raw = open_raw_tree(tmp_path, tmp_path)
    same, other = raw.one(r"same\.png"), raw.one(r"other\.png")
    assert same is not None and other is not None
    assert np.array_equal(Picture(same, "L").array(Reader()), grey[np.newaxis])
    assert Picture(same).array(Reader()).shape == (1, 5, 6, 3)
    with pytest.raises(Rejected, match="channels differ"):
        Picture(other, "L").array(Reader())
