"""Small tables beside the pictures: CSV in every dialect people re-save it in, JSON, and plain lists."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hf_medseg.errors import Refused
from hf_medseg.raw.files import RawFile

_DELIMITERS = ",;\t|"


def text_of(file: RawFile) -> str:
    """A text file's content: UTF-8 with or without BOM, UTF-16 with BOM, else Latin-1; every line end becomes one line feed."""
    data = file.read()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


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


class Table(Sequence[Mapping[str, str]]):
    """The rows of a CSV file as mappings from column to text, blanks around cells removed.

    Raises on construction:
        Refused: a needed column is missing.
    """

    def __init__(self, file: RawFile, columns: Sequence[str] = (), *, delimiter: str = "") -> None:
        self.file = file
        text = text_of(file)
        head = text.partition("\n")[0]
        mark = delimiter or max(_DELIMITERS, key=head.count)
        rows = csv.reader(io.StringIO(text), delimiter=mark)
        self.header = [cell.strip() for cell in next(rows, [])]
        self._rows = [dict(zip(self.header, map(str.strip, row), strict=False)) for row in rows if any(row)]
        if missing := [column for column in columns if column not in self.header]:
            raise Refused(
                f"{file.path}: the columns {', '.join(missing)} are missing; found: {', '.join(self.header)}. "
                "Use the table that the owner publishes."
            )

    def __getitem__(self, index: Any) -> Any:
        return self._rows[index]

    def __iter__(self) -> Iterator[Mapping[str, str]]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def by(self, *columns: str) -> Keyed:
        """The rows by the value of one column, or by the tuple of several."""
        keyed = Keyed()
        for row in self._rows:
            key = row.get(columns[0], "") if len(columns) == 1 else tuple(row.get(column, "") for column in columns)
            if keyed.setdefault(key, row) != row:
                keyed.conflicts[key] = f"{self.file.path} lists {key!r} twice with different values."
        return keyed


class Keyed(dict[Any, Mapping[str, str]]):
    """Rows of a table by key.

    Attributes:
        conflicts: keys that occur twice with different values, with what to say of it (see `Case.wrong`).
    """

    def __init__(self) -> None:
        super().__init__()
        self.conflicts: dict[Any, str] = {}


def number(text: str | None) -> float | None:
    """A number from a table cell, or None where the cell holds no number."""
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and abs(value) != float("inf") and value == value else None


def whole(text: str | None) -> int | None:
    """A whole number from a table cell (`3`, `3.0`), or None where the cell holds none."""
    value = number(text)
    return int(value) if value is not None and value == int(value) else None
