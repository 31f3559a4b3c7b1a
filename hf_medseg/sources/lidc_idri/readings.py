"""LIDC: outlines of lung nodules by several readers, as the XML beside a CT series holds them.

The rules, which are those of pylidc 0.2.3 (https://github.com/notmatthancock/pylidc): an outline runs just outside its nodule, so its own
pixels do not belong to it; an outline with `inclusion` FALSE takes away what it encloses and itself. Outlines by different readers are the
same nodule where they come nearer to each other than the slices are thick; if that joins more than four, the distance is lowered until it
does not. A voxel is agreed on where at least half of a nodule's outlines hold it.
"""

from __future__ import annotations

import hashlib
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hf_medseg.dataset.columns import INT8, INT32, TEXT, Column, ListOf, Record
from hf_medseg.errors import Rejected
from hf_medseg.formats import dicom_header
from hf_medseg.formats.dicom import DicomSeries
from hf_medseg.formats.dicom_header import Header
from hf_medseg.formats.volume import Samples
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.labels import LabelMap, Labels, Shape
from hf_medseg.masks.polygons import fill
from hf_medseg.raw.files import Head, RawFile, Reader, Whole

Points = NDArray[np.int64]

RATINGS = {
    "subtlety": "subtlety",
    "internalStructure": "internal_structure",
    "calcification": "calcification",
    "sphericity": "sphericity",
    "margin": "margin",
    "lobulation": "lobulation",
    "spiculation": "spiculation",
    "texture": "texture",
    "malignancy": "malignancy",
}
"""The ratings, as the XML and as columns name them."""

NODULES: Column = ListOf(
    Record({"nodule_id": INT32, "n_readers": INT32, "readers": ListOf(TEXT), **dict.fromkeys(RATINGS.values(), ListOf(INT8))})
)
"""A `nodules` column: the value of each rating by each outline of a nodule, in the order of `readers`."""

_ROOT = re.compile(rb"<(?:\w+:)?(LidcReadMessage|IdriReadMessage)\b")
_SERIES = re.compile(rb"<(?:\w+:)?SeriesInstanceUid>\s*([0-9.]{1,80})\s*<", re.IGNORECASE)
_MOST_OUTLINES = 4  # readers of a series
_LOWER, _LOWEST = 0.9, 0.1


@dataclass(frozen=True, slots=True)
class XmlHead:
    """What planning knows of one XML.

    Attributes:
        kind: what was read: a CT series, or a chest radiograph.
        series_uid: SeriesInstanceUID of the images.
        readers: number of reading sessions.
        digest: SHA-256 of the file, for telling copies from corrections.
    """

    kind: Literal["ct", "radiograph"]
    series_uid: str
    readers: int
    digest: str


def look(data: bytes, path: str) -> XmlHead | Header | None:
    """What a survey sees of an XML or DICOM file; None if it is neither a reading nor DICOM.

    Raises:
        Rejected: it is a reading that does not say of which series, or a damaged DICOM file.
        Whole: the first bytes are not enough.
    """
    if not path.lower().endswith(".xml"):
        return dicom_header.look(data, path)
    if isinstance(data, Head):
        raise Whole
    root = _ROOT.search(data)
    if root is None:
        return None
    series = _SERIES.search(data)
    if series is None:
        raise Rejected(path, "a reading without SeriesInstanceUid; it cannot be joined to its images.")
    kind: Literal["ct", "radiograph"] = "ct" if root[1] == b"LidcReadMessage" else "radiograph"
    return XmlHead(kind, series[1].decode(), len(re.findall(rb"<(?:\w+:)?readingSession>", data)), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class Outline:
    """What one reader drew of one nodule.

    Attributes:
        reader: number of the reading session from 1: an order without meaning, readers are anonymous and differ from series to series.
        ratings: by name as in the XML; None where the reader gave none.
        regions: (SOPInstanceUID, whether it adds or takes away, (points, 2) x and y) of each closed line.
    """

    reader: int
    ratings: dict[str, int | None]
    regions: tuple[tuple[str, bool, Points], ...]


def outlines_of(data: bytes, path: str) -> list[Outline]:
    """The outlines of an XML in its order. Nodules under 3 mm and other findings, of which only a centre is marked, are left out.

    Raises:
        Rejected: the XML is damaged.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Rejected(path, "an XML that defines entities; a reading defines none.")
    try:
        root = ET.fromstring(data)
        sessions = [element for element in root if _name(element) == "readingSession"]
        return [outline for number, session in enumerate(sessions, 1) for outline in _outlines(session, number)]
    except (ET.ParseError, ValueError, LookupError, OverflowError) as error:
        raise Rejected(path, f"the XML is damaged or cut ({type(error).__name__}).", "Fetch it again.") from None


def _outlines(session: ET.Element, reader: int) -> Iterator[Outline]:
    for nodule in session:
        if _name(nodule) != "unblindedReadNodule":
            continue
        given = {_name(one): _whole(one.text) for block in nodule if _name(block) == "characteristics" for one in block}
        if given and not any(given.values()):
            continue  # a block of zeros or blanks stands beside the centre of a small nodule
        regions = tuple(region for roi in nodule if _name(roi) == "roi" for region in _region(roi))
        if regions:
            yield Outline(reader, {name: given.get(name) for name in RATINGS}, regions)


def _region(roi: ET.Element) -> Iterator[tuple[str, bool, Points]]:
    text = {_name(one): (one.text or "").strip() for one in roi}
    edges = [{_name(one): (one.text or "").strip() for one in edge} for edge in roi if _name(edge) == "edgeMap"]
    points = np.array([(int(edge["xCoord"]), int(edge["yCoord"])) for edge in edges], np.int64).reshape(-1, 2)
    if len(np.unique(points, axis=0)) > 2:  # one point alone marks a centre, or was set by accident; two enclose nothing
        yield text["imageSOP_UID"], text.get("inclusion", "TRUE").upper() != "FALSE", points


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _whole(text: str | None) -> int | None:
    value = int(text) if text and text.strip() else None
    if value is not None and not -128 <= value < 128:
        raise ValueError
    return value


@dataclass(frozen=True, slots=True)
class Nodule:
    """Outlines that are the same nodule, each with the voxels that it holds: slice -> (height, width)."""

    outlines: tuple[tuple[Outline, dict[int, NDArray[np.bool_]]], ...]

    @property
    def slices(self) -> set[int]:
        """The slices in which any reader outlined it."""
        return {number for _, drawn in self.outlines for number in drawn}

    def agreed(self, number: int) -> NDArray[np.bool_]:
        """The pixels of a slice that at least half of the outlines hold."""
        votes = sum(drawn[number].astype(np.int16) for _, drawn in self.outlines if number in drawn)
        return np.asarray(2 * votes >= len(self.outlines))

    def record(self, number: int) -> dict[str, Any]:
        """Its entry in a `nodules` column."""
        outlines = [outline for outline, _ in self.outlines]
        return {
            "nodule_id": number,
            "n_readers": len({outline.reader for outline in outlines}),
            "readers": [f"reader_{outline.reader}" for outline in outlines],
            **{column: [outline.ratings[name] for outline in outlines] for name, column in RATINGS.items()},
        }


def nodules_of(outlines: list[Outline], samples: Samples, path: str) -> list[Nodule]:
    """Puts outlines on the slices of their series and joins those that are the same nodule, in the order of their first outlines.

    Raises:
        Rejected: an outline is on a slice that is not there, or leaves it.
    """
    slices = {sop: number for number, sop in enumerate(samples.columns["sop_instance_uid"])} | samples.columns["repeats"]
    _, height, width = samples.grid.shape
    drawn, lines = [], []
    for outline in outlines:
        masks: dict[int, NDArray[np.bool_]] = {}
        line = []
        # What takes away comes after all that adds.
        for sop, adds, points in sorted(outline.regions, key=lambda region: not region[1]):
            number = slices.get(sop)
            if number is None:
                raise Rejected(path, f"it outlines a nodule on the slice {sop}, which is not among the images.", "Fetch the series again.")
            x, y = _line(points).T
            if points.min() < 0 or x.max() >= width or y.max() >= height:
                raise Rejected(path, f"an outline leaves its slice of {width} x {height} pixels.", "Fetch the XML again.")
            mask = masks.setdefault(number, np.zeros((height, width), np.bool_))
            inside = fill(points.astype(np.float64), height, width)
            np.logical_or(mask, inside, out=mask) if adds else np.logical_and(mask, ~inside, out=mask)
            mask[y, x] = False
            line.append(np.column_stack([points, np.full(len(points), number)]))
        drawn.append(masks)
        lines.append(np.concatenate(line))
    thickness = samples.grid.slice_thickness or samples.grid.slice_spacing or 1.0
    groups = _joined(lines, thickness)
    return [Nodule(tuple((outlines[n], drawn[n]) for n in group)) for group in groups]


def _line(points: Points) -> Points:
    """Every pixel whose centre lies on a closed line: its points, and those between two that are no neighbours."""
    following = np.roll(points, -1, axis=0)
    between = [
        start + (end - start) // steps * step
        for start, end in zip(points, following, strict=True)
        for steps in [math.gcd(*(end - start).tolist())]
        for step in range(1, steps)
    ]
    return np.concatenate([points, between]) if between else points


def _joined(lines: list[Points], near: float) -> list[list[int]]:
    """Numbers of the outlines that are the same nodule; `near` counts in pixels and slices, as pylidc has it."""
    distances = np.zeros((len(lines), len(lines)))
    for one in range(len(lines)):
        for other in range(one):
            distances[one, other] = distances[other, one] = _distance(lines[one], lines[other], near)
    while True:
        groups = _components(distances <= near)
        if max(map(len, groups), default=0) <= _MOST_OUTLINES or near * _LOWER < _LOWEST:
            return groups
        near *= _LOWER


def _distance(one: Points, other: Points, near: float) -> float:
    """The least distance between the points of two lines; infinite where it is certainly not near."""
    apart = np.maximum(one.min(axis=0) - other.max(axis=0), other.min(axis=0) - one.max(axis=0))
    if apart.max() > near:
        return float("inf")
    return float(np.sqrt(min(((other - point) ** 2).sum(axis=1).min() for point in one)))


def _components(near: NDArray[np.bool_]) -> list[list[int]]:
    """Groups of what is connected, each and all in ascending order."""
    groups: list[list[int]] = []
    left = set(range(len(near)))
    while left:
        group, edge = set(), {min(left)}
        while edge:
            group |= edge
            edge = {int(n) for one in edge for n in np.flatnonzero(near[one])} - group
        groups.append(sorted(group))
        left -= group
    return groups


@dataclass(frozen=True)
class _Reading:
    """An XML and the series that was read.

    Attributes:
        file: the XML.
        image: the series.
    """

    file: RawFile
    image: DicomSeries = field(repr=False)

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def nodules(self, reader: Reader) -> list[Nodule]:
        """The nodules of the series, see `nodules_of`."""
        path = self.file.path

        def read() -> list[Nodule]:
            return nodules_of(outlines_of(reader.read(self.file), path), self.image.samples(reader), path)

        found: list[Nodule] = reader.once((_Reading, self.file), read)
        return found


@dataclass(frozen=True)
class Agreed(_Reading, Labels):
    """A `mask`: 1 where at least half of a nodule's outlines agree."""

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        result = np.zeros(shape, np.uint8)
        for nodule in self.nodules(reader):
            for number in nodule.slices:
                result[number][nodule.agreed(number)] = 1
        return result


@dataclass(frozen=True)
class ReadBy(_Reading, Labels):
    """What one reader outlined: all zero where nothing was.

    Attributes:
        reader: number of the reading session, from 1.
    """

    reader: int = 1

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        result = np.zeros(shape, np.uint8)
        for nodule in self.nodules(reader):
            for outline, drawn in nodule.outlines:
                if outline.reader == self.reader:
                    for number, mask in drawn.items():
                        result[number][mask] = 1
        return result


@dataclass(frozen=True)
class NoduleInstances(_Reading, Cell):
    """An `instances` column: the agreed nodules told apart, numbered in the order of the XML."""

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        result = np.zeros(shape, np.uint16)
        for k, nodule in enumerate(self.nodules(reader), 1):
            for number in nodule.slices:
                result[number][nodule.agreed(number)] = k
        return list(result)


@dataclass(frozen=True)
class NoduleList(_Reading, Cell):
    """A `nodules` column: for each slice the nodules that any reader outlined there, with their ratings."""

    def values(self, reader: Reader, shape: Shape) -> list[Any]:
        """See `Cell.values`."""
        found: list[list[dict[str, Any]]] = [[] for _ in range(shape[0])]
        for k, nodule in enumerate(self.nodules(reader), 1):
            record = nodule.record(k)
            for number in sorted(nodule.slices):
                found[number].append(record)
        return found
