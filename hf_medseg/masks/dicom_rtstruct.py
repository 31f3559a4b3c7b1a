"""DICOM RTSTRUCT: closed contours in patient coordinates, painted on the grid of the image that they were drawn on.

The rule, for the contours of one structure on one slice: one that repeats another counts once; one that lies within another is a hole in
it (and one within the hole an island); the rest are united, whether they overlap or not. A contour whose own line turns back, such as a
keyhole, holds a pixel where the pixel's centre lies inside by the even-odd rule; centres on a contour: see `hf_medseg.masks.polygons`.
Structures of CLOSEDPLANAR_XOR contours hold the centres that lie inside an odd number of them, as the standard has it. Slices between
contours hold nothing; contours beyond the image's first or last slice, and what lies beside its pixels, are cut off.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected
from hf_medseg.formats.dicom import DicomSeries
from hf_medseg.formats.dicom_fields import guarded, items_of, open_dataset, text_of, whole_of, words
from hf_medseg.formats.dicom_geometry import normal_of
from hf_medseg.formats.volume import Grid, Samples
from hf_medseg.masks.dicom_seg import DrawnElsewhere, Source, check_space, drawn_here, source_of
from hf_medseg.masks.labels import LabelMap, Labels, Shape
from hf_medseg.masks.polygons import fill
from hf_medseg.raw.files import RawFile, Reader

Points = NDArray[np.float64]
Area = NDArray[np.bool_]
Tell = Callable[[str], None]

_READ = words("SOPClassUID SOPInstanceUID StructureSetROISequence ROIContourSequence")
# How far a contour may lie from its slice, in slice distances: planning systems round, but do not draw between slices.
_NEAR = 0.25
# So near, in pixels, two lines are one: points are written with few digits.
_SAME = 0.05
# How close the points lie, in pixels, by which a line is held against another one; and how many there are at most.
_STEP, _MOST = 0.25, 4096
_ADVICE = "Keep the contours beside the images that they were drawn on, as the archive publishes them."


@dataclass(frozen=True)
class RtStructure(Labels):
    """One structure of an RTSTRUCT.

    Attributes:
        file: the RTSTRUCT.
        number: ROINumber.
        image: the series that it was drawn on.
        to: the class of its pixels.
        name: ROIName, for messages.
    """

    file: RawFile
    number: int
    image: DicomSeries = field(repr=False)
    to: int = 1
    name: str = ""

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`. What is cut off or encloses nothing is noted.

        Raises:
            Rejected: the RTSTRUCT is damaged, a contour lies between slices, or none lies on the image.
        """
        samples = self.image.samples(reader)
        rois = reader.once((RtStructure, self.file), lambda: rois_of(reader.read(self.file, keep=False), self.file.path))
        roi = rois.get(self.number, Roi())
        called = f"the structure {self.name!r}" if self.name else f"structure {self.number}"

        def tell(what: str) -> None:
            reader.notes.append((self.file.path, f"{called}: {what}"))

        for kind, count in sorted(roi.open.items()):
            tell(f"{count} {'contour' if count == 1 else 'contours'} {kind} left out; nothing is enclosed")
        here = drawn_here([*roi.images, *(one for other in rois.values() for one in other.images)], samples)[: len(roi.images)]
        if here and not any(here):
            raise DrawnElsewhere(self.file.path, f"{called} was drawn on other images, and is in no mask of these", _ADVICE)
        try:
            if roi.twice:
                raise Rejected(self.file.path, "another structure has the same number, so that nobody knows whose a contour is.", _ADVICE)
            check_space(roi.space, samples, self.file.path)
            return painted(roi.contours, samples, self.file.path, exclusive=roi.exclusive, tell=tell, here=here) * np.uint8(self.to)
        except Rejected as error:
            raise Rejected(error.file, f"{called} cannot be painted: {error.expected}", error.advice) from None


@dataclass
class Roi:
    """The contours of one structure.

    Attributes:
        contours: the closed ones, (points, 3) in LPS mm.
        images: those that each of them was drawn on, as far as it names them.
        exclusive: whether they are CLOSEDPLANAR_XOR.
        open: what encloses nothing, but for single points that mark places: how many contours of each kind.
        space: the frame of reference of its points, as far as it is named.
        twice: whether another structure has its number.
    """

    contours: list[Points] = field(default_factory=list)
    images: list[tuple[Source, ...]] = field(default_factory=list)
    exclusive: bool = False
    open: Counter[str] = field(default_factory=Counter)
    space: str = ""
    twice: bool = False


def rois_of(data: bytes, path: str) -> dict[int, Roi]:
    """The structures of an RTSTRUCT by their ROINumber.

    Raises:
        Rejected: the file is damaged.
    """
    dataset = open_dataset(data, path, _READ)
    return guarded(path, lambda: _rois(dataset, path), "its contours cannot be read")


def _rois(dataset: Any, path: str) -> dict[int, Roi]:
    found: dict[int, Roi] = {}
    for item in items_of(dataset, "StructureSetROISequence"):
        number = whole_of(item, "ROINumber") or 0
        found[number] = Roi(space=text_of(item, "ReferencedFrameOfReferenceUID"), twice=number in found)
    for item in items_of(dataset, "ROIContourSequence"):
        roi = found.setdefault(whole_of(item, "ReferencedROINumber") or 0, Roi())
        for contour in items_of(item, "ContourSequence"):
            _add(roi, contour, path)
    return found


def _add(roi: Roi, contour: Any, path: str) -> None:
    """Adds one contour to its structure."""
    kind = text_of(contour, "ContourGeometricType").upper()
    if kind == "POINT":
        return
    if not kind.startswith("CLOSED"):
        roi.open[f"of the kind {kind if kind in ('OPEN_PLANAR', 'OPEN_NONPLANAR') else 'that no standard names'}"] += 1
        return
    numbers = np.array([float(one) for one in items_of(contour, "ContourData")], np.float64)
    if numbers.size % 3 or not np.isfinite(numbers).all():
        raise Rejected(path, "a contour whose points are not three finite numbers each.", _ADVICE)
    points = numbers.reshape(-1, 3)
    if len(np.unique(points, axis=0)) < 3:
        roi.open["of fewer than three points"] += 1
        return
    roi.contours.append(points)
    roi.images.append(tuple(map(source_of, items_of(contour, "ContourImageSequence"))))
    roi.exclusive = roi.exclusive or kind == "CLOSEDPLANAR_XOR"


def _untold(_: str) -> None:
    """For callers whom what is cut off does not concern."""


def painted(
    contours: Sequence[Points],
    samples: Samples,
    path: str,
    *,
    exclusive: bool = False,
    tell: Tell = _untold,
    here: Sequence[bool] = (),
) -> LabelMap:
    """0 and 1 on the image's grid, by the rule above.

    Args:
        contours: of one structure, (points, 3) in LPS mm.
        samples: the image.
        path: the RTSTRUCT, for messages.
        exclusive: whether they are CLOSEDPLANAR_XOR.
        tell: is told what was cut off.
        here: which of them were drawn on this image, see `drawn_here`; all where nothing is given.

    Raises:
        Rejected: a contour lies between slices, or none lies on the image.
    """
    grid = samples.grid
    result = np.zeros(grid.shape, np.uint8)
    if not contours:
        return result
    slices = _on_slices(contours, here or [True] * len(contours), grid, path, tell)
    for number, outlines in slices.items():
        result[number] = odd(outlines, *grid.shape[1:]) if exclusive else united(outlines, *grid.shape[1:])
    return result


def _on_slices(contours: Sequence[Points], here: Sequence[bool], grid: Grid, path: str, tell: Tell) -> dict[int, list[Points]]:
    """The contours of every slice in pixels of the image, (points, 2): x and y."""
    if not grid.positions or not grid.direction or not grid.pixel_spacing:
        raise Rejected(path, "its contours are in patient coordinates, and its image does not say where it lies.", _ADVICE)
    across, down, normal = np.array(grid.direction[:3]), np.array(grid.direction[3:]), normal_of(grid.direction)
    heights = np.array(grid.positions) @ normal
    near = _NEAR * (grid.slice_spacing or grid.slice_thickness or 1.0)
    slices: dict[int, list[Points]] = {}
    beyond: list[float] = []
    beside = cut = elsewhere = 0
    for contour, mine in zip(contours, here, strict=True):
        own = contour @ normal
        number = int(np.argmin(np.abs(heights - np.median(own))))
        if np.abs(own - heights[number]).max() > near:
            if own.max() < heights[0] or own.min() > heights[-1]:
                beyond.append(float(np.median(own)))
                continue
            if mine:
                raise Rejected(
                    path,
                    f"a contour at {own.min():.5g}..{own.max():.5g} mm, where its image has no slice (nearest: {heights[number]:.5g} mm).",
                    _ADVICE,
                )
        if not mine:
            elsewhere += 1
            continue
        offset = contour - np.array(grid.positions[number])
        # Ten digits: what the sums lose must not decide on which side of a pixel's centre a contour runs.
        x, y = np.round(offset @ across / grid.pixel_spacing[1], 10), np.round(offset @ down / grid.pixel_spacing[0], 10)
        if x.max() <= -0.5 or y.max() <= -0.5 or x.min() >= grid.shape[2] - 0.5 or y.min() >= grid.shape[1] - 0.5:
            beside += 1
            continue
        cut += bool(min(x.min(), y.min()) <= -1 or x.max() >= grid.shape[2] or y.max() >= grid.shape[1])
        slices.setdefault(number, []).append(np.stack([x, y], axis=1))
    whole = f"{len(contours)} {'contour' if len(contours) == 1 else 'contours'}"
    if not slices:
        where = f" at {min(beyond):.5g}..{max(beyond):.5g} mm, where its image has no slice" if beyond else " that leaves the image"
        raise Rejected(path, f"none of its {whole} lies on the image: a contour{where}.", _ADVICE)
    if beyond:
        tell(
            f"{len(beyond)} of {whole} lie beyond the first or last slice of the image, at {min(beyond):.5g}..{max(beyond):.5g} mm: cut off"
        )
    if elsewhere:
        tell(f"{elsewhere} of {whole} were drawn on other images, and are in no mask of these")
    if cut + beside:
        tell(f"{cut + beside} of {whole} leave the image: what lies beside its pixels is cut off")
    return slices


def odd(outlines: Sequence[Points], height: int, width: int) -> Area:
    """The pixels whose centres lie inside an odd number of outlines."""
    area = np.zeros((height, width), np.bool_)
    for outline in outlines:
        area ^= fill(outline, height, width)
    return area


def united(outlines: Sequence[Points], height: int, width: int) -> Area:
    """The pixels of one structure on one slice: repeated outlines count once, nested ones are holes, the rest are united.

    Args:
        outlines: (points, 2): x and y, in pixels.
        height: of the slice.
        width: of the slice.
    """
    found: list[Points] = []
    holders: list[set[int]] = []  # for every outline, those that it lies within
    for outline in map(_once_round, outlines):
        within = {k for k, other in enumerate(found) if _lies_within(outline, other)}
        around = {k for k, other in enumerate(found) if _lies_within(other, outline)}
        if within & around:
            continue
        for k in around:
            holders[k].add(len(found))
        found.append(outline)
        holders.append(within)
    result = np.zeros((height, width), np.bool_)
    inner: dict[int, Area] = {}
    # From the innermost to the outermost: what an outline holds is known when those around it are painted.
    for k in sorted(range(len(found)), key=lambda k: -len(holders[k])):
        area = fill(found[k], height, width)
        held = {one for one in inner if k in holders[one]}
        for one in held:
            if holders[one].isdisjoint(held):
                area &= ~inner[one]
        if holders[k]:
            inner[k] = area
        else:
            result |= area
    return result


def _once_round(outline: Points) -> Points:
    """An outline without points that repeat the one before, and once round where its points go round twice."""
    kept = outline[np.any(outline != np.roll(outline, 1, axis=0), axis=1)]
    half, rest = divmod(len(kept), 2)
    return kept[:half] if not rest and np.array_equal(kept[:half], kept[half:]) else kept


def _lies_within(inner: Points, outer: Points) -> bool:
    """Whether an outline leaves the area of another one nowhere, but for what rounding does."""
    if np.any(inner.min(axis=0) < outer.min(axis=0) - _SAME) or np.any(inner.max(axis=0) > outer.max(axis=0) + _SAME):
        return False
    line = _dense(inner)
    return all(_holds(outer, line[start : start + 256]) for start in range(0, len(line), 256))


def _dense(outline: Points) -> Points:
    """The points of an outline, and more of them along its edges."""
    edges = np.roll(outline, -1, axis=0) - outline
    length = float(np.hypot(*edges.T).sum())
    step = max(_STEP, length / _MOST)
    pieces = [start + edge * (np.arange(count) / count)[:, np.newaxis] for start, edge, count in _pieces(outline, edges, step)]
    return np.concatenate([outline[:: max(1, len(outline) // _MOST)], *pieces])


def _pieces(outline: Points, edges: Points, step: float) -> list[tuple[Points, Points, int]]:
    """The edges that are longer than a step, with the number of pieces they are cut into."""
    lengths = np.hypot(*edges.T)
    return [(outline[k], edges[k], math.ceil(lengths[k] / step)) for k in np.flatnonzero(lengths > step).tolist()]


def _holds(outline: Points, points: Points) -> bool:
    """Whether every point is inside an outline, or as good as on it."""
    a, b = outline, np.roll(outline, -1, axis=0)
    x, y = points[:, :1], points[:, 1:]
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = x < a[:, 0] + (y - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1])
    outside = np.count_nonzero(crosses & left, axis=1) % 2 == 0
    if not outside.any():
        return True
    x, y = x[outside], y[outside]
    edge = b - a
    along = ((x - a[:, 0]) * edge[:, 0] + (y - a[:, 1]) * edge[:, 1]) / np.maximum((edge**2).sum(axis=1), 1e-12)
    along = np.clip(along, 0.0, 1.0)
    away = np.hypot(x - a[:, 0] - along * edge[:, 0], y - a[:, 1] - along * edge[:, 1])
    return bool((away.min(axis=1) <= _SAME).all())
