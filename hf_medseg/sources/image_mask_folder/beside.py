"""What files beside pictures and masks say: lists of the pictures of each split, and tables of what values or colours mean."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace

from hf_medseg.errors import Refused, Rejected
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.splits import split_of
from hf_medseg.raw.tables import Table
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.image_mask_folder.ways import Way

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
    """The way with the split of each picture as lists say it: `train.txt`, `val.txt`, also in `ImageSets/Segmentation/`.

    Raises:
        Refused: a picture is in the lists of two splits.
    """
    told: dict[str, tuple[str, RawFile]] = {}
    lists = []
    found = list(_lists(raw))
    stems = {item.stem for item in way.items} if found else set()
    for file, split in found:
        names = [re.split(r"\s", line)[0] for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
        called = [re.sub(r"\.\w{3,4}\Z", "", name.replace("\\", "/").rpartition("/")[2]) for name in names]
        if not names or not stems.issuperset(called):
            continue  # a list of other things
        lists.append(file)
        for name in called:
            other, by = told.setdefault(name, (split, file))
            if other != split:
                raise Refused(f"{by.listed} and {file.listed} both list {name}. Take it out of one of them.")
    if not lists or any(item.said.get("split") for item in way.items):
        return way
    items, left = [], []
    for item in way.items:
        if item.stem in told:
            items.append(replace(item, said={**item.said, "split": told[item.stem][0]}))
        else:
            left.append((item.picture, "no list of a split names it"))
            left += [(mask, "no list of a split names its picture") for _, mask in item.masks]
    layout = f"{way.layout}, splits by {' and '.join(file.name for file in lists)}"
    return replace(way, layout=layout, items=tuple(items), skipped=(*way.skipped, *left), tables=(*way.tables, *lists))


def _lists(raw: Raw) -> Iterator[tuple[RawFile, str]]:
    """(file, split) of every text file that is called like a split."""
    for file in raw.listing.ending(".txt"):
        match = _LISTED.fullmatch(file.listed)
        if match is not None and file.size < _LONGEST and (split := split_of(match[1])) is not None:
            yield file, split
