"""What files beside pictures and masks say: lists of the pictures of each split, and tables of what values or colours mean."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace

from hf_medseg.errors import Refused, Rejected
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.long_json import keys_in
from hf_medseg.raw.splits import split_of
from hf_medseg.raw.tables import Table, json_of
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.image_mask_folder.ways import Way
from hf_medseg.sources.words import split_column, split_said

_HEAD = 1 << 16
_LONGEST = 1 << 24  # bytes of a list of names
_LISTED = re.compile(r"(?:[^/]+/)*([^/]+)\.(?i:txt)")
_MAP_LINE = re.compile(r"([^:#]+):(\d{1,3}),(\d{1,3}),(\d{1,3}):.*")


def with_meanings(raw: Raw, way: Way) -> Way:
    """The way with what values or colours mean, as `labelmap.txt` of CVAT, `_classes.csv` of Roboflow or `class_dict.csv` says.

    Raises:
        Refused: two of them contradict each other.
    """
    classes: dict[str, str] = {}
    colours: dict[str, str] = {}
    tables = []
    for file in raw.listing.ending(".txt", ".csv"):
        name = file.name.lower()
        found: dict[str, str] = {}
        into = colours
        with contextlib.suppress(Rejected):  # what cannot be read says nothing
            if name == "labelmap.txt":
                lines = [_MAP_LINE.fullmatch(line.strip()) for line in file.read().decode("utf-8", "replace").splitlines()]
                found = {
                    _hexadecimal(one[2], one[3], one[4]): one[1].strip() for one in lines if one and max(map(int, one.groups()[1:])) < 256
                }
            elif name == "class_dict.csv":
                rows = [{key.strip().lower(): value for key, value in row.items()} for row in Table(file)]
                rows = [row for row in rows if {"r", "g", "b", "name"} <= row.keys() and all(row[key].strip().isdecimal() for key in "rgb")]
                found = {_hexadecimal(row["r"], row["g"], row["b"]): row["name"] for row in rows}
            elif name == "_classes.csv":
                into = classes
                rows = [{key.strip().lower(): value.strip() for key, value in row.items()} for row in Table(file)]
                found = {row["pixel value"]: row["class"] for row in rows if {"pixel value", "class"} <= row.keys()}
                if not all(value.isdecimal() and what for value, what in found.items()):
                    raise Refused(
                        f"{file.listed}: a number and a name in each line expected, as Roboflow writes it. Mend it, or take it out."
                    )
        for key, what in found.items():
            if into.setdefault(key, what) != what:
                raise Refused(f"{file.listed} calls {key} {what!r}, another table {into[key]!r}. Keep one of them.")
        tables += [file] if found else []
    if not tables:
        return way
    layout = f"{way.layout}, classes by {tables[0].name}"
    return replace(way, layout=layout, classes=classes, colours={} if classes else colours, tables=(*way.tables, *tables))


def _hexadecimal(*channels: str) -> str:
    return "#" + "".join(f"{int(one):02x}" for one in channels)


def with_lists(raw: Raw, way: Way) -> Way:
    """The way with the split of each picture as lists say it: `train.txt`, `val.csv`, `splits.json`, also in `ImageSets/Segmentation/`.

    Raises:
        Refused: a picture is in the lists of two splits.
    """
    told: dict[str, tuple[str, RawFile]] = {}
    lists = []
    found = list(_lists(raw))
    stems = {item.stem for item in way.items} if found else set()
    for file, split in found:
        names = [re.split(r"\s", line)[0] for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
        called = [_stem(name) for name in names]
        if not names or not stems.issuperset(called):
            continue  # a list of other things
        lists.append(file)
        for name in called:
            other, by = told.setdefault(name, (split, file))
            if other != split:
                raise Refused(f"{by.listed} and {file.listed} both list {name}. Take it out of one of them.")
    if any(item.said.get("split") for item in way.items):
        return way
    if not lists:
        told, lists = _in_tables(raw, {item.stem for item in way.items if item.picture.there})
    if not lists:
        return way
    items, left = [], []
    for item in way.items:
        if item.stem in told:
            items.append(replace(item, said={**item.said, "split": told[item.stem][0]}))
        else:
            left.append((item.picture, "no list of a split names it"))
            left += [(mask, "no list of a split names its picture") for _, mask in item.masks]
    layout = f"{way.layout}, splits by {' and '.join(file.name for file in lists)}"
    used = [file for file in lists if file not in way.tables]
    return replace(way, layout=layout, items=tuple(items), skipped=(*way.skipped, *left), tables=(*way.tables, *used))


def _stem(name: str) -> str:
    """What a list calls a picture, without its folders and its ending."""
    return re.sub(r"\.\w{3,4}\Z", "", name.strip().replace("\\", "/").rpartition("/")[2])


def _in_tables(raw: Raw, stems: set[str]) -> tuple[dict[str, tuple[str, RawFile]], list[RawFile]]:
    """The split of each picture as tables of names say it, and those tables; nothing where they do not name every picture.

    Tables are `train.csv` and `val.csv`, a CSV with the column `split`, or JSON such as `{"train": ["a.png"], "val": ["b.png"]}`.

    Raises:
        Refused: a picture has two splits.
    """
    told: dict[str, tuple[str, RawFile]] = {}
    for file, name, split in _rows_of_tables(raw, stems):
        other, by = told.setdefault(name, (split, file))
        if other != split:
            raise Refused(f"{by.listed} and {file.listed} both list {name}, as {other} and as {split}. Take it out of one of them.")
    if told.keys() < stems or not told:
        return {}, []
    return told, list({file.listed: file for _, file in told.values()}.values())


def _rows_of_tables(raw: Raw, stems: set[str]) -> Iterator[tuple[RawFile, str, str]]:
    """(table, picture, its split) of every table that names pictures alone, and their splits."""
    for file in raw.listing.ending(".csv", ".tsv", ".json"):
        if file.size >= _LONGEST:
            continue
        with contextlib.suppress(Rejected, Refused):  # what cannot be read says nothing
            if file.name.lower().endswith(".json"):
                said = json_of(file) if all(map(split_of, keys_in(file.read(_HEAD)) or [""])) else None
                lists = said.items() if isinstance(said, dict) else ()
                pairs = [(_stem(one), split_of(key) or "") for key, names in lists for one in names if isinstance(one, str)]
            else:
                pairs = _pairs_of_csv(file, stems)
            if pairs and stems.issuperset(name for name, _ in pairs):
                yield from ((file, name, split) for name, split in pairs)


def _pairs_of_csv(file: RawFile, stems: set[str]) -> list[tuple[str, str]]:
    """(picture, its split) of the rows of a CSV; nothing where it says no splits, or names no pictures."""
    table = Table(file)
    rows, whole = list(table), split_of(file.name.rpartition(".")[0])
    names = next((column for column in table.header if rows and stems.issuperset(_stem(row[column]) for row in rows)), None)
    splits = split_column(table.header, rows)
    if names is None and whole and len(table.header) == 1 and _stem(table.header[0]) in stems:  # without a header
        return [(_stem(name), whole) for name in (table.header[0], *(row[table.header[0]] for row in rows))]
    if names is None or not (splits or whole):
        return []
    return [(_stem(row[names]), split_said(row[splits]) if splits else whole or "") for row in rows]


def _lists(raw: Raw) -> Iterator[tuple[RawFile, str]]:
    """(file, split) of every text file that is called like a split."""
    for file in raw.listing.ending(".txt"):
        match = _LISTED.fullmatch(file.listed)
        if match is not None and file.size < _LONGEST and (split := split_of(match[1])) is not None:
            yield file, split
