"""Divisions of a source that papers compare with and that its owner does not distribute with the data."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import tomli

from hf_medseg.catalog.decode import decode
from hf_medseg.errors import Refused

LISTS = "splits.toml"
OFFICIAL = "official"
"""What a recipe calls the splits that a source comes with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """One division, with where it is published.

    Attributes:
        says: the rule, in words.
        url: where it is published.
        date: the day on which that was read.
        by: what the lists name.
        splits: for each split what comes to it.
        others: the split of what no list names; such rows are not taken where it is empty.
        of: only rows of these splits of the source are divided, and all others keep theirs; every row if empty.
    """

    says: str
    url: str
    date: datetime.date
    by: Literal["image_id", "patient_id"]
    splits: Mapping[str, tuple[str, ...]]
    others: str = ""
    of: tuple[str, ...] = ()

    def split_of(self, split: str, image_id: str, patient_id: str | None) -> str:
        """The split of a row; empty where it has none.

        Args:
            split: the one that its source has it in.
            image_id: of the row.
            patient_id: of the row.
        """
        if self.of and split not in self.of:
            return split
        name = image_id if self.by == "image_id" else patient_id
        return next((to for to, names in self.splits.items() if name in names), self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lists:
    lists: Mapping[str, Convention] = field(default_factory=dict)


def read_conventions(folder: Path) -> Mapping[str, Convention]:
    """The divisions of a source, by the name that a recipe asks for.

    Raises:
        Refused: the file is no TOML, lacks a key, or names something twice.
    """
    path = folder / LISTS
    if not path.is_file():
        return {}
    shown = f"{folder.name}/{LISTS}"
    try:
        found = decode(_Lists, tomli.loads(path.read_text(encoding="utf-8")), shown).lists
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{shown} is no valid TOML: {error}.") from error
    for name, one in found.items():
        named = [item for items in one.splits.values() for item in items]
        if name == OFFICIAL or len(set(named)) < len(named):
            raise Refused(f"{shown}: {name!r} names something twice, or is called as the source's own splits are.")
    return found
