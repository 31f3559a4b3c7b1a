"""Small tables beside the pictures: CSV in every dialect people re-save it in, Excel workbooks, JSON, and plain lists."""

from __future__ import annotations

import codecs
import contextlib
import csv
import gzip
import io
import json
import re
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.csv as pa_csv

from hf_medseg.errors import MissingExtra, Refused, Rejected
from hf_medseg.raw.cells import Doubts, Origin, commas_of
from hf_medseg.raw.files import RawFile

_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(rb"\"?sep=(.)\"?\n")  # a first line that Excel reads as the delimiter
# Zero-width characters at the ends of cells, which come with copied names.
_INVISIBLE_ENDS = re.compile(rb"(?:\xe2\x80\x8b|\xef\xbb\xbf)+(?=[,;\t|\"\n]|\Z)|(?:(?<=[,;\t|\"\n])|\A)(?:\xe2\x80\x8b|\xef\xbb\xbf)+")
_BLANKS = {0xA0: " ", 0x202F: " ", 0xFEFF: "", 0x200B: ""}
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the compound file of old Office, which also holds what is encrypted
LONGEST_ROW = 1 << 22  # bytes


def text_of(file: RawFile) -> str:
    """A text file's content, see `decoded`; a file that is packed with gzip is unpacked, an Excel workbook is read as CSV."""
    return decoded(_unpacked(file))


def decoded(data: bytes) -> str:
    """Text from bytes, in what spreadsheets write: UTF-8, UTF-16 or UTF-32 with or without BOM, else the Latin letters of Windows.

    Where lines were added with another program, each line is in its own letters. Every line end becomes one line feed.
    """
    if encoding := _wide_encoding(data):
        text = data.decode(encoding, "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = "".join(map(_line_of, data.removeprefix(codecs.BOM_UTF8).splitlines(keepends=True)))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _line_of(data: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(encoding)
    return data.decode("latin-1")


def _wide_encoding(data: bytes) -> str:
    """The encoding of text in units of two or four bytes, nothing for all other text."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) and len(data) % 4 == 0:
        return "utf-32"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # which no UTF-8 begins with
        return "utf-16"
    head = data[: 1 << 10]
    if len(head) > 3 and b"\0" in head:  # half of the bytes of Latin text are 0 then
        first, second = head[::2].count(0), head[1::2].count(0)
        if max(first, second) > len(head) // 4 and min(first, second) < len(head) // 16:
            return "utf-16-le" if second > first else "utf-16-be"
    return ""


def _plain(data: bytes) -> bytes:
    """The same text as UTF-8 without BOM, with line feeds."""
    if b"\r" in data or _wide_encoding(data) or not _is_utf8(data):
        data = decoded(data).encode()
    data = data.removeprefix(codecs.BOM_UTF8)
    return _INVISIBLE_ENDS.sub(b"", data) if b"\xe2\x80\x8b" in data or codecs.BOM_UTF8 in data else data


def _is_utf8(data: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), 1 << 20):
            decoder.decode(data[start : start + (1 << 20)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _unpacked(file: RawFile, doubts: Doubts | None = None) -> bytes:
    data = file.read()
    if data.startswith(b"PK\x03\x04"):
        return _csv_of_workbook(data, file.path, doubts)
    if data.startswith(_OLD_WORKBOOK):
        raise Refused(
            f"{file.path}: a workbook of Excel 97 to 2003 (.xls), or one with a password. Save it as .xlsx without one, or as CSV."
        )
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise Rejected(file.path, f"cannot be unpacked ({error}).", "Fetch the file again.") from error


def _csv_of_workbook(data: bytes, path: str, doubts: Doubts | None = None) -> bytes:
    """The first sheet of an Excel workbook (.xlsx) as CSV: formulas as their values, whole numbers without decimal places.

    Args:
        data: the workbook.
        path: its path, for messages.
        doubts: told of further sheets that hold something.

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
            first = next((sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), book.worksheets[0])
            for row in first.iter_rows():
                csv.writer(target).writerow(map(_text_of, row))
            filled = [sheet for sheet in book.worksheets if sheet is not first and doubts is not None and _holds_something(sheet)]
        if doubts is not None and (missing := _not_computed(data, first.title)):
            doubts.say(path, f"{missing} never computed, and null here: open the workbook in a spreadsheet program and save it")
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, LookupError, OSError, ValueError, TypeError, AttributeError) as error:
        raise Refused(f"{path}: an Excel workbook expected ({type(error).__name__}: {error}). Fetch the file again.") from error
    if doubts is not None and filled:
        further = "1 further sheet holds" if len(filled) == 1 else f"{len(filled)} further sheets hold"
        doubts.say(path, f"only the first sheet of the workbook is read; {further} something too. Save what is needed in the first one")
    return target.getvalue().encode()


def _not_computed(data: bytes, title: str) -> str:
    """How many formulas of a sheet have no value beside them, as where a program wrote them that does not compute; empty if none."""
    import openpyxl

    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if not any(b"<f" in packed.read(name) for name in packed.namelist() if name.startswith("xl/worksheets/")):
            return ""
    books = [openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=only) for only in (False, True)]
    try:
        formulas, results = (book[title].iter_rows(values_only=True) for book in books)
        count = sum(
            isinstance(cell, str) and cell.startswith("=") and result is None
            for row, values in zip(formulas, results, strict=False)
            for cell, result in zip(row, values, strict=False)
        )
    finally:
        for book in books:
            book.close()
    return "" if not count else "1 formula was" if count == 1 else f"{count:,} formulas were"


def _holds_something(sheet: Any) -> bool:
    return any(cell is not None for row in sheet.iter_rows(values_only=True) for cell in row)


def _text_of(cell: Any) -> str:
    """What a cell of a workbook shows; `007` where a format of nothing but zeros shows a 7 so."""
    value = cell.value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not float(value).is_integer():
        return "" if value is None else str(value)
    text, shown = f"{value:.0f}" if isinstance(value, float) else str(value), cell.number_format or ""
    return text.zfill(len(shown)) if re.fullmatch("0{2,18}", shown) else text


# No table's first line is longer, in bytes.
_HEADER = 1 << 16


def headed(file: RawFile, columns: Collection[str]) -> bool:
    """Whether the first line of a file names these columns."""
    try:
        data = file.read(_HEADER)
        if data.startswith((b"PK\x03\x04", b"\x1f\x8b")):
            data = _unpacked(file)
    except (Rejected, Refused):
        return False
    data = _SEPARATOR.sub(b"", _plain(data[: _HEADER - _HEADER % 4]), count=1)
    first = data.decode("utf-8", "replace").partition("\n")[0]
    return {*columns} <= {cell.translate(_BLANKS).strip(' "') for cell in re.split(rf"[{_DELIMITERS}]", first)}


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


def columns_of(data: bytes, delimiter: str, width: int, positions: Sequence[int], uneven: list[list[str]] | None = None) -> list[list[str]]:
    """The columns of a CSV text, without its blank rows and without the blanks around cells.

    pyarrow reads it, five times as fast as the csv module, but for rows that are wider or narrower than the first.

    Args:
        data: UTF-8 with line feeds.
        delimiter: what separates cells.
        width: number of cells of the first row; narrower rows are filled with nothing, wider ones are cut.
        positions: the columns that are wanted.
        uneven: takes the rows of another width.
    """
    odd: dict[int, str] = {}

    def set_aside(row: pa_csv.InvalidRow) -> str:
        odd[row.number] = row.text
        return "skip"

    names = [str(position) for position in range(width)]
    table = pa_csv.read_csv(
        pa.BufferReader(data if data.endswith(b"\n") else data + b"\n"),
        # Only without threads do rows have numbers.
        pa_csv.ReadOptions(column_names=names, use_threads=False, block_size=LONGEST_ROW),
        pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=set_aside),
        pa_csv.ConvertOptions(
            include_columns=[names[position] for position in positions],
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=False,
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
                if uneven is not None:
                    uneven.append(cells)
                rows.append(tuple(cells[position].strip() if position < len(cells) else "" for position in positions))
            else:
                rows.append(next(even))
        columns = [[row[k] for row in rows if any(row)] for k in range(len(positions))]
    return columns


class Record(Mapping[str, str]):
    """One row of a table: column to text.

    Attributes:
        origin: the table.
    """

    __slots__ = ("_cells", "_positions", "origin")

    def __init__(self, positions: Mapping[str, int], cells: tuple[str, ...], origin: Origin) -> None:
        self._positions = positions
        self._cells = cells
        self.origin = origin

    def __getitem__(self, column: str) -> str:
        return self._cells[self._positions[column]]

    def get(self, column: str, default: Any = None) -> Any:
        """The cell, or the default: what most reading does, so without an exception."""
        position = self._positions.get(column)
        return default if position is None else self._cells[position]

    def __iter__(self) -> Iterator[str]:
        return iter(self._positions)

    def __len__(self) -> int:
        return len(self._positions)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Record) and self._positions == other._positions:
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
        doubts: takes what cannot be read in it.

    Attributes:
        wide: what is wrong with a line that has more cells than the first: all behind the surplus one are shifted. Empty if none has.

    Raises on construction:
        Refused: a needed column is missing.
    """

    def __init__(
        self,
        file: RawFile,
        columns: Sequence[str] = (),
        *,
        delimiter: str = "",
        names: Sequence[str] = (),
        only: bool = False,
        doubts: Doubts | None = None,
    ) -> None:
        self.file = file
        self.origin = Origin(file.path, doubts)
        self.wide = ""
        data = _plain(_unpacked(file, doubts))
        if (told := _SEPARATOR.match(data)) is not None:
            delimiter, data = delimiter or told[1].decode(), data[told.end() :]
        head = data[: data.find(b"\n") + 1 or None].decode()
        bare = re.sub(r'"[^"]*"', "", head)
        delimiter = delimiter or max(_DELIMITERS, key=bare.count)
        uneven: list[list[str]] = []
        try:
            first = next(filter(None, csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="\n"), delimiter=delimiter)), [])
            self.header = list(names) or [cell.translate(_BLANKS).strip() for cell in first]
            found = [f"column {number}" for number in range(1, len(first) + 1)] if names else self.header
            if missing := list(names[len(first) :]) if names else [column for column in columns if column not in self.header]:
                raise Refused(
                    f"{file.path}: the columns {', '.join(missing)} are missing; found: {', '.join(found)}. "
                    "Use the table that the owner publishes."
                )
            # The last of several columns of one name counts, as in a dictionary.
            kept = {name: position for position, name in enumerate(self.header) if not only or name in columns}
            others = [position for position, name in enumerate(self.header) if name and kept.get(name, position) != position]
            cells = columns_of(data, delimiter, len(first), (*kept.values(), *others), uneven) if kept else []
        except (csv.Error, pa.ArrowInvalid) as error:
            raise Refused(f"{file.path}: not a CSV table ({error}). Fetch the file again.") from error
        lines = cells if names else [column[1:] for column in cells]
        self._columns = dict(zip(kept, lines[: len(kept)], strict=True))
        self._say_repeated([(self.header[position], column) for position, column in zip(others, lines[len(kept) :], strict=True)])
        if delimiter != "," or b'"' in data:  # else no cell holds a comma
            self.origin.commas = {name: commas_of(column) for name, column in self._columns.items() if any("," in cell for cell in column)}
        if not names:
            self._judge(uneven)

    def _say_repeated(self, others: Sequence[tuple[str, list[str]]]) -> None:
        """Says which further columns have a name that is used, but other cells: nothing in the table tells which is meant."""
        for name, column in others:
            differing = [(other, cell) for other, cell in zip(column, self._columns[name], strict=True) if other != cell]
            if differing:
                other, cell = differing[0]
                lines = "1 line" if len(differing) == 1 else f"{len(differing):,} lines"
                self.origin.doubts.say(
                    self.file.path,
                    f"has several columns called {name}, which differ in {lines}, such as {other[:40]!r} and {cell[:40]!r}: "
                    "the last one is read. Rename or delete the others",
                )

    def _judge(self, uneven: list[list[str]]) -> None:
        """Says which lines have more cells than the header, and how many have fewer."""
        width = len(self.header)
        named = max((position for position, name in enumerate(self.header, 1) if name), default=0)
        for cells in uneven:
            if any(cell.strip() for cell in cells[width:]) and not self.wide:
                self.wide = (
                    f"{self.file.path}: the line {','.join(cells)[:60]!r} has {len(cells)} cells, the first line {width}. A comma inside a "
                    "cell, such as a decimal comma, looks so: put such cells into double quotes, or save the table with semicolons."
                )
        if short := sum(0 < len(cells) < named for cells in uneven):
            self.origin.doubts.say(
                self.file.path,
                f"{short:,} {'line has' if short == 1 else 'lines have'} fewer cells than the first; what is lacking is null",
            )

    def __iter__(self) -> Iterator[Mapping[str, str]]:
        positions = {name: position for position, name in enumerate(self._columns)}
        return (Record(positions, cells, self.origin) for cells in zip(*self._columns.values(), strict=True))

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), ()))

    def by(
        self,
        *columns: str,
        among: Collection[Any] = (),
        of: Collection[Any] | None = None,
        each: bool = False,
        value: str = "",
    ) -> Keyed:
        """The rows by the value of one column, or by the tuple of several.

        Args:
            columns: names of the columns.
            among: the keys that the raw tree gives reason to expect.
            of: the keys of the files that are there: lines of no file are noted.
            each: whether the table promises a line for every file: files without one are noted too.
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
        keyed.spell_as(among or of or ())
        if among and not any(key in keyed for key in among):
            few = ", ".join(str(key) for key in list(keyed)[:3]) or "nothing"
            raise Refused(
                f"{self.file.path}: no line belongs to a file of the raw tree: {next(iter(among))} and others expected under "
                f"{', '.join(columns)}, {few} found. Use the table that the owner publishes."
            )
        self._compare(keyed, among or of, each)
        return keyed

    def _compare(self, keyed: Keyed, files: Collection[Any] | None, each: bool) -> None:
        """Notes lines of no file, and files without a line; nothing where no file is there to compare with."""
        if not files:
            return
        there = files if isinstance(files, (set, frozenset, dict)) else set(files)
        self.origin.doubts.unmatched(self.file.path, [key for key in keyed if key not in there])
        if each:
            self.origin.doubts.lacking(self.file.path, [key for key in there if key not in keyed], there)


class Keyed(dict[Any, Any]):
    """Rows of a table by key, or the texts of one of its columns.

    Attributes:
        conflicts: keys that occur twice with different values, with what to say of it (see `Case.problem`).
    """

    def __init__(self) -> None:
        super().__init__()
        self.conflicts: dict[Any, str] = {}

    def put(self, key: Any, row: Mapping[str, Any] | str, path: str) -> None:
        """Adds a row of the table that lies at `path`."""
        if self.setdefault(key, row) != row:
            self.conflicts[key] = f"{path} lists {key!r} twice with different values."

    def spell_as(self, files: Collection[Any]) -> None:
        """Gives lines the keys of files that differ from theirs in small and capital letters alone, where only one line and file do."""
        lacking = [key for key in files if isinstance(key, str) and key not in self]
        if not lacking:
            return
        there = set(files)
        lines = Counter(key.casefold() for key in self if isinstance(key, str) and key not in there)
        names = Counter(key.casefold() for key in lacking)
        meant = {key.casefold(): key for key in self if isinstance(key, str) and key not in there and lines[key.casefold()] == 1}
        for key in lacking:
            if names[key.casefold()] == 1 and (line := meant.get(key.casefold())) is not None:
                self[key] = self.pop(line)
                if line in self.conflicts:
                    self.conflicts[key] = self.conflicts.pop(line)
