"""Label files of YOLO segmentation.

Format: https://docs.ultralytics.com/datasets/segment/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from hf_medseg.errors import Refused, Rejected
from hf_medseg.masks.areas import Area, Outline, outline_of
from hf_medseg.masks.drawing import Thing
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.tables import decoded

LINE = re.compile(r"\d{1,6}(?:\s+[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)+")


MEND = "A line is: class x1 y1 x2 y2 x3 y3 ..., in parts of the picture's width and height. Export the labels again."
IN_PIXELS = 'If all labels are in pixels, say in the about file: coordinates = "pixels"; else export them again.'


def kind_of(head: bytes) -> str:
    """What the first line of a file is: an outline, a box, or nothing at all; empty of any other file."""
    lines = [line.strip() for line in head.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        return "nothing"
    if not LINE.fullmatch(lines[0]) and len(lines[0]) < 4000:
        return ""
    if (count := len(lines[0].split())) == 5:
        return "box"
    return "outline" if count > 6 else ""


def numbers_in(data: bytes, path: str, pixels: bool = False) -> list[tuple[int, list[float]]]:
    """(class, coordinates) of every line of a label file.

    Args:
        data: the file.
        path: its path, for messages.
        pixels: whether coordinates are pixels, and no parts of the picture.

    Raises:
        Rejected: a line is no outline.
    """
    found = []
    for number, line in enumerate(decoded(data).splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if not LINE.fullmatch(line.strip()):
            raise Rejected(path, f"line {number} is {line.strip()[:40]!r}; numbers expected.", MEND)
        if len(words) == 5:
            raise Rejected(path, f"line {number} is a box and no outline.", MEND)
        if len(words) % 2 == 0:
            raise Rejected(path, f"line {number} has {len(words) - 1} coordinates, which make no pairs.", MEND)
        coordinates = [float(word) for word in words[1:]]
        if not pixels and max(map(abs, coordinates)) > _FAR:
            far = max(coordinates, key=abs)
            raise Rejected(path, f"line {number} holds {far:g}; parts of the picture (0 to 1) expected.", IN_PIXELS)
        found.append((int(words[0]), coordinates))
    return found


_FAR = 1.5  # of the picture: no outline that leaves it a little is so far outside


@dataclass(frozen=True, slots=True)
class Labels:
    """A label file as a drawing; none where the picture has none and nothing was found in it."""

    file: RawFile | None
    names: tuple[tuple[int, str], ...]
    pixels: bool = False

    @property
    def path(self) -> str:
        """See `Drawing.path`."""
        return self.file.path if self.file else ""

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,) if self.file else ()

    def size(self, reader: Reader) -> None:
        """See `Drawing.size`: nothing says it."""

    def things(self, reader: Reader, width: int, height: int) -> list[Thing]:
        """See `Drawing.things`."""
        names, things = dict(self.names), []
        data = reader.read(self.file) if self.file and self.file.size else b""
        for number, coordinates in numbers_in(data, self.path, self.pixels):
            if number not in names:
                raise Rejected(self.path, f"it holds the class {number}; known are {', '.join(map(str, names))}.", MEND)
            points = np.array(coordinates, np.float64).reshape(-1, 2) * ((1, 1) if self.pixels else (width, height))
            areas: tuple[Area, ...] = (Outline(outline_of(points)),) if len(np.unique(points, axis=0)) > 2 else ()
            things.append(Thing(names[number], areas, " ".join(map(repr, coordinates))))
        return things


def look(data: bytes, path: str) -> tuple[int, ...]:
    """The class numbers in a label file."""
    return tuple(sorted({number for number, _ in numbers_in(data, path)}))


def look_at_pixels(data: bytes, path: str) -> tuple[int, ...]:
    """The same where coordinates are pixels."""
    return tuple(sorted({number for number, _ in numbers_in(data, path, pixels=True)}))


def named_in(file: RawFile) -> dict[int, str]:
    """The names of the classes by their numbers, from a YAML file or from a list, a name a line.

    Raises:
        Refused: they cannot be read.
    """
    text = decoded(file.read())
    if not file.name.lower().endswith((".yaml", ".yml")):
        return dict(enumerate(line.strip() for line in text.splitlines() if line.strip()))
    try:
        told: Any = yaml.safe_load(text)
        names = told.get("names") if isinstance(told, Mapping) else None
        return {int(key): str(name) for key, name in (names.items() if isinstance(names, Mapping) else enumerate(names or ()))}
    except (yaml.YAMLError, ValueError, TypeError) as error:
        line = 'classes = ["lesion", "vessel"]'
        raise Refused(f"{file.listed}: its names cannot be read. Mend it, or say in the about file: {line}") from error
