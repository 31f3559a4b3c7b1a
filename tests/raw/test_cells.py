"""Cells of tables: what is one number is read, what is none or several is null and noted, and nothing shifts or vanishes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from hf_medseg.conversion.run import Conversion, convert
from hf_medseg.errors import Refused
from hf_medseg.raw.cells import Doubts, Origin, Said, age_in, age_said, commas_of, length_in, number, number_in, sex_in, whole_in
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.places import Alone
from hf_medseg.raw.tables import Table
from tests.support.harness import PHANTOMS, Converted
from tests.support.kit import write


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("55", 55.0),
        (" 55.0 ", 55.0),
        ("55,0", 55.0),
        ("0,055", 0.055),
        ("-1,5", -1.5),
        ("\u22121.5", -1.5),
        ("1,234,567", 1234567.0),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("12\u00a0345", 12345.0),
        ("12'345", 12345.0),
        ("5e-3", 0.005),
        ("\u00a055\u00a0", 55.0),
        ("'55", 55.0),
        ('="55"', 55.0),
        ("\uff15\uff15\uff0e\uff10", 55.0),  # full width
        ("\u0665\u0665", 55.0),  # Arabic
    ],
)
def test_what_can_be_one_number_only_is_that_number(cell: str, value: float) -> None:
    assert number(cell) == value


@pytest.mark.parametrize(
    "cell",
    ["85+", ">85", "55-60", "~55", "1,055", "1,2,3", "1..2", "1_000", "0x10", "inf", "5\u00b2", "#VALUE!", "2024-01-02 00:00:00", "True"],
)
def test_what_is_no_number_or_may_be_two_is_null_and_noted(cell: str) -> None:
    doubts = Doubts()
    row = Said({"n": cell}, Origin("t.csv", doubts))
    assert number_in(row, "n") is None
    ((path, reason),) = doubts.notes()
    assert path == "t.csv" and reason.startswith("column n: 1 cell is ") and repr(cell) in reason


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "NaN", "-", "unknown", "?", "#N/A", "<NA>", "Not available", "None", "."])
def test_nothing_known_is_null_without_a_note(cell: str) -> None:
    doubts = Doubts()
    row = Said({"n": cell}, Origin("t.csv", doubts))
    assert (number_in(row, "n"), age_in(row, "n"), sex_in(row, "n")) == (None, None, None)
    assert doubts.notes() == []


@pytest.mark.parametrize(
    ("cell", "years"),
    [
        ("030Y", 30.0),
        ("018M", 1.5),
        ("003W", 21 / 365.25),
        ("010D", 10 / 365.25),
        ("55 years", 55.0),
        ("55 yrs", 55.0),
        ("55yo", 55.0),
        ("55 years old", 55.0),
        ("55,5 y", 55.5),
        ("18 months", 1.5),
        ("0", 0.0),
        ("45M", None),
        ("45F", None),
        ("-1", None),
        ("300", None),
        ("999", None),
        ("85+", None),
        ("1,055", None),
    ],
)
def test_ages_are_years(cell: str, years: float | None) -> None:
    doubts = Doubts()
    assert age_in(Said({"age": cell}, Origin("t.csv", doubts)), "age") == (None if years is None else pytest.approx(years))
    assert len(doubts.notes()) == (years is None)


def test_ages_that_a_header_or_a_text_says_are_held_to_the_same() -> None:
    """`999Y` of a DICOM header was the age 999."""
    doubts = Doubts()
    assert [age_said(age, "a.dcm", doubts) for age in (None, 0.0, 1 / 3, 120.0, 999.0)] == [None, 0.0, 1 / 3, 120.0, None]
    assert doubts.notes() == [("a.dcm", "column age: 1 cell is impossible, such as '999': null")]


@pytest.mark.parametrize(
    ("cell", "length"), [("0.5 mm", 0.5), ("0,5mm", 0.5), ("1.2 cm", 12.0), ("143", 143.0), ("0", None), ("-0.1", None), ("3 in", None)]
)
def test_lengths_are_millimetres_above_nothing(cell: str, length: float | None) -> None:
    doubts = Doubts()
    assert length_in(Said({"s": cell}, Origin("t.csv", doubts)), "s") == length
    assert len(doubts.notes()) == (length is None)


@pytest.mark.parametrize(
    ("cell", "sex"),
    [("F", "female"), ("female", "female"), (" M ", "male"), ("Male", "male"), ("w", "female"), ("U", None), ("both", "both")],
)
def test_spellings_of_sex(cell: str, sex: str | None) -> None:
    assert sex_in({"sex": cell}, "sex") == sex


@pytest.mark.parametrize("cell", ["O", "o", "Other", "divers"])
def test_a_third_sex_is_null_and_noted(cell: str) -> None:
    doubts = Doubts()
    assert sex_in(Said({"sex": cell}, Origin("t.csv", doubts)), "sex") is None
    assert doubts.notes() == [("t.csv", f"column sex: 1 cell is neither female nor male, such as {cell!r}: null")]


def test_whole_numbers_alone_are_whole() -> None:
    doubts = Doubts()
    row = Said({"a": "3.0", "b": "3.5"}, Origin("t.csv", doubts))
    assert (whole_in(row, "a"), whole_in(row, "b")) == (3, None)
    assert [reason for _, reason in doubts.notes()] == ["column b: 1 cell is no whole number, such as '3.5': null"]


def test_a_whole_number_that_no_float_tells_from_its_neighbours_is_null_and_noted() -> None:
    """9007199254740993 came out as 9007199254740992."""
    doubts = Doubts()
    row = Said({"a": "9007199254740993", "b": "-1e30", "c": "9007199254740991"}, Origin("t.csv", doubts))
    assert [whole_in(row, column) for column in "abc"] == [None, None, 9007199254740991]
    assert len(list(doubts.notes())) == 2


@pytest.mark.parametrize(
    ("cells", "meaning"),
    [(["1,055", "2,5"], ","), (["1,055", "2.5"], "."), (["1,055", "1,234,567"], "."), (["1,055"], ""), (["1,055", "2,5", "2.5"], "")],
)
def test_the_column_tells_what_its_commas_mean(cells: list[str], meaning: str) -> None:
    assert commas_of(cells) == meaning


def table(folder: Path, data: str | bytes, *columns: str) -> Table:
    path = write(folder / "t.csv", data)
    return Table(RawFile("t.csv", path.stat().st_size, Alone(str(path))), columns)


def test_decimal_commas_of_a_semicolon_file(tmp_path: Path) -> None:
    rows = list(table(tmp_path, '"Name, first";Age;Volume\na;55,0;1,055\nb;7,5;2,5\nc;8;1.055\n'))
    assert [(age_in(row, "Age"), number_in(row, "Volume")) for row in rows] == [(55.0, 1.055), (7.5, 2.5), (8.0, None)]


TEXT = "id,age\na,5\nb,6\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-32"),
        b"sep=;\r\n" + TEXT.replace(",", ";").encode(),
        ("\ufeff" + TEXT.replace("a,", "\u200ba\u200b,").replace("id", "id\u00a0")).encode(),
        TEXT.replace("a,5", "\u00a0a\u00a0,\u00a05").encode(),
    ],
    ids=["utf-16-le", "utf-16-be", "utf-16", "utf-32", "sep", "zero-width", "no-break"],
)
def test_what_spreadsheets_write_reads_the_same(data: bytes, tmp_path: Path) -> None:
    assert [(row["id"], number(row["age"])) for row in table(tmp_path, data, "id", "age")] == [("a", 5.0), ("b", 6.0)]


def test_the_letters_of_windows(tmp_path: Path) -> None:
    assert [row["id"] for row in table(tmp_path, "id\n5 \u20ac \u2013 \u00e9\n".encode("cp1252"))] == ["5 \u20ac \u2013 \u00e9"]
    # A line that another program added spoiled the letters of all the others, in silence.
    mixed = "id\nf\u00fcr\n".encode() + "f\u00fcr\n".encode("cp1252") + "\u753b\n".encode()
    assert [row["id"] for row in table(tmp_path, mixed)] == ["f\u00fcr", "f\u00fcr", "\u753b"]


@pytest.mark.parametrize(("second", "notes"), [("7", 1), ("5", 0)])
def test_two_columns_of_one_name_that_differ_are_noted(second: str, notes: int, tmp_path: Path) -> None:
    """The last one was read without a word; equal ones, and columns without a name, say nothing."""
    found = table(tmp_path, f"id,age,,age,\na,5,x,{second},y\nb,6,x,6,y\n", "id", "age")
    assert [(row["id"], row["age"]) for row in found] == [("a", second), ("b", "6")]
    said = "has several columns called age, which differ in 1 line, such as '5' and '7': the last one is read. Rename or delete the others"
    assert found.origin.doubts.notes() == [("t.csv", said)] * notes


def test_an_old_workbook_is_called_so(tmp_path: Path) -> None:
    """It was read as text, and "fetch it again" or its bytes as names of columns were all that was said."""
    with pytest.raises(Refused, match=r"t\.csv: a workbook of Excel 97 to 2003 .* Save it as \.xlsx"):
        table(tmp_path, bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "id")


# Through a conversion: the LGG set, whose patients stand in a table


def lgg(folder: Path, change: Callable[[Path], None]) -> Converted:
    """The phantom of lgg-mri, converted after its data.csv was changed."""
    phantom = PHANTOMS["lgg-mri"].make(folder / "raw", "single")
    change(next(phantom.raw.rglob("data.csv")))
    conversion: Conversion = convert("lgg-mri", phantom.raw, folder / "out", workers=1)
    return Converted("lgg-mri", phantom, conversion, folder / "out")


def ages(found: Converted) -> dict[str, float | None]:
    return {row["patient_id"]: row["age"] for row in found.rows()}


def reasons(found: Converted) -> list[str]:
    return [note["reason"] for note in found.section()["known"] if note["path"].endswith("data.csv")]


def test_cells_that_cannot_be_read_are_null_and_noted_once_with_count_and_example(tmp_path: Path) -> None:
    found = lgg(
        tmp_path,
        lambda path: write(path, path.read_text().replace(",58,", ",85+,").replace(",35,", ",55 years,").replace(",47,", ",-1,")) and None,
    )
    assert ages(found) == {"TCGA_CS_4941": None, "TCGA_DU_6407": 55.0, "TCGA_EZ_7264": None, "TCGA_HT_A61B": None}
    assert reasons(found) == [
        "column age_at_initial_pathologic: 1 cell is impossible, such as '-1': null",
        "column age_at_initial_pathologic: 1 cell is no number, such as '85+': null",
    ]
    assert not found.conversion.rejected
    assert "85+" in json.dumps(found.conversion.report)


def test_lines_without_a_picture_and_pictures_without_a_line_are_noted(tmp_path: Path) -> None:
    found = lgg(tmp_path, lambda path: write(path, path.read_text().replace("TCGA_CS_4941", "TCGA_CS_0000")) and None)
    assert reasons(found) == [
        "1 line belongs to no file of the raw tree, such as 'TCGA_CS_0000'",
        "has no line for 1 of 4 pictures or patients, such as 'TCGA_CS_4941'",
    ]
    assert ages(found)["TCGA_CS_4941"] is None


def test_a_decimal_comma_that_shifts_a_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"data\.csv: the line 'TCGA_CS_4941.*has 19 cells, the first line 18\. A comma inside a cell"):
        lgg(tmp_path, lambda path: write(path, path.read_text().replace(",58,", ",58,5,")) and None)
    assert not (tmp_path / "out").exists()


def test_lines_that_are_cut_are_noted(tmp_path: Path) -> None:
    found = lgg(tmp_path, lambda path: write(path, path.read_text().replace(",47,2,2,0", "")) and None)
    assert "1 line has fewer cells than the first; what is lacking is null" in reasons(found)


def _as_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    for line in path.read_text().splitlines():
        book.active.append([int(cell) if cell.isdecimal() else cell or None for cell in line.split(",")])
    book.save(path.with_suffix(".xlsx"))


@pytest.mark.parametrize("form", [".xlsx", ".tsv", ".csv.gz", ".txt", ".CSV"])
def test_a_table_in_another_form_is_used(form: str, tmp_path: Path) -> None:
    import gzip

    def change(path: Path) -> None:
        text, other = path.read_text(), path.with_name(f"data{form}")
        if form == ".xlsx":
            _as_workbook(path)
        elif form == ".csv.gz":
            other.write_bytes(gzip.compress(text.encode()))
        elif form == ".txt":  # as Excel writes "Unicode text"
            other.write_bytes(text.replace(",", "\t").encode("utf-16"))
        else:
            write(other, text.replace(",", "\t") if form == ".tsv" else text)
        path.unlink()

    found = lgg(tmp_path, change)
    assert ages(found)["TCGA_CS_4941"] == 58.0
    assert not any(note["path"].lower().endswith(form.lower()) for note in found.section()["not_used"])


def test_a_second_form_beside_the_owners_table_is_named(tmp_path: Path) -> None:
    found = lgg(tmp_path, _as_workbook)
    assert ages(found)["TCGA_CS_4941"] == 58.0
    assert [note["reason"] for note in found.section()["not_used"] if note["path"].endswith("data.xlsx")] == [
        "another form of a table that is used"
    ]
    assert any("data.xlsx beside it, another form of it, is not" in reason for reason in reasons(found))


def test_a_table_in_a_form_that_is_not_read_is_named(tmp_path: Path) -> None:
    found = lgg(tmp_path, lambda path: path.rename(path.with_suffix(".ods")) and None)
    (note,) = [note for note in found.section()["known"] if note["path"].endswith("data.ods")]
    assert note["reason"] == "a table in a form that is not read, so its columns are null; save it as CSV or .xlsx to use it"
