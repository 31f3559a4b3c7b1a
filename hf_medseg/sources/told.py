"""What a table beside pictures or volumes tells of each: `metadata.csv`, and the `cases.csv` that exports put beside a layout."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hf_medseg.case import Case, Recipe
from hf_medseg.dataset.columns import FLOAT64, INT32, TEXT, VOLUME_COLUMNS, Column, ListOf, table_columns
from hf_medseg.errors import Refused
from hf_medseg.formats.volume_file import stem_of
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.order import natural_key
from hf_medseg.raw.tables import Table, headed
from hf_medseg.raw.tree import Raw

# By these a table is one that an export wrote: tables of other people are not taken for what they may not be.
_EXPORTED = ("split", "image_id", "patient_id", "width", "height")

_LENGTHS = {"pixel_spacing": 2, "image_position": 3, "image_orientation": 6}

TAKEN = frozenset(
    (
        *table_columns((), {}, many_files=True),
        *("depth", "folder", "instances", "raters", "masks", "mask_names", "mask_overlap", "annotated_classes", "objects", "split", "case"),
    )
)


def column_of(name: str) -> Column:
    """The type of a column that a table tells: that which it has in every dataset, else text."""
    return VOLUME_COLUMNS.get(name, TEXT)


def value_of(name: str, text: str | None, table: str) -> Any:
    """A cell of a table as its column holds it; None of an empty one.

    Args:
        name: the column.
        text: the cell.
        table: the table, for messages.

    Raises:
        Refused: the column is one that every dataset has, and the cell is nothing that it may hold.
    """
    column = column_of(name)
    if text in (None, "") or column == TEXT:
        return text or None
    try:
        value = json.loads(str(text))
    except ValueError:
        value = None
    if not _holds(column, value) or len(value if isinstance(value, list) else ()) != _LENGTHS.get(name, 0):
        what = f"a list of {_LENGTHS[name]} numbers, such as [0.5, 0.5]" if name in _LENGTHS else "a number"
        what = "a whole number" if column == INT32 else what
        raise Refused(f"{table}: {name} says {text!r}; in every dataset it is {what}. Mend it, or call the column otherwise.")
    return float(value) if column == FLOAT64 else value


def with_gaps(rows: Iterable[tuple[str, Mapping[str, str]]]) -> frozenset[str]:
    """The volumes of which a table tells slices, but not all of them, or not in the order of their names: no slice has its place there.

    Args:
        rows: (id, row) of every slice.
    """
    slices: dict[str, list[tuple[Any, str, str]]] = {}
    for name, row in rows:
        if row.get("volume_id") and row.get("slice_index"):
            slices.setdefault(row["volume_id"], []).append((natural_key(name), row["slice_index"], row.get("num_slices") or ""))
    return frozenset(
        volume
        for volume, found in slices.items()
        if [(index, count) for _, index, count in sorted(found)] != [(str(k), str(len(found))) for k in range(len(found))]
    )


def _holds(column: Column, value: Any) -> bool:
    match column:
        case ListOf(item):
            return isinstance(value, list) and all(_holds(item, one) for one in value)
    return isinstance(value, int if column == INT32 else (int, float)) and not isinstance(value, bool)


@dataclass(frozen=True)
class ToldCases:
    """What an export tells of its cases, beside a layout that has no place for it.

    Attributes:
        columns: the columns that it tells, beside the patient.
        tables: the table that tells it; none where there is none.
    """

    columns: Mapping[str, Column] = field(default_factory=dict)
    tables: tuple[RawFile, ...] = ()
    _rows: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    @classmethod
    def beside(cls, raw: Raw, taken: Collection[str] = ()) -> ToldCases:
        """The one table of an export in a tree; nothing where there is none, or several.

        Args:
            raw: the tree.
            taken: columns that its source makes itself.

        Raises:
            Refused: the table is damaged.
        """
        tables = [file for file in raw.listing.ending(".csv") if file.name in ("cases.csv", "metadata.csv") and headed(file, _EXPORTED)]
        if len(tables) != 1:
            return cls()
        table = Table(tables[0], ("case",) if tables[0].name == "cases.csv" else ("file_name",))
        rows: dict[tuple[str, str], Mapping[str, str]] = {
            (row["split"], row.get("case") or stem_of(posixpath.basename(row["file_name"])) or ""): row for row in table
        }
        gaps = with_gaps([(stem, row) for (_, stem), row in rows.items()])
        rows = {key: {**row, "slice_index": ""} if row.get("volume_id") in gaps else row for key, row in rows.items()}
        found: dict[str, dict[str, Mapping[str, str]]] = {}
        for (split, stem), row in rows.items():
            found.setdefault(stem, {})[split] = row
        own = [name for name in table.header if name not in (*TAKEN, *taken) and not name.endswith("file_name")]
        return cls({name: column_of(name) for name in own}, (tables[0],), found)

    def split(self, guess: str, path: str, *names: str) -> str:
        """The split of a case, which may be called so: the one that the table tells, where a layout has no place for it.

        Args:
            guess: what the layout says.
            path: of its file; a folder of it tells several cases of one name apart.
            names: what the table may call it.
        """
        told = self._rows.get(next((name for name in names if name in self._rows), ""), {guess: {}})
        if guess in told or not all(told):
            return guess
        here = [split for split in told if f"/{split}/" in f"/{path}"]
        return here[0] if len(here) == 1 else next(iter(told)) if len(told) == 1 else guess

    def texts(self, split: str, *names: str) -> dict[str, str]:
        """What it says of a case, which may be called so, as it stands there: its patient, and its columns; what is empty is absent."""
        told = next((self._rows[name] for name in names if name in self._rows), {})
        row = told.get(split) or (next(iter(told.values())) if len(told) == 1 else {})
        return {name: text for name in ("patient_id", *self.columns) if (text := row.get(name))}

    def of(self, split: str, *names: str) -> tuple[str | None, dict[str, Any]]:
        """(patient, values of its columns) of a case.

        Raises:
            Refused: a cell is not what its column holds.
        """
        texts = self.texts(split, *names)
        return texts.pop("patient_id", None), {name: value_of(name, text, self.tables[0].listed) for name, text in texts.items()}

    def case(self, image_id: str, pixels: Mapping[str, Recipe | None], split: str, picture: RawFile) -> Case:
        """The case of a picture, with what is told of it by the name of its file; slices of a volume stay together."""
        stem = picture.name.rpartition(".")[0]
        split = self.split(split, picture.listed, stem)
        patient, columns = self.of(split, stem)
        return Case(image_id, pixels, columns, split, patient, together=columns.get("volume_id") or "")
