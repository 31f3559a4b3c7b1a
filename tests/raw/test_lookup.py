"""Looking files up in a raw tree: patterns, stated paths, parts, tables of every shape, and what is reported as not used."""

from __future__ import annotations

import csv
import gzip
import io
import re
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hf_medseg.errors import Refused, Rejected
from hf_medseg.raw import tables
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.listing import Listing, list_tree
from hf_medseg.raw.parts import split_parts
from hf_medseg.raw.patterns import Pattern
from hf_medseg.raw.tables import Table, text_of
from hf_medseg.raw.tree import Raw, open_raw_tree
from tests.support.kit import write


def tree(*paths: str) -> Raw:
    return Raw(Listing([RawFile(path, 1, None) for path in sorted(paths)]))


@pytest.mark.parametrize(
    "pattern",
    [
        r"a/(\d+)\.png",
        r"(?i:a)/\d",
        r"x\d",
        r"x\.y-z",
        r"colou?r",
        r"a b\.(?:gif|png)",
        r"images/[^/]+",
        r"é\.png",
        r"a\\b",
        r"1\.png(?:\.x)?",
        r"\w(?:a|1\.p)",
    ],
)
@given(path=st.text("a/1.pngxy-zé b\\", max_size=12))
def test_the_quick_look_changes_no_match(pattern: str, path: str) -> None:
    slow = re.search(rf"(?:\A|(?<=/)){pattern}\Z", path)
    quick = Pattern(pattern).search(path)
    assert (quick and quick.group()) == (slow and slow.group())


def test_files_at_stated_paths() -> None:
    found = tree("top/files/p1/a.jpg", "top/files/p1/b.jpg", "other/p1/a.jpg", "files/p1/a.jpg").at(
        ["files/p1/b.jpg", "files/p1/a.jpg", "c"]
    )
    assert list(found) == ["files/p1/b.jpg", "files/p1/a.jpg"]
    assert found["files/p1/b.jpg"].path == "files/p1/b.jpg"
    assert found["files/p1/a.jpg"].listed == "files/p1/a.jpg"
    assert [twin.listed for twin in found["files/p1/a.jpg"].twins] == ["top/files/p1/a.jpg"]


def test_parts_that_share_a_root_share_its_files() -> None:
    raw = tree("films/1.IMG", "scratch/1.gif", "deeper/films/2.IMG")
    parts = split_parts(raw.listing, {"films": (r"films/\d\.IMG",), "masks": (r"scratch/\d\.gif",)})
    assert [file.listed for file in parts["films"].files] == ["deeper/films/2.IMG", "films/1.IMG", "scratch/1.gif"]
    assert [file.listed for file in parts["masks"].files] == ["films/1.IMG", "scratch/1.gif"]


def test_a_part_that_lies_elsewhere_is_never_taken_for_the_tree(tmp_path: Path) -> None:
    write(tmp_path / "tree/files/1.jpg", b"lungs")
    write(tmp_path / "elsewhere/files/1.jpg", b"film")
    films = replace(list_tree(tmp_path / "elsewhere", tmp_path / "work", under="films"), part="films", outside=True)
    raw = Raw(list_tree(tmp_path / "tree", tmp_path / "work"), parts={"films": films})
    film = raw.part("films").find(r"files/\d\.jpg")["files/1.jpg"]
    assert (film.path, film.listed, film.read()) == ("films/files/1.jpg", "films/files/1.jpg", b"film")
    assert [note.path for note in raw.not_used([film], [])] == ["files/1.jpg"]


def test_very_many_files_of_one_reason_are_reported_by_folder() -> None:
    raw = tree(*(f"files/p{n // 500}/s{n}/{n}.jpg" for n in range(2000)), *(f"papers/{n}.pdf" for n in range(1000)), "odd.txt")
    notes = raw.not_used([], [(r"\d+\.jpg", "another film"), (r"\d+\.pdf", "text")])
    assert [(note.path, note.files) for note in notes if note.reason == "another film"] == [(f"files/p{n}/", 500) for n in range(4)]
    assert sum(note.reason == "text" for note in notes) == 1000
    assert [note.path for note in notes if note.reason == "belongs to no case of this config"] == ["odd.txt"]
    assert sum(note.files for note in notes) == len(raw.files)


def table(folder: Path, data: bytes | str, *columns: str, **options: object) -> Table:
    write(folder / "t.csv", data)
    return Table(next(iter(open_raw_tree(folder / "t.csv", folder).files)), columns, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["a,1\r\nb,2\r\n", "a;1\nb;2", "\ufeffa,1\rb,2\r", " a , 1 \n\nb,2\n"])
def test_a_table_without_a_header(text: str, tmp_path: Path) -> None:
    assert list(table(tmp_path, text, names=("path", "label"))) == [{"path": "a", "label": "1"}, {"path": "b", "label": "2"}]


def test_a_table_without_a_header_that_lacks_a_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="label are missing"):
        table(tmp_path, "a\nb\n", names=("path", "label"))


def test_only_the_needed_columns_are_kept(tmp_path: Path) -> None:
    rows = table(tmp_path, 'id,text,n\n1,"long\n""text""",2\n3\n', "n", "id", only=True)
    assert list(rows) == [{"id": "1", "n": "2"}, {"id": "3", "n": ""}]


CELL = st.text("ab é", max_size=5) | st.sampled_from(['"quoted, text"', '"two\nlines"', '"a ""word"""', '5" tall', '""', '"open'])


@pytest.mark.parametrize("longest", [1 << 22, 300])
@given(rows=st.lists(st.lists(CELL, min_size=1, max_size=4).map(",".join), min_size=1, max_size=30), end=st.sampled_from(["", "\n"]))
def test_tables_are_read_as_the_csv_module_reads_them(longest: int, rows: list[str], end: str) -> None:
    """Rows of every width, quotes in every place, in one block and in many."""
    text = "\n".join(rows) + end
    plain = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]
    width = len(next(csv.reader(io.StringIO(text, newline="")), []))
    assume(width and ('"open' not in text or longest > len(text.encode())))  # an open quote ends a block nowhere
    with mock.patch.object(tables, "LONGEST_ROW", longest):
        found = tables.columns_of(text.encode(), ",", width, range(width))
    filled = [(row + [""] * width)[:width] for row in plain]
    assert [list(row) for row in zip(*found, strict=True)] == [row for row in filled if any(row)]


def test_packed_tables_are_unpacked(tmp_path: Path) -> None:
    assert list(table(tmp_path, gzip.compress(b"a,b\n1,2\n"))) == [{"a": "1", "b": "2"}]
    with pytest.raises(Rejected, match="cannot be unpacked"):
        table(tmp_path, gzip.compress(b"a,b\n1,2\n" * 99)[:-12])


def test_the_last_of_two_columns_of_one_name_counts(tmp_path: Path) -> None:
    assert list(table(tmp_path, "a,a,\n1,2,3\n")) == [{"a": "2", "": "3"}]


def test_utf8_is_told_from_latin1_wherever_the_letter_stands(tmp_path: Path) -> None:
    for letter in ("é", "é".encode("latin-1")):
        data = b"x" * ((1 << 20) - 1) + (letter.encode() if isinstance(letter, str) else letter)
        write(tmp_path / "t.txt", data)
        assert text_of(open_raw_tree(tmp_path / "t.txt", tmp_path).files[0])[-1] == "é"


def test_tables_are_told_by_their_columns_whatever_users_call_them(tmp_path: Path) -> None:
    write(tmp_path / "raw" / "mine.csv", '\ufeff"ID";"Age"\r"a";"3"')
    write(tmp_path / "raw" / "old" / "mine.csv", "ID,Age,Sex\nb,4,F\n")
    write(tmp_path / "raw" / "study.csv", "Image ID,Age\nc,5\n")
    write(tmp_path / "raw" / "empty.csv", "")
    raw = open_raw_tree(tmp_path / "raw", tmp_path / "work")
    assert [[row["ID"] for row in table] for table in raw.tables(r"[^/]+\.csv", ("ID", "Age"))] == [["a"], ["b"]]
    assert [note.path for note in raw.not_used([], [])] == ["empty.csv", "study.csv"]
