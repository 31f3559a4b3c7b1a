"""What table cells say: the one place where numbers, ages, lengths and sexes are read.

A cell is read where it can mean one thing only. What cannot be read, or cannot be, becomes null, and is noted once for its table and
column, with a count and an example (`Doubts`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

# What tables write for "nothing is known", in lower case; of numbers and sexes only, because a text may mean these words.
_NOTHING = ("", "na", "n/a", "n.a.", "#n/a", "<na>", "nan", "nat", "none", "null", "nil", "-", "--", "---", "\u2013", "\u2014")
_UNKNOWN = (
    *_NOTHING,
    *("unknown", "unk", "?", "??", ".", "not available", "not applicable", "not known", "not reported", "not recorded", "missing", "n.k."),
)
_UNSAID_SEX = ("u", "unspecified", "not specified", "undisclosed", "undetermined", "not stated")
_FEMALE = ("f", "female", "fem", "w", "woman", "girl", "weiblich", "femme", "femenino", "feminin", "féminin", "mujer")
_MALE = ("m", "male", "man", "boy", "männlich", "maennlich", "homme", "masculino", "masculin", "hombre")
# DICOM's O (other), and how people write it: nothing that the two names of the column could say.
_OTHER = ("o", "other", "others", "d", "divers", "diverse", "intersex", "non-binary", "nonbinary", "x")

# What may stand behind a number, with its factor, by the unit that the column is stored in.
_UNITS: dict[str, dict[str, float]] = {
    "": {"": 1.0},
    "years": {
        **dict.fromkeys(("", "y", "yr", "yrs", "year", "years", "yo", "y.o.", "y/o", "yearold", "yearsold", "year-old", "a"), 1.0),
        **dict.fromkeys(("mo", "mos", "mth", "mths", "month", "months"), 1 / 12),
        **dict.fromkeys(("wk", "wks", "week", "weeks"), 7 / 365.25),
        **dict.fromkeys(("d", "day", "days"), 1 / 365.25),
    },
    "days": dict.fromkeys(("", "d", "day", "days"), 1.0),
    "mm": {
        **dict.fromkeys(("", "mm", "millimeter", "millimeters", "millimetre", "millimetres"), 1.0),
        **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), 10.0),
        **dict.fromkeys(("um", "\u00b5m", "\u03bcm", "micron", "microns", "micrometer", "micrometers", "micrometre", "micrometres"), 0.001),
    },
    "T": dict.fromkeys(("", "t", "tesla"), 1.0),
}

# Nobody grew older than 122, and no patient of these collections nearly so: what says more is a code or a slip.
OLDEST = 120.0

_BLANKS = dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u3000"), " ") | dict.fromkeys(map(ord, "\ufeff\u200b\u200e\u200f\u2060"), "")
# The minus sign, and digits and signs in the width and the letters of other scripts.
_MINUS = {
    ord("\u2212"): "-",
    **{0xFF00 + ord(sign) - 0x20: sign for sign in "+-.,%0123456789"},
    **{start + digit: str(digit) for start in (0x660, 0x6F0) for digit in range(10)},
}
_SIMPLE = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?\Z")
_NUMBER = re.compile(r"([+-]?)([0-9][0-9.,' ]*|[.,][0-9]+)(e[+-]?[0-9]+)?\s*([a-z\u00b5\u03bc/.-]*(?: old)?)\Z", re.IGNORECASE)
_DICOM_AGE = re.compile(r"([0-9]{3})([DWMY])\Z")
_DICOM_UNITS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}
# Groups of three digits, and an end behind the other mark.
_BY_COMMA = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?\Z")
_BY_POINT = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]*)?\Z")
_BY_BLANK = re.compile(r"[1-9][0-9]{0,2}(?:[' ][0-9]{3})+(?:[.,][0-9]*)?\Z")
_ONE_GROUP = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}\Z")
_ONE_POINT_GROUP = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}\Z")


class Doubts:
    """What could not be read, or fits nothing, in the tables of a raw tree."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str, str], list[Any]] = {}
        self._said: dict[tuple[str, str], None] = {}

    def cell(self, table: str, column: str, what: str, example: str) -> None:
        """One more cell of that kind in a column of the table at that path."""
        self._cells.setdefault((table, column, what), [0, example])[0] += 1

    def say(self, table: str, text: str) -> None:
        """Something about the table as a whole, said once."""
        self._said[table, text] = None

    def unmatched(self, table: str, keys: Sequence[Any]) -> None:
        """Lines of these keys belong to no file of the raw tree."""
        if keys:
            lines = "line belongs" if len(keys) == 1 else "lines belong"
            self.say(table, f"{len(keys):,} {lines} to no file of the raw tree, such as {shown(keys[0])}")

    def lacking(self, table: str, keys: Collection[Any], among: Collection[Any]) -> None:
        """Of the files or patients, these have no line in a table that promises one for each."""
        if keys:
            self.say(table, f"has no line for {len(keys):,} of {len(among):,} pictures or patients, such as {min(map(shown, keys))}")

    def notes(self) -> list[tuple[str, str]]:
        """(path of the table, what is to say of it)."""
        notes = list(self._said)
        for (table, column, what), (count, example) in self._cells.items():
            shown = example if len(example) <= 40 else f"{example[:37]}..."
            cells = "cell is" if count == 1 else "cells are"
            notes.append((table, f"column {column}: {count:,} {cells} {what}, such as {shown!r}: null"))
        return notes


def shown(key: Any) -> str:
    """A key of a table as messages name it."""
    return " ".join(map(str, key)) if isinstance(key, tuple) else repr(key)


class Origin:
    """The table that rows come from.

    Attributes:
        path: where it lies.
        doubts: where to note what cannot be read.
        commas: what a comma means in the columns that have any in their numbers: `,` for a decimal comma, `.` for groups of
            thousands, nothing where the column does not tell.
    """

    __slots__ = ("commas", "doubts", "path")

    def __init__(self, path: str, doubts: Doubts | None = None) -> None:
        self.path = path
        self.doubts = doubts or Doubts()
        self.commas: dict[str, str] = {}


class Said(dict[str, Any]):
    """A row of what is no CSV table: the record of a JSON file, the fields of a header."""

    def __init__(self, cells: Mapping[str, Any], origin: Origin) -> None:
        super().__init__(cells)
        self.origin = origin


class Unread(ValueError):
    """A cell says no number; the text says what is wrong with it, to go after "the cell is"."""


def commas_of(cells: Iterable[str]) -> str:
    """What a comma means in the numbers of a column, see `Origin.commas`."""
    decimal = grouped = False
    for cell in cells:
        if "," in cell:
            digits = cell.strip().lstrip("+-")
            if re.fullmatch(r"(?:0|[0-9]*),[0-9]+|[0-9]+(?:\.[0-9]{3})+,[0-9]+", digits) and not _ONE_GROUP.match(digits):
                decimal = True
            elif _BY_COMMA.match(digits) and not _ONE_GROUP.match(digits):
                grouped = True
        elif "." in cell and _SIMPLE.match(cell) and not _ONE_POINT_GROUP.match(cell):
            grouped = True
    if decimal == grouped:
        return ""
    return "," if decimal else "."


@lru_cache(maxsize=4096)
def _parsed(text: str, unit: str, commas: str) -> float | str | None:
    """The number that a cell says; None where it says that nothing is known; what is wrong with it as a text."""
    cell = text.translate(_BLANKS).translate(_MINUS).strip()
    if (quoted := re.fullmatch(r"=?\"(.*)\"|'(.+?)'?", cell)) is not None:  # how spreadsheets keep a cell a text
        cell = (quoted[1] or quoted[2] or "").strip()
    if cell.lower() in _UNKNOWN:
        return None
    if unit == "years" and (age := _DICOM_AGE.match(cell)) is not None:
        return int(age[1]) * _DICOM_UNITS[age[2]]
    match = _NUMBER.match(cell)
    if match is None:
        return "no number"
    sign, digits, power, behind = match.groups()
    factor = _UNITS[unit].get(behind.lower().replace(" ", ""))
    if factor is None:
        return "no number of a known unit"
    plain = _decimal(digits.strip(), commas)
    if plain is None:
        return "not clearly one number"
    value = float(f"{sign}{plain}{power or ''}") * factor
    return value if math.isfinite(value) else "no number"


def _decimal(digits: str, commas: str) -> str | None:
    """Digits with commas, points and blanks in them as Python writes the number; None where they may mean several."""
    if _BY_BLANK.match(digits):
        digits = digits.replace(" ", "").replace("'", "")
    if digits.count(",") + digits.count(".") > 1:  # both marks, or one of them twice: groups, with or without an end
        if _BY_COMMA.match(digits):
            return digits.replace(",", "")
        return digits.replace(".", "").replace(",", ".") if _BY_POINT.match(digits) else None
    if _ONE_GROUP.match(digits):  # 1,055: either 1055 or 1.055
        return digits.replace(",", {",": ".", ".": ""}[commas]) if commas else None
    if commas == "," and _ONE_POINT_GROUP.match(digits):
        return None
    plain = digits.replace(",", ".")
    return plain if re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", plain) else None


def parsed(text: str, unit: str = "", commas: str = "") -> float | None:
    """The number that a cell says, None where it says that nothing is known.

    Args:
        text: the cell.
        unit: the unit that is wanted, `years`, `days`, `mm`, `T` or none; others that may stand behind the number are turned into it.
        commas: what a comma means in its column, see `Origin.commas`.

    Raises:
        Unread: it says no number, or may say several.
    """
    if _SIMPLE.match(text) and not commas:
        value = float(text)
        if math.isfinite(value):
            return value
    found = _parsed(text, unit, commas)
    if isinstance(found, str):
        raise Unread(found)
    return found


def number_in(
    row: Mapping[str, Any],
    column: str,
    unit: str = "",
    *,
    least: float = -math.inf,
    most: float = math.inf,
    nothing: tuple[float, ...] = (),
) -> float | None:
    """The number in a column of a row; null, and noted, where the cell says none or an impossible one.

    Args:
        row: a row of a table, or what stands for one (`Said`); nothing is noted of other mappings.
        column: its column; null where it has none of that name.
        unit: see `parsed`.
        least: the lowest possible number.
        most: the highest one.
        nothing: codes of the source that mean that nothing is known.
    """
    cell = row.get(column)
    if cell is None or cell == "":
        return None
    origin: Origin | None = getattr(row, "origin", None)
    text = cell if isinstance(cell, str) else str(cell)
    try:
        value = parsed(text, unit, origin.commas.get(column, "") if origin is not None else "")
    except Unread as error:
        value, what = None, str(error)
    else:
        if value is None or value in nothing:
            return None
        if least <= value <= most:
            return value
        what = "impossible"
    if origin is not None:
        origin.doubts.cell(origin.path, column, what, text)
    return None


def whole_in(
    row: Mapping[str, Any], column: str, *, least: float = -math.inf, most: float = math.inf, nothing: tuple[float, ...] = ()
) -> int | None:
    """The whole number in a column of a row (`3`, `3.0`); null, and noted, where the cell says none. See `number_in`."""
    value = number_in(row, column, least=least, most=most, nothing=nothing)
    if value is None or _is_whole(value):
        return None if value is None else int(value)
    origin: Origin | None = getattr(row, "origin", None)
    if origin is not None:
        origin.doubts.cell(origin.path, column, "no whole number", str(row[column]))
    return None


def age_in(row: Mapping[str, Any], column: str, *, nothing: tuple[float, ...] = ()) -> float | None:
    """The age in a column of a row, in years: `55`, `55,0`, `030Y`, `018M`, `18 months`. See `number_in`."""
    return number_in(row, column, "years", least=0, most=OLDEST, nothing=nothing)


def age_said(age: float | None, path: str, doubts: Doubts) -> float | None:
    """An age in years that a header or a text says, at that path; null, and noted, where nobody has it."""
    return None if age is None else age_in(Said({"age": f"{age:.17g}"}, Origin(path, doubts)), "age")


def length_in(row: Mapping[str, Any], column: str) -> float | None:
    """The length in a column of a row, in millimetres, more than 0: a spacing, a size. See `number_in`."""
    return number_in(row, column, "mm", least=math.ulp(0.0))


def sex_in(row: Mapping[str, Any], column: str, codes: Mapping[int, str] | None = None, *, nothing: tuple[float, ...] = ()) -> str | None:
    """The sex in a column of a row, as the column `sex` names it; null, and noted, where it is a third one.

    A cell that nobody declared stays as it is, and its case is rejected by name.

    Args:
        row: a row of a table, or what stands for one.
        column: its column; null where it has none of that name.
        codes: what numbers mean in this source.
        nothing: further numbers, which mean that nothing is known.
    """
    text = str(row.get(column) or "").translate(_BLANKS).strip()
    word = text.lower().rstrip(".")
    if word in _UNKNOWN or word in _UNSAID_SEX:
        return None
    if word in _FEMALE or word in _MALE:
        return "female" if word in _FEMALE else "male"
    origin: Origin | None = getattr(row, "origin", None)
    if word in _OTHER:
        if origin is not None:
            origin.doubts.cell(origin.path, column, "neither female nor male", text)
        return None
    code = whole(text) if codes is not None else None
    if codes is None or code is None:
        return text
    return None if code in nothing else codes.get(code, text)


def number(text: str | None) -> float | None:
    """A number from a text, or None where it says none that is clear."""
    try:
        return parsed(text) if text else None
    except Unread:
        return None


def whole(text: str | None) -> int | None:
    """A whole number from a text (`3`, `3.0`), or None where it says none."""
    value = number(text)
    return int(value) if value is not None and _is_whole(value) else None


def _is_whole(value: float) -> bool:
    """Whether a number is whole, and not so large that it may stand for its neighbours too."""
    return value == int(value) and abs(value) < 1 << 53


def known(text: str | None) -> str | None:
    """The text of a table cell, or None where it says that nothing is known (`NA`, `N/A`, `nan`, `-`)."""
    return None if text is None or (bare := text.translate(_BLANKS).strip()).lower() in _NOTHING else bare
