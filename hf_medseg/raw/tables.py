"""Small tables beside the pictures: CSV in every dialect people re-save it in, Excel workbooks, JSON, and plain lists."""

from __future__ import annotations

import codecs
import contextlib
import csv
import gzip
import io
import json
import sys
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.csv as pa_csv

from hf_medseg.errors import MissingExtra, Refused, Rejected
from hf_medseg.raw.files import RawFile

_DELIMITERS = ",;\t|"
_LONGEST_ROW = 1 << 22  # bytes


def text_of(file: RawFile) -> str:
    """A text file's content, see `decoded`; a file that is packed with gzip is unpacked, an Excel workbook is read as CSV."""
    return decoded(_unpacked(file))


def decoded(data: bytes) -> str:
    """Text from bytes: UTF-8 with or without BOM, UTF-16 with BOM, else Latin-1; every line end becomes one line feed."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # which no UTF-8 begins with
        text = data.decode("utf-16", "replace") if wide else data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _plain(data: bytes) -> bytes:
    """The same text as UTF-8 without BOM, with line feeds."""
    if b"\r" in data or not _is_utf8(data):  # UTF-16 is none
        data = decoded(data).encode()
    return data.removeprefix(codecs.BOM_UTF8)


def _is_utf8(data: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), 1 << 20):
            decoder.decode(data[start : start + (1 << 20)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _unpacked(file: RawFile) -> bytes:
    data = file.read()
    if data.startswith(b"PK\x03\x04"):
        return _csv_of_workbook(data, file.path)
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise Rejected(file.path, f"cannot be unpacked ({error}).", "Fetch the file again.") from error


def _csv_of_workbook(data: bytes, path: str) -> bytes:
    """The first sheet of an Excel workbook (.xlsx) as CSV: formulas as their values, whole numbers without decimal places.

    Raises:
        Refused: it is no workbook.
        MissingExtra: openpyxl is not installed.
    """
    try:
        import openpyxl
    except ImportError:
        raise MissingExtra("openpyxl", "excel") from None
    target = io.StringIO(newline="")
    try:
        with contextlib.closing(openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)) as book:
            for row in book.worksheets[0].iter_rows(values_only=True):
                csv.writer(target).writerow("" if cell is None else f"{cell:.0f}" if _is_whole(cell) else str(cell) for cell in row)
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, LookupError, OSError, ValueError, TypeError, AttributeError) as error:
        raise Refused(f"{path}: an Excel workbook expected ({type(error).__name__}: {error}). Fetch the file again.") from error
    return target.getvalue().encode()


def _is_whole(cell: object) -> bool:
    return isinstance(cell, float) and cell.is_integer()


def lines_of(file: RawFile) -> list[str]:
    """The lines of a text file that are not blank, without the blanks around them."""
    return [stripped for line in text_of(file).split("\n") if (stripped := line.strip())]


def json_of(file: RawFile) -> Any:
    """The content of a JSON file.

    Raises:
        Refused: it is not JSON.
    """
    try:
        return json.loads(text_of(file))
    except json.JSONDecodeError as error:
        raise Refused(f"{file.path}: JSON expected; {error}. Fetch the file again.") from error


def json_lines_of(file: RawFile, *needed: str) -> list[dict[str, Any]]:
    """The records of a file with one JSON record a line.

    Args:
        file: the file.
        needed: keys that every record must have, with a text.

    Raises:
        Refused: a line is no such record.
    """
    try:
        return _records([json.loads(line) for line in lines_of(file)], needed, file.path)
    except json.JSONDecodeError as error:
        raise Refused(f"{file.path}: one JSON record a line expected; {error}. Fetch the file again.") from error


def records_of(file: RawFile, key: str, *needed: str) -> Keyed:
    """The records of a JSON list by the text under `key`.

    Args:
        file: the file.
        key: what names a record.
        needed: further keys that every record must have, with a text.

    Raises:
        Refused: it is no list of such records.
    """
    keyed = Keyed()
    for record in _records(json_of(file), (key, *needed), file.path):
        keyed.put(record[key], record, file.path)
    return keyed


def _records(found: Any, needed: Sequence[str], path: str) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise Refused(f"{path}: a list of records expected. Use the file that the owner publishes.")
    for number, record in enumerate(found, 1):
        if missing := [name for name in needed if not isinstance(record.get(name), str)]:
            raise Refused(f"{path}: record {number} lacks {', '.join(missing)}. Use the file that the owner publishes.")
    return found


def _columns(data: bytes, delimiter: str, width: int, places: Sequence[int]) -> list[list[str]]:
    """The columns of a CSV text, without its blank rows and without the blanks around cells.

    pyarrow reads it, five times as fast as the csv module, but for rows that are wider or narrower than the first.

    Args:
        data: UTF-8 with line feeds.
        delimiter: what separates cells.
        width: number of cells of the first row; narrower rows are filled with nothing, wider ones are cut.
        places: the columns that are wanted.
    """
    odd: dict[int, str] = {}

    def set_aside(row: pa_csv.InvalidRow) -> str:
        odd[row.number] = row.text
        return "skip"

    names = [str(place) for place in range(width)]
    table = pa_csv.read_csv(
        pa.BufferReader(data if data.endswith(b"\n") else data + b"\n"),
        # Only without threads do rows have numbers.
        pa_csv.ReadOptions(column_names=names, use_threads=False, block_size=_LONGEST_ROW),
        pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=set_aside),
        pa_csv.ConvertOptions(
            include_columns=[names[place] for place in places], column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    # One object for equal texts: keys and codes repeat over rows and tables.
    columns = [list(map(sys.intern, map(str.strip, column.to_pylist()))) for column in table.columns]
    if odd or not all(map(any, zip(*columns, strict=True))):
        even = zip(*columns, strict=True)
        rows = []
        for number in range(1, table.num_rows + len(odd) + 1):
            if number in odd:
                cells = next(csv.reader(io.StringIO(odd[number], newline=""), delimiter=delimiter), [])
                rows.append(tuple(cells[place].strip() if place < len(cells) else "" for place in places))
            else:
                rows.append(next(even))
        columns = [[row[k] for row in rows if any(row)] for k in range(len(places))]
    return columns


class Record(Mapping[str, str]):
    """One row of a table: column to text."""

    __slots__ = ("_cells", "_places")

    def __init__(self, places: Mapping[str, int], cells: tuple[str, ...]) -> None:
        self._places = places
        self._cells = cells

    def __getitem__(self, column: str) -> str:
        return self._cells[self._places[column]]

    def get(self, column: str, default: Any = None) -> Any:
        """The cell, or the default: what most reading does, so without an exception."""
        place = self._places.get(column)
        return default if place is None else self._cells[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Record) and self._places == other._places:
            return self._cells == other._cells
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(dict(self))


class Table:
    """The rows of a CSV file as mappings from column to text: blanks around cells removed, short rows filled with nothing.

    Args:
        file: the file.
        columns: columns that must be there.
        delimiter: what separates cells; found by itself if empty.
        names: names of the columns, in order, where the file has no header.
        only: forget all columns but the needed ones, as where the others are long texts.

    Raises on construction:
        Refused: a needed column is missing.
    """

    def __init__(
        self, file: RawFile, columns: Sequence[str] = (), *, delimiter: str = "", names: Sequence[str] = (), only: bool = False
    ) -> None:
        self.file = file
        data = _plain(_unpacked(file))
        head = data[: data.find(b"\n") + 1 or None].decode()
        delimiter = delimiter or max(_DELIMITERS, key=head.count)
        try:
            first = next(filter(None, csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="\n"), delimiter=delimiter)), [])
            self.header = list(names) or [cell.strip() for cell in first]
            found = [f"column {number}" for number in range(1, len(first) + 1)] if names else self.header
            if missing := list(names[len(first) :]) if names else [column for column in columns if column not in self.header]:
                raise Refused(
                    f"{file.path}: the columns {', '.join(missing)} are missing; found: {', '.join(found)}. "
                    "Use the table that the owner publishes."
                )
            # The last of several columns of one name counts, as in a dictionary.
            kept = {name: place for place, name in enumerate(self.header) if not only or name in columns}
            cells = _columns(data, delimiter, len(first), tuple(kept.values())) if kept else []
        except (csv.Error, pa.ArrowInvalid) as error:
            raise Refused(f"{file.path}: not a CSV table ({error}). Fetch the file again.") from error
        self._columns = dict(zip(kept, cells if names else [column[1:] for column in cells], strict=True))

    def __iter__(self) -> Iterator[Mapping[str, str]]:
        places = {name: place for place, name in enumerate(self._columns)}
        return (Record(places, cells) for cells in zip(*self._columns.values(), strict=True))

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), ()))

    def by(self, *columns: str, among: Collection[Any] = (), value: str = "") -> Keyed:
        """The rows by the value of one column, or by the tuple of several.

        Args:
            columns: names of the columns.
            among: the keys that the raw tree gives reason to expect.
            value: name of the only column that is wanted: its text stands for the row.

        Raises:
            Refused: the table has none of the expected keys: it is no table about this raw tree.
        """
        several = [self._columns.get(column) or [""] * len(self) for column in columns]
        keys: Sequence[Any] = several[0] if len(several) == 1 else list(zip(*several, strict=True))
        rows: Sequence[Mapping[str, str] | str] = self._columns[value] if value else list(self)
        keyed = Keyed()
        keyed.update(zip(keys, rows, strict=True))
        if len(keyed) < len(keys):  # the first line of a key counts, and the others are compared with it
            keyed.clear()
            for key, row in zip(keys, rows, strict=True):
                keyed.put(key, row, self.file.path)
        if among and not any(key in keyed for key in among):
            few = ", ".join(str(key) for key in list(keyed)[:3]) or "nothing"
            raise Refused(
                f"{self.file.path}: no line belongs to a file of the raw tree: {next(iter(among))} and others expected under "
                f"{', '.join(columns)}, {few} found. Use the table that the owner publishes."
            )
        return keyed


class Keyed(dict[Any, Any]):
    """Rows of a table by key, or the texts of one of its columns.

    Attributes:
        conflicts: keys that occur twice with different values, with what to say of it (see `Case.wrong`).
    """

    def __init__(self) -> None:
        super().__init__()
        self.conflicts: dict[Any, str] = {}

    def put(self, key: Any, row: Mapping[str, Any] | str, path: str) -> None:
        """Adds a row of the table that lies at `path`."""
        if self.setdefault(key, row) != row:
            self.conflicts[key] = f"{path} lists {key!r} twice with different values."


def number(text: str | None) -> float | None:
    """A number from a table cell, or None where the cell holds no number."""
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and abs(value) != float("inf") and value == value else None


def known(text: str | None) -> str | None:
    """The text of a table cell, or None where it says that nothing is known (`NA`, `N/A`, `nan`, `-`)."""
    return None if text is None or text.strip().lower() in ("", "na", "n/a", "nan", "-", "none", "null") else text.strip()


def whole(text: str | None) -> int | None:
    """A whole number from a table cell (`3`, `3.0`), or None where the cell holds none."""
    value = number(text)
    return int(value) if value is not None and value == int(value) else None
