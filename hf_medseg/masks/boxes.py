"""Boxes around objects: the `boxes` column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hf_medseg.errors import Refused, Rejected
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.labels import Shape
from hf_medseg.raw.cells import parsed
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.tables import Table, json_of


@dataclass(frozen=True, slots=True)
class Box:
    """One box by its corners: pixels of the image, origin top left, the right and lower ends exclusive."""

    left: float
    top: float
    right: float
    bottom: float
    label: str

    def __post_init__(self) -> None:
        """Checks the order of the corners (false for NaN too).

        Raises:
            ValueError: the corners are no box.
        """
        if not (self.left <= self.right and self.top <= self.bottom):
            raise ValueError(f"{self.left}, {self.top} to {self.right}, {self.bottom} is no box")

    def record(self) -> dict[str, Any]:
        """The box as one entry of the `boxes` column."""
        return {"x": self.left, "y": self.top, "width": self.right - self.left, "height": self.bottom - self.top, "label": self.label}


@dataclass(frozen=True)
class Boxes(Cell):
    """A `boxes` column: boxes that belong to a picture of a stated size, so that a resized picture is found out.

    Attributes:
        boxes: the boxes.
        width, height: of the picture they were drawn on; None where the table does not say.
        path: the table, for messages.
    """

    boxes: tuple[Box, ...]
    width: int | None = None
    height: int | None = None
    path: str = ""

    def files(self) -> tuple[RawFile, ...]:
        """None: the table was read when the cases were listed."""
        return ()

    def values(self, reader: Reader, shape: Shape) -> list[list[dict[str, Any]]]:
        """See `Cell.values`.

        Raises:
            Rejected: the picture has another size than its boxes.
        """
        if self.width is not None and (self.height, self.width) != shape[1:]:
            drawn, found = f"{self.width} x {self.height}", f"{shape[2]} x {shape[1]}"
            raise Rejected(
                self.path,
                f"its boxes for this case belong to a picture of {drawn} pixels, this one has {found}.",
                "Fetch the owner's files; copies are often resized.",
            )
        return [[box.record() for box in self.boxes]] * shape[0]


@dataclass(frozen=True)
class BoxTable(Cell):
    """A `boxes` column from a CSV table that belongs to one picture.

    Attributes:
        file: the table, one box a row.
        corners: its columns with left, top, right and lower end; they may also be written without underscores.
        label: its column with the label.
    """

    file: RawFile
    corners: tuple[str, str, str, str] = ("x_min", "y_min", "x_max", "y_max")
    label: str = "class_name"

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def values(self, reader: Reader, shape: Shape) -> list[list[dict[str, Any]]]:
        """See `Cell.values`.

        Raises:
            Rejected: the file is not such a table.
        """
        reader.read(self.file)
        try:
            table = Table(self.file, (self.label,))
            bare = tuple(column.replace("_", "") for column in self.corners)
            corners = bare if set(bare) <= set(table.header) else self.corners
            boxes = [_box(row, corners, self.label) for row in Table(self.file, (*corners, self.label))]
        except (KeyError, ValueError, Refused) as error:
            raise Rejected(self.file.path, f"a table of boxes expected ({error}).", "Fetch the file again.") from error
        return [[box.record() for box in boxes]] * shape[0]


def boxes_of_json(file: RawFile) -> dict[str, Boxes]:
    """Boxes by the stem of their picture, from a table {stem: {height, width, bbox: [{label, xmin, ymin, xmax, ymax}]}}.

    Raises:
        Refused: the file is not such a table, or a copy of it differs.
    """
    for twin in file.twins:
        if twin.read() != file.read():
            raise Refused(f"{file.listed} and {twin.listed} differ. Keep the owner's version and take the other out of the raw tree.")
    try:
        return {
            stem: Boxes(
                tuple(_box(box, ("xmin", "ymin", "xmax", "ymax"), "label") for box in record["bbox"]),
                int(record["width"]),
                int(record["height"]),
                file.path,
            )
            for stem, record in json_of(file).items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Refused(f"{file.path}: a table of boxes expected ({type(error).__name__}: {error}). Fetch the file again.") from error


def _box(row: Mapping[str, Any], corners: Sequence[str], label: str) -> Box:
    left, top, right, bottom = (_end(row[side]) for side in corners)
    return Box(left, top, right, bottom, str(row[label]))


def _end(cell: Any) -> float:
    value = parsed(str(cell))
    if value is None:
        raise ValueError("one end of a box is missing")
    return value
