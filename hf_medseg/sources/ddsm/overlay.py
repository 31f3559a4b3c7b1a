"""Outlines as chain codes, in the text files (`.OVERLAY`) that lie beside mammograms.

A file lists abnormalities. Each has lines that describe it, one `BOUNDARY` and any number of `CORE` outlines inside it. An outline is the
column and row of a first pixel, and then for every further pixel the step that leads to it (0 up, 1 up and right, and so on clockwise to
7 up and left), until `#`.

The rule: the area is what the line through the pixels' centres encloses, closed from the last to the first (`polygons.fill`), and every
pixel of the outline itself. One row or column beyond the picture is cut off; an outline that goes farther rejects the case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.labels import LabelMap, Labels, Shape
from hf_medseg.masks.polygons import fill
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.packed import unpacked
from hf_medseg.raw.tables import decoded

Array = NDArray[Any]

# Far above what a person draws; they bound the work that a hostile file can ask for.
MAX_BYTES = 1 << 24
MAX_STEPS = 100_000
MAX_FINDINGS = 1000

_STEPS = np.array([(0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1)])
_WHOLE = re.compile(r"[+-]?[0-9]{1,6}")


@dataclass(frozen=True)
class Abnormality:
    """One abnormality as a file describes it.

    Attributes:
        number: its number in the file.
        kinds: the first words of its `LESION_TYPE` lines, each once, in lower case: `mass`, `calcification`.
        types: its `LESION_TYPE` lines as published.
        boundary: (pixels, 2) column and row of its outline.
        cores: the same for the outlines inside it.
    """

    number: int
    kinds: tuple[str, ...]
    types: tuple[str, ...]
    assessment: int | None
    subtlety: int | None
    pathology: str | None
    boundary: Array
    cores: tuple[Array, ...]

    @property
    def name(self) -> str:
        """Its kind and number, such as `mass_1`."""
        return "_".join((*self.kinds, str(self.number)))

    @property
    def lesion_type(self) -> str:
        """Its `LESION_TYPE` lines as published, `;` between several."""
        return "; ".join(self.types)


def findings_of(data: bytes, path: str) -> tuple[Abnormality, ...]:
    """The abnormalities that a file lists; it may be packed with gzip.

    Args:
        data: the file's bytes.
        path: its path, for messages.

    Raises:
        Rejected: it is cut, a code or number is none, or it holds another number of abnormalities or outlines than it says.
    """
    lines = [line.split() for line in decoded(unpacked(data, MAX_BYTES, path)).split("\n")]
    lines = [words for words in lines if words]
    starts = [place for place, words in enumerate(lines) if words[0] == "ABNORMALITY"]
    total = _number(lines[0], path) if lines and lines[0][0] == "TOTAL_ABNORMALITIES" else None
    if total is None:
        raise Rejected(path, "it does not begin with TOTAL_ABNORMALITIES and their number.", "Fetch the file again.")
    if total != len(starts) or total > MAX_FINDINGS:
        raise Rejected(path, f"it announces {total} abnormalities and describes {len(starts)}.", "Fetch the file again.")
    return tuple(_finding(lines[start:end], path) for start, end in pairwise([*starts, len(lines)]))


def _finding(lines: list[list[str]], path: str) -> Abnormality:
    number = _number(lines[0], path)
    where = f"abnormality {number}"
    types: list[list[str]] = []
    boundaries: list[Array] = []
    cores: list[Array] = []
    numbers: dict[str, int | None] = {}
    pathology = None
    rest = iter(lines[1:])
    for words in rest:
        match words[0]:
            case "LESION_TYPE":
                types.append(words[1:])
            case "PATHOLOGY":
                pathology = " ".join(words[1:]).lower() or None
            case "ASSESSMENT" | "SUBTLETY" | "TOTAL_OUTLINES" as name:
                numbers[name] = _number(words, path)
            case "BOUNDARY" | "CORE" as name:
                chain = words[1:]
                while "#" not in chain and (more := next(rest, None)) is not None:
                    chain += more
                (boundaries if name == "BOUNDARY" else cores).append(_pixels(chain, where, path))
    if len(boundaries) != 1 or numbers.get("TOTAL_OUTLINES") != 1 + len(cores):
        announced = numbers.get("TOTAL_OUTLINES")
        found = f"{len(boundaries)} BOUNDARY and {len(cores)} CORE"
        raise Rejected(path, f"{where} announces {announced} outlines and has {found}; one BOUNDARY expected.", "Fetch the file again.")
    kinds = tuple(dict.fromkeys(words[0].lower() for words in types if words))
    return Abnormality(
        number or 0,
        kinds,
        tuple(" ".join(words) for words in types),
        numbers.get("ASSESSMENT"),
        numbers.get("SUBTLETY"),
        pathology,
        boundaries[0],
        tuple(cores),
    )


def _number(words: list[str], path: str) -> int | None:
    """The number after a keyword; None where there is no word."""
    if len(words) < 2:
        return None
    if not _WHOLE.fullmatch(words[1]):
        raise Rejected(path, f"{words[0]} is {words[1][:20]!r}; a whole number expected.")
    return int(words[1])


def _pixels(chain: list[str], where: str, path: str) -> Array:
    """The pixels of a chain: (pixels, 2), column and row."""
    if "#" not in chain:
        raise Rejected(path, f"an outline of {where} breaks off: its end mark # is missing.", "Fetch the file again.")
    words = chain[: chain.index("#")]
    if len(words) < 2 or not all(map(_WHOLE.fullmatch, words[:2])):
        raise Rejected(path, f"an outline of {where} does not begin with the column and row of a pixel.", "Fetch the file again.")
    if strange := next((word for word in words[2:] if len(word) != 1 or word not in "01234567"), None):
        raise Rejected(path, f"an outline of {where} holds the code {strange[:20]!r}; 0 to 7 expected.", "Fetch the file again.")
    if len(words) > MAX_STEPS:
        raise Rejected(path, f"an outline of {where} has {len(words)} steps; at most {MAX_STEPS} are read.")
    steps = _STEPS[np.array([int(word) for word in words[2:]], np.intp)]
    return np.cumsum(np.vstack([[int(words[0]), int(words[1])], steps]), axis=0)


def area(pixels: Array, height: int, width: int, path: str) -> NDArray[np.bool_]:
    """The pixels of a picture that an outline encloses, its own among them, by the rule above.

    Args:
        pixels: (pixels, 2): column and row.
        height: of the picture.
        width: of the picture.
        path: the file, for messages.

    Raises:
        Rejected: the outline leaves the picture by more than one pixel.
    """
    (left, top), (right, low) = pixels.min(axis=0).tolist(), pixels.max(axis=0).tolist()
    if min(left, top) < -1 or right > width or low > height:
        raise Rejected(
            path,
            f"an outline spans columns {left}..{right}, rows {top}..{low}; its picture has {width} x {height} pixels.",
            "Keep pictures and outlines together as the owner publishes them.",
        )
    inside = fill(pixels.astype(np.float64), height, width)
    seen = pixels[((pixels >= 0) & (pixels < (width, height))).all(axis=1)]
    inside[seen[:, 1], seen[:, 0]] = True
    return inside


@dataclass(frozen=True)
class ChainFile:
    """A file of outlines, and what its parts share."""

    file: RawFile

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def findings(self, reader: Reader) -> tuple[Abnormality, ...]:
        """See `findings_of`."""
        found: tuple[Abnormality, ...] = reader.once(
            (ChainFile, self.file.path), lambda: findings_of(reader.read(self.file), self.file.path)
        )
        return found

    def areas(self, reader: Reader, shape: Shape) -> list[NDArray[np.bool_]]:
        """The area inside the boundary of each abnormality."""
        found: list[NDArray[np.bool_]] = reader.once(
            (area, self.file.path, shape),
            lambda: [area(finding.boundary, *shape[1:], self.file.path) for finding in self.findings(reader)],
        )
        return found


@dataclass(frozen=True)
class Chains(ChainFile, Labels):
    """The areas inside the boundaries, each in the class of its kind; of several kinds, and where areas overlap, the higher class wins.

    Attributes:
        classes: kind -> class index.
    """

    classes: Mapping[str, int]

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`. A kind that is no class rejects the case."""
        result = np.zeros(shape, np.uint8)
        for finding, inside in zip(self.findings(reader), self.areas(reader, shape), strict=True):
            if not finding.kinds or not self.classes.keys() >= set(finding.kinds):
                kinds = ", ".join(finding.kinds) or "no kind"
                raise Rejected(self.file.path, f"abnormality {finding.number} is of {kinds}; {', '.join(self.classes)} expected.")
            index = max(self.classes[kind] for kind in finding.kinds)
            result[0][inside] = np.maximum(result[0][inside], np.uint8(index))
        return result


@dataclass(frozen=True)
class ChainMasks(ChainFile, Cell):
    """A `masks` column: the area of each abnormality, in the order of the file."""

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        return [[inside.astype(np.uint8) for inside in self.areas(reader, shape)]]


@dataclass(frozen=True)
class ChainOverlap(ChainFile, Cell):
    """A `mask_overlap` column: whether any two abnormalities claim the same pixel."""

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        return [bool(sum((inside.astype(np.uint16) for inside in self.areas(reader, shape)), np.zeros(shape[1:], np.uint16)).max() > 1)]


@dataclass(frozen=True)
class ChainCores(ChainFile, Cell):
    """The areas inside the cores as one mask of 0 and 1; null where the file has none."""

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        cores = [area(core, *shape[1:], self.file.path) for finding in self.findings(reader) for core in finding.cores]
        return [np.logical_or.reduce(cores).astype(np.uint8) if cores else None]


@dataclass(frozen=True)
class ChainFacts(ChainFile, Cell):
    """A column with one attribute of every `Abnormality`.

    Attributes:
        attribute: its name.
    """

    attribute: str

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        return [[getattr(finding, self.attribute) for finding in self.findings(reader)]]
