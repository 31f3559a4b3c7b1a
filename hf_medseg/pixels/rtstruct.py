"""DICOM RTSTRUCT: closed contours in patient coordinates, painted on the grid of the image that they were drawn on.

The rule: a pixel belongs to a structure where its centre lies inside an odd number of the structure's contours of that slice, so an inner
ring is a hole, whether it is a contour of its own or joined to the outer one by a keyhole. Centres on a contour: see
`hf_medseg.pixels.polygons`. Slices between contours hold nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected
from hf_medseg.pixels.dicom import DicomSeries
from hf_medseg.pixels.dicom_headers import guarded, items_of, normal_of, open_dataset, text_of, whole_of, words
from hf_medseg.pixels.masks import LabelMap, Labels, Shape
from hf_medseg.pixels.polygons import fill
from hf_medseg.pixels.volume import Samples
from hf_medseg.raw.files import RawFile, Reader

Points = NDArray[np.float64]

_READ = words("SOPClassUID SOPInstanceUID ROIContourSequence")
# How far a contour may lie from its slice, in slice distances: planning systems round, but do not draw between slices.
_NEAR = 0.25
_ADVICE = "Keep the contours beside the images that they were drawn on, as the archive publishes them."


@dataclass(frozen=True)
class RtStructure(Labels):
    """One structure of an RTSTRUCT.

    Attributes:
        file: the RTSTRUCT.
        number: ROINumber.
        image: the series that it was drawn on.
        to: the class of its pixels.
    """

    file: RawFile
    number: int
    image: DicomSeries = field(repr=False)
    to: int = 1

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`.

        Raises:
            Rejected: the RTSTRUCT is damaged, or a contour lies at no slice or leaves the image.
        """
        samples = self.image.samples(reader)
        contours = reader.once((RtStructure, self.file), lambda: contours_of(reader.read(self.file, keep=False), self.file.path))
        return painted(contours.get(self.number, []), samples, self.file.path) * np.uint8(self.to)


def contours_of(data: bytes, path: str) -> dict[int, list[Points]]:
    """The closed contours of every structure by its ROINumber, (points, 3) in LPS mm; what encloses nothing (points, lines) is left out.

    Raises:
        Rejected: the file is damaged.
    """
    dataset = open_dataset(data, path, _READ)
    return guarded(path, lambda: _contours(dataset, path), "its contours cannot be read")


def _contours(dataset: Any, path: str) -> dict[int, list[Points]]:
    found: dict[int, list[Points]] = {}
    for roi in items_of(dataset, "ROIContourSequence"):
        contours = found.setdefault(whole_of(roi, "ReferencedROINumber") or 0, [])
        for item in items_of(roi, "ContourSequence"):
            numbers = np.array([float(one) for one in items_of(item, "ContourData")], np.float64)
            if not text_of(item, "ContourGeometricType").startswith("CLOSED"):
                continue
            if numbers.size % 3 or not np.isfinite(numbers).all():
                raise Rejected(path, "a contour whose points are not three finite numbers each.", _ADVICE)
            if len(points := numbers.reshape(-1, 3)) > 2:
                contours.append(points)
    return found


def painted(contours: list[Points], samples: Samples, path: str) -> LabelMap:
    """0 and 1 on the image's grid.

    Raises:
        Rejected: a contour lies at no slice or leaves the image.
    """
    grid = samples.grid
    result = np.zeros(grid.shape, np.uint8)
    if not contours:
        return result
    if not grid.positions or not grid.direction or not grid.pixel_spacing:
        raise Rejected(path, "its contours are in patient coordinates, and its image does not say where it lies.", _ADVICE)
    across, down, normal = np.array(grid.direction[:3]), np.array(grid.direction[3:]), normal_of(grid.direction)
    heights = np.array(grid.positions) @ normal
    near = _NEAR * (grid.slice_spacing or grid.slice_thickness or 1.0)
    for contour in contours:
        own = contour @ normal
        number = int(np.argmin(np.abs(heights - np.median(own))))
        if np.abs(own - heights[number]).max() > near:
            raise Rejected(
                path,
                f"a contour at {own.min():.5g}..{own.max():.5g} mm, where its image has no slice (nearest: {heights[number]:.5g} mm).",
                _ADVICE,
            )
        offset = contour - np.array(grid.positions[number])
        # Ten digits: what the sums lose must not decide on which side of a pixel's centre a contour runs.
        x, y = np.round(offset @ across / grid.pixel_spacing[1], 10), np.round(offset @ down / grid.pixel_spacing[0], 10)
        if min(x.min(), y.min()) <= -1 or x.max() >= grid.shape[2] or y.max() >= grid.shape[1]:
            raise Rejected(
                path,
                f"a contour that leaves the image: x {x.min():.1f}..{x.max():.1f}, y {y.min():.1f}..{y.max():.1f}"
                f" of {grid.shape[2]} x {grid.shape[1]} pixels.",
                _ADVICE,
            )
        result[number] ^= fill(np.stack([x, y], axis=1), grid.shape[1], grid.shape[2])
    return result
