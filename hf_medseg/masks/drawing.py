"""What an annotation tool holds of one picture: objects with their areas, painted once and told in four columns.

`mask` is painted in ascending class index, the higher one wins. `instances` numbers the objects in the order of the file, a later one
wins; crowds, which are no single objects, are 0 there. `mask_overlap` says whether any two of them claim a pixel. `objects` keeps each of
them as it stands in the file, so that what another one covers is not lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hf_medseg.dataset.columns import FLAG, INT32, PICTURE, TEXT, Column, Label, ListOf, Record
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Rejected
from hf_medseg.masks.areas import Area, united
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.labels import LabelMap, Labels, Shape
from hf_medseg.raw.files import RawFile, Reader

UNKNOWN = "not annotated"
"""What a crowd is called that marks where nobody looked, as `hf-medseg export --to coco` writes it: 255 wherever no object lies."""

BACKGROUND = "background"
"""What no class is called: an object called so is no object of a class, and paints nothing."""

MOST_OBJECTS = 65535  # a 16-bit picture numbers no more


def drawing_columns(classes: Sequence[str]) -> dict[str, Column]:
    """The columns of a source whose masks are drawn objects.

    Args:
        classes: the names of the classes, without the background.
    """
    label = Label((BACKGROUND, *classes))
    record = Record({"label": label, "instance": INT32, "crowd": FLAG, "attributes": TEXT, "segmentation": TEXT})
    return {"instances": PICTURE, "mask_overlap": FLAG, "objects": ListOf(record)}


@dataclass(frozen=True, eq=False, slots=True)
class Thing:
    """One object as it was drawn.

    Attributes:
        label: its class, as the file calls it.
        areas: what it covers, all of them together; nothing where it encloses nothing.
        segmentation: its outline, runs or shape, as the file writes them.
        attributes: what else the file says of it, as JSON.
        crowd: it marks several objects that nobody told apart.
    """

    label: str
    areas: tuple[Area, ...]
    segmentation: str = ""
    attributes: str | None = None
    crowd: bool = False


class Drawing(Protocol):
    """The objects of one picture."""

    @property
    def path(self) -> str:
        """The file that holds them, for messages."""
        ...

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        ...

    def size(self, reader: Reader) -> tuple[int, int] | None:
        """(width, height) of the picture that they were drawn on; None where the file does not say."""
        ...

    def things(self, reader: Reader, width: int, height: int) -> Sequence[Thing]:
        """The objects, in the order in which they are painted.

        Args:
            reader: reads the files.
            width: of the picture that they were drawn on.
            height: likewise.

        Raises:
            Rejected: the file is damaged, or holds what is not read.
        """
        ...


@dataclass(frozen=True, slots=True)
class Blank:
    """The drawing of a picture that was looked at, and has no object."""

    path: str = ""

    def files(self) -> tuple[RawFile, ...]:
        """None."""
        return ()

    def size(self, reader: Reader) -> None:
        """Nothing says it."""
        return

    def things(self, reader: Reader, width: int, height: int) -> Sequence[Thing]:
        """None."""
        return ()


@dataclass(frozen=True, eq=False, slots=True)
class _Canvas:
    mask: LabelMap
    instances: NDArray[np.uint16]
    overlap: bool
    objects: list[dict[str, Any]]


CLIPPED = "objects reach beyond the picture: what lies outside is cut off"
EMPTY = "objects enclose nothing, such as outlines of two points: they paint no pixel and stand in `objects` alone"


@dataclass(frozen=True, eq=False, slots=True)
class Canvas:
    """A drawing with the index of each class; it is painted once for all columns."""

    drawing: Drawing
    classes: Mapping[str, int]

    def columns(self) -> dict[str, Labels | Cell]:
        """How `mask` and the columns of `drawing_columns` are read."""
        return {
            "mask": DrawnMask(self),
            "instances": DrawnInstances(self),
            "mask_overlap": DrawnOverlap(self),
            "objects": DrawnObjects(self),
        }

    def painted(self, reader: Reader, shape: Shape) -> _Canvas:
        """Everything painted.

        Raises:
            Rejected: the picture has another size than the one that was drawn on, or an object cannot be read.
        """
        painted: _Canvas = reader.once((self, shape), lambda: self._paint(reader, shape))
        return painted

    def labels(self, reader: Reader, shape: Shape) -> set[str]:
        """The names of the objects."""
        return {one["label"] for one in self.painted(reader, shape).objects}

    def _paint(self, reader: Reader, shape: Shape) -> _Canvas:
        _, height, width = shape
        path = self.drawing.path
        if (size := self.drawing.size(reader)) is not None and size != (width, height):
            raise Rejected(
                path,
                f"it was drawn on a picture of {size[0]} x {size[1]} pixels, the picture has {width} x {height}.",
                "Put the picture there that was annotated, or export the annotation anew.",
            )
        things = self.drawing.things(reader, width, height)
        if size is None and (beyond := next((one for one in things if _is_beyond(one, height, width)), None)):
            raise Rejected(
                path,
                f"its object {beyond.label} lies outside of the picture of {width} x {height} pixels.",
                "Put the picture there that was annotated, in its full size.",
            )
        if len(things) > MOST_OBJECTS:
            raise Rejected(path, f"{len(things)} objects in one picture; at most {MOST_OBJECTS} are read.")
        mask, instances = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint16)
        claimed, overlap = np.zeros((height, width), np.bool_), False
        unknown = np.zeros((height, width), np.bool_)
        objects: list[dict[str, Any]] = []
        for number, thing in enumerate(things, 1):
            unlooked = thing.crowd and thing.label == UNKNOWN and UNKNOWN not in self.classes
            index = 0 if unlooked or thing.label == BACKGROUND else self.classes.get(thing.label)
            if index is None:
                known = ", ".join(self.classes)
                raise Rejected(path, f"its object {number} is called {thing.label!r}; known are {known}.", "Rename it, or mend the file.")
            try:
                patch = united(thing.areas, height, width)
            except ValueError as error:
                advice = "Mend this object in the program that drew it."
                raise Rejected(path, f"its object {number} ({thing.label}) has {error}.", advice) from error
            if unlooked:
                unknown[patch.window] |= patch.inside
                continue
            _note(reader, path, thing, height, width)
            if index and patch.inside.size:
                here, inside = patch.window, patch.inside
                np.maximum(mask[here], np.where(inside, np.uint8(index), np.uint8(0)), out=mask[here])
                overlap = overlap or bool((claimed[here] & inside).any())
                claimed[here] |= inside
                if not thing.crowd:
                    instances[here][inside] = number
            objects.append(
                {
                    "label": thing.label,
                    "instance": number if index and not thing.crowd else 0,
                    "crowd": thing.crowd,
                    "attributes": thing.attributes,
                    "segmentation": thing.segmentation,
                }
            )
        mask[unknown & (mask == 0)] = NOT_ANNOTATED
        return _Canvas(mask, instances, overlap, objects)


def _is_beyond(thing: Thing, height: int, width: int) -> bool:
    bounds = [area.bounds() for area in thing.areas]
    return bool(bounds) and all(left >= width or top >= height or right <= 0 or bottom <= 0 for left, top, right, bottom in bounds)


def _note(reader: Reader, path: str, thing: Thing, height: int, width: int) -> None:
    if not thing.areas:
        reader.note(path, EMPTY)
    for left, top, right, bottom in (area.bounds() for area in thing.areas):
        if left < 0 or top < 0 or right > width or bottom > height:
            reader.note(path, CLIPPED)


class Drawn:
    """What the four columns share."""

    __slots__ = ("canvas",)

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.canvas!r})"

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.canvas.drawing.files()

    def drawn_on(self, reader: Reader) -> tuple[int, int] | None:
        """(width, height) of the picture that was drawn on, as the file says."""
        return self.canvas.drawing.size(reader)


class DrawnMask(Drawn, Labels):
    """The label map of a drawing."""

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        return self.canvas.painted(reader, shape).mask[np.newaxis]


class DrawnClass(Drawn, Labels):
    """What the objects of one class cover, 0 and 1, also where those of another class lie over them."""

    __slots__ = ("label",)

    def __init__(self, canvas: Canvas, label: str) -> None:
        super().__init__(canvas)
        self.label = label

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.canvas!r}, {self.label!r})"

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        _, height, width = shape
        self.canvas.painted(reader, shape)  # which rejects what cannot be painted, by its number
        things = self.canvas.drawing.things(reader, width, height)
        areas = tuple(area for thing in things if thing.label == self.label for area in thing.areas)
        return united(areas, height, width).on(height, width)[np.newaxis].view(np.uint8)


class DrawnStructure(DrawnClass, Cell):
    """A column `mask_<structure>`: null where the file has no object of that class, which says nothing of the picture."""

    __slots__ = ()

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        return [self.labels(reader, shape)[0] if self.label in self.canvas.labels(reader, shape) else None]


class DrawnNames(Drawn, Cell):
    """A column `annotated_classes`: the classes of which the file has an object."""

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        there = self.canvas.labels(reader, shape)
        return [[name for name in self.canvas.classes if name in there]]


class DrawnInstances(Drawn, Cell):
    """The `instances` of a drawing."""

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        return [self.canvas.painted(reader, shape).instances]


class DrawnOverlap(Drawn, Cell):
    """The `mask_overlap` of a drawing."""

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        return [self.canvas.painted(reader, shape).overlap]


class DrawnObjects(Drawn, Cell):
    """The `objects` of a drawing."""

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        return [self.canvas.painted(reader, shape).objects]
