"""Tables that are Excel workbooks, and cells that say that nothing is known."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hf_medseg.errors import MissingExtra, Refused
from hf_medseg.raw.cells import Doubts, known
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.places import Alone
from hf_medseg.raw.tables import Table


def book(path: Path, rows: list[list[Any]]) -> RawFile:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    made.create_sheet("other").append(["not", "read"])
    made.save(path)
    return RawFile(path.name, path.stat().st_size, Alone(str(path)))


def test_the_first_sheet_is_the_table(tmp_path: Path) -> None:
    file = book(tmp_path / "a.xlsx", [["ID", "Age", "CDR", "Note"], ["a", 74, 0.5, 'ä, "b"\nc'], ["b", 20.0, None, None]])
    table = Table(file, ["ID", "CDR"])
    assert [dict(row) for row in table] == [
        {"ID": "a", "Age": "74", "CDR": "0.5", "Note": 'ä, "b"\nc'},
        {"ID": "b", "Age": "20", "CDR": "", "Note": ""},
    ]


def test_further_sheets_that_hold_something_are_noted(tmp_path: Path) -> None:
    """They were left out without a word; an empty one, as Excel makes them, says nothing."""
    doubts = Doubts()
    Table(book(tmp_path / "a.xlsx", [["ID"], ["a"]]), ["ID"], doubts=doubts)
    told = "only the first sheet of the workbook is read; 1 further sheet holds something too. Save what is needed in the first one"
    assert list(doubts.notes()) == [("a.xlsx", told)]
    made = openpyxl.load_workbook(tmp_path / "a.xlsx")
    made["other"].delete_rows(1)
    made.save(tmp_path / "b.xlsx")
    doubts = Doubts()
    Table(RawFile("b.xlsx", (tmp_path / "b.xlsx").stat().st_size, Alone(str(tmp_path / "b.xlsx"))), ["ID"], doubts=doubts)
    assert list(doubts.notes()) == []


def test_what_a_workbook_shows_is_read(tmp_path: Path) -> None:
    """Zeros before an id were lost where a format shows them, formulas that nothing computed were null in silence, a hidden sheet counted."""
    made = openpyxl.Workbook()
    made.active.title, made.active.sheet_state = "hidden", "hidden"
    sheet = made.create_sheet("shown")
    for row in (["ID", "Sum"], [7, "=1+1"], [12.0, 3]):
        sheet.append(row)
    sheet["A2"].number_format = sheet["A3"].number_format = "0000"
    made.active = 1
    made.save(tmp_path / "a.xlsx")
    doubts = Doubts()
    table = Table(RawFile("a.xlsx", (tmp_path / "a.xlsx").stat().st_size, Alone(str(tmp_path / "a.xlsx"))), ["ID", "Sum"], doubts=doubts)
    assert [dict(row) for row in table] == [{"ID": "0007", "Sum": ""}, {"ID": "0012", "Sum": "3"}]
    told = "1 formula was never computed, and null here: open the workbook in a spreadsheet program and save it"
    assert list(doubts.notes()) == [("a.xlsx", told)]


def test_a_missing_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="columns CDR are missing; found: ID"):
        Table(book(tmp_path / "a.xlsx", [["ID"], ["a"]]), ["CDR"])


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + bytes(300)])
def test_a_damaged_workbook_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(Refused, match=r"a\.xlsx: an Excel workbook expected"):
        Table(RawFile("a.xlsx", len(content), Alone(str(tmp_path / "a.xlsx"))))


def test_a_cut_workbook_is_refused(tmp_path: Path) -> None:
    whole = (tmp_path / "a.xlsx", book(tmp_path / "a.xlsx", [["ID"], ["a"]]))[0].read_bytes()
    for size in range(4, len(whole), 331):
        (tmp_path / "a.xlsx").write_bytes(whole[:size])
        with pytest.raises(Refused):
            Table(RawFile("a.xlsx", size, Alone(str(tmp_path / "a.xlsx"))))


def test_the_extra_is_named_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = book(tmp_path / "a.xlsx", [["ID"], ["a"]])
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "openpyxl":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"pip install 'openpyxl>="):
        Table(file)


@pytest.mark.parametrize("cell", ["", " ", "NA", "N/A", "nan", "-", None])
def test_nothing_known_is_null(cell: str | None) -> None:
    assert known(cell) is None
    assert known(" GTR ") == "GTR"
