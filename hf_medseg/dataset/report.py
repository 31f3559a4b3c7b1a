"""What `report.json` holds: conversion and deriving write it, and whoever tells of a dataset reads it."""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import Any, NotRequired, TypedDict, get_args, get_origin, get_type_hints, is_typeddict

from hf_medseg.errors import Rejected


class Rejection(TypedDict):
    """A case that is no row, and the file that is at fault."""

    image_id: str
    file: str
    expected: str
    advice: str


def rejection(image_id: str, error: Rejected) -> Rejection:
    """What is told of a case that is rejected."""
    return Rejection(image_id=image_id, file=error.file, expected=error.expected, advice=error.advice)


class Noted(TypedDict):
    """What is to be said of a file, or of so many files."""

    path: str
    reason: str
    files: NotRequired[int]


class Unused(TypedDict):
    """Files that no row uses; their paths stay on the machine that converted."""

    reason: str
    files: int
    path: NotRequired[str]


class Taken(TypedDict):
    """How many cases of a split were converted, of how many."""

    taken: int
    cases: int


class Compared(TypedDict):
    """A published number beside the one that was found."""

    what: str
    split: str
    published: float
    found: float | None


class Checksums(TypedDict):
    """How many files have a published checksum, how many of them differ from it, and, on the machine that converted, which."""

    compared: int
    differ: int
    files: NotRequired[list[str]]


class SplitSection(TypedDict):
    """A split of a config: the sum of its shards."""

    rows: int
    rows_with_mask: int
    foreground: float | None
    pixels: dict[str, int]
    rows_per_class: dict[str, int]
    bytes: int
    shards: list[str]


Moved = TypedDict("Moved", {"from": str, "to": str, "rows": int})
"""Rows of a derived dataset that lie in another split than their source's."""


class Section(TypedDict):
    """A config. What need not be there: what older versions did not write, `called` where files are renamed, the end of derived ones."""

    folder: str
    classes: list[str]
    options: NotRequired[dict[str, Any]]
    limited: NotRequired[dict[str, Taken]]
    splits: dict[str, SplitSection]
    splits_without_rows: NotRequired[list[str]]
    published: list[Compared]
    checksums: NotRequired[Checksums]
    rejected: list[Rejection]
    known: list[Noted]
    notes: NotRequired[list[Noted]]
    duplicate: list[str]
    not_used: list[Unused]
    called: NotRequired[dict[str, str]]
    moved: NotRequired[list[Moved]]
    shared_groups: NotRequired[int]
    joined_groups: NotRequired[int]


class SeriesTerms(TypedDict):
    """License and DOI of so many series."""

    license: str
    doi: str
    series: int


class Report(TypedDict, total=False):
    """The whole; nothing where there is no report. The last two are of derived datasets."""

    source: str
    edition: str | None
    license: str
    tier: str
    licenses: list[SeriesTerms]
    converter: str
    packages: dict[str, str]
    configs: dict[str, Section]
    recipe: dict[str, Any]
    inputs: list[dict[str, Any]]


def misfit(content: Any, kind: Any = Report, at: str = "") -> str:
    """What in the content of a JSON file is not as a report has it, in words; nothing where all is. Further keys are no fault."""
    if is_typeddict(kind):
        keys, needed = _keys(kind)
        if isinstance(content, dict) and (missing := next((name for name in needed if name not in content), None)):
            return f"{at}{missing} is missing"
        inner = [(name, content[name], keys[name]) for name in keys if name in content] if isinstance(content, dict) else None
    elif get_origin(kind) is dict:
        inner = [(name, value, get_args(kind)[1]) for name, value in content.items()] if isinstance(content, dict) else None
    elif get_origin(kind) is list:
        inner = [(str(number), value, get_args(kind)[0]) for number, value in enumerate(content)] if isinstance(content, list) else None
    else:
        inner = [] if _is_plain(content, kind) else None
    if inner is None:
        return f"{at.removesuffix(': ') or 'it'} is {type(content).__name__}"
    above = f"{at.removesuffix(': ')} / " if at else ""
    return next((wrong for name, value, one in inner if (wrong := misfit(value, one, f"{above}{name}: "))), "")


@cache
def _keys(kind: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The keys of a kind of table with their types, and those that must be there."""
    told = get_type_hints(kind, include_extras=True)
    needed = tuple(name for name, one in told.items() if kind.__total__ and get_origin(one) is not NotRequired)
    return get_type_hints(kind), needed


def _is_plain(content: Any, kind: Any) -> bool:
    if kind is Any:
        return True
    if isinstance(kind, UnionType):
        return any(_is_plain(content, one) for one in get_args(kind))
    if kind in (int, float):
        return isinstance(content, (int, kind)) and not isinstance(content, bool)
    return isinstance(content, NoneType if kind is None else kind)
