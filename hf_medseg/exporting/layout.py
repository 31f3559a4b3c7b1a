"""What every layout is given to write, and what it answers."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from hf_medseg.dataset.storage import json_text
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.exporting.case import Array, Case, nifti
from hf_medseg.exporting.result import Export
from hf_medseg.exporting.table import Plan, Table

Masks = Literal["polygons", "rle"]
NO_MASK = "nobody annotated it (its mask is null)"
IGNORED = "not annotated"
PICTURES_AS_VOLUMES = (
    "A picture is written as a volume of one slice, colours as channels; converted again it is a slice, and its id ends in _0000"
)
# Of slices that make a volume: what is said of a single one of them.
_OF_SLICES = ("slice_index", "image_position", "source_file", "source_sha256", "classes")


@dataclass
class Work:
    """An export at work.

    Attributes:
        table: what is exported.
        plan: its cases.
        here: the folder to write to.
        export: what is told of it.
        masks: how COCO says where an object is.
    """

    table: Table
    plan: Plan
    here: Path
    export: Export
    masks: Masks = "polygons"
    _tables: dict[str, list[Any]] = field(default_factory=dict)

    def write(self, name: str, data: bytes) -> None:
        """Writes a file, given by its path inside the folder."""
        path = self.here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def write_json(self, name: str, content: Any) -> None:
        """Writes a small JSON file."""
        self.write(name, json_text(content).encode())

    def note(self, text: str, times: int = 1) -> None:
        """Says what the layout cannot say, or says in another way."""
        self.export.notes[text] += times

    def file_of(self, case: Case, column: str) -> bytes | None:
        """The file of a column, as stored, or as NIfTI whose header says what stored values mean; None for null."""
        if not case.is_volume:
            return case.data(column)
        array = case.mask if column == "mask" else case.samples(column)
        if array is None:
            return None
        if array.shape != case.grid.shape:
            self.note(f"{column} lies on another grid than the image and is left out")
            return None
        return nifti(array, case, case.scale(column) if column in self.table.images else (1.0, 0.0))

    def list_case(self, name: str, case: Case, first: dict[str, str]) -> None:
        """Adds a line to a CSV table of cases: what is said first, then every plain column."""
        known = {**plain_of(self.table, case, self.plan.gathered), **first}
        path = self.here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            header = [*first, *(one for one in self._columns if one not in first)]
            if not file.tell():
                lines.writerow(header)
            lines.writerow(["" if (value := known.get(one)) is None else _text(value) for one in header])

    def list_files(self, case: Case, names: Mapping[str, str]) -> None:
        """Adds a line to `metadata.csv`, with the path of each picture of a case as an imagefolder has it: `mask_file_name` is `mask`."""
        columns = {column: "file_name" if column == "image" else f"{column}_file_name" for column in self.table.pictures}
        self.list_case("metadata.csv", case, {key: names.get(column, "") for column, key in columns.items()})

    @property
    def _columns(self) -> list[str]:
        dropped = _OF_SLICES if self.plan.gathered else ()
        return ["split", *(name for name in self.table.plain if name not in dropped)]

    def note_further(self, held: Iterable[str]) -> None:
        """Says which columns the layout does not hold: pictures and records that are not in `held`."""
        rest = [name for name in self.table.columns if name not in (*held, *self.table.plain, "files")]
        if rest:
            self.note(f"The columns {', '.join(rest)} are not in this layout")

    def write_about(self, *lines: str) -> None:
        """An about file that names the classes, and says further lines, for whoever converts the folder again."""
        values = [*enumerate(self.table.classes), (NOT_ANNOTATED, IGNORED)]
        classes = [f"{value} = {json.dumps(name, ensure_ascii=False)}" for value, name in values[1:]]
        head = "# hf-medseg convert THIS_FOLDER OUT --about THIS_FOLDER/about.toml"
        self.write("about.toml", ("\n".join((head, *lines, "[classes]", *classes)) + "\n").encode())


def plain_of(table: Table, case: Case, gathered: bool) -> dict[str, Any]:
    """The plain columns of a case, by name."""
    told = {**table.told(case.row), "image_id": case.entry.id, "split": case.entry.split}
    return {name: value for name, value in told.items() if not gathered or name not in _OF_SLICES}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def uses_ignored(mask: Array) -> bool:
    """Whether a part of a label map is not annotated."""
    return bool((mask == NOT_ANNOTATED).any())


class Layout(Protocol):
    """A layout that is being written.

    Attributes:
        gathers: whether it holds volumes: slices are put together for it.
    """

    gathers: ClassVar[bool]

    def __init__(self, work: Work) -> None:
        """Begins it.

        Raises:
            Refused: the layout cannot hold such a table.
        """

    def add(self, case: Case) -> str:
        """Writes a case, all of it or nothing.

        Returns:
            Why it was left out; empty where it was not.

        Raises:
            Rejected: the layout cannot hold the case, or it cannot be read.
        """

    def finish(self) -> None:
        """Writes what is known at the end alone."""
