"""DICOM SEG: every segment on the grid of the image that it was drawn on.

Frames are put where they say that they lie, one by one: they come in any order, for some slices only, cropped, or turned round along an
axis, and a stack need not be even. (highdicom reads the same files as whole volumes; the tests compare the two.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected
from hf_medseg.formats.dicom import DicomSeries, Frame, frames_of
from hf_medseg.formats.dicom_fields import guarded, items_of, library, open_dataset, text_of, vector_of, whole_of, words
from hf_medseg.formats.dicom_geometry import normal_of
from hf_medseg.formats.dicom_packing import make_readable
from hf_medseg.formats.volume import TOLERANCE, Samples
from hf_medseg.masks.labels import LabelMap, Labels, Shape
from hf_medseg.raw.files import RawFile, Reader

_READ = words(
    """
    SOPClassUID SOPInstanceUID FrameOfReferenceUID SamplesPerPixel PhotometricInterpretation NumberOfFrames Rows Columns BitsAllocated
    BitsStored HighBit PixelRepresentation SegmentationType MaximumFractionalValue SegmentSequence SharedFunctionalGroupsSequence
    PerFrameFunctionalGroupsSequence
    ExtendedOffsetTable ExtendedOffsetTableLengths PixelData
    """
)
# Grids agree that are nearer than this, in pixels and slices: headers round positions to some digits.
_NEAR = 0.05
_ADVICE = "Keep the segmentation beside the images that it was drawn on, as the archive publishes them."
# An image that a frame or contour was drawn on: its SOPInstanceUID, and numbers of its frames where it has many and not all are meant.
Source = tuple[str, tuple[int, ...]]


class DrawnElsewhere(Rejected):
    """A structure of an object of several series was drawn on the images of another one."""


def source_of(item: Any) -> Source:
    """The image that an item of a sequence refers to."""
    return text_of(item, "ReferencedSOPInstanceUID"), tuple(map(int, vector_of(item, "ReferencedFrameNumber") or ()))


def drawn_here(sources: Sequence[Sequence[Source]], samples: Samples) -> list[bool]:
    """Which frames or contours of an object belong to an image, by the images that they were drawn on.

    Those that name none do. Where no one names an image of the series, UIDs were changed on the way: all do.
    """
    own = {*samples.columns["sop_instance_uid"], *samples.columns["repeats"]}
    named = [any(sop in own for sop, _ in one) for one in sources]
    return [here or not one for here, one in zip(named, sources, strict=True)] if any(named) else [True] * len(named)


def check_space(space: str, samples: Samples, path: str) -> None:
    """Makes sure that positions mean the same for a mask and its image.

    Raises:
        Rejected: each names another frame of reference.
    """
    if space and samples.columns["spaces"] and space not in samples.columns["spaces"]:
        raise Rejected(path, "it lies in another frame of reference than its image, and nothing says how the two meet.", _ADVICE)


@dataclass(frozen=True)
class DicomSegment(Labels):
    """One segment of a DICOM SEG; the tag SegmentationType says how it is coded.

    BINARY: set bits. FRACTIONAL: from half of MaximumFractionalValue on. LABELMAP: pixels of the segment's number.

    Attributes:
        file: the SEG.
        number: SegmentNumber.
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
            Rejected: the SEG is damaged, or lies on a grid that does not fit its image's.
        """
        samples, path = self.image.samples(reader), self.file.path

        def tell(what: str) -> None:
            reader.note(path, what)

        seg: _Segmentation = reader.once((DicomSegment, self.file), lambda: _open(reader.read(self.file, keep=False), self.file.path))
        return guarded(path, lambda: seg.place(self.number, samples, tell) * np.uint8(self.to), "its frames cannot be decoded, or are cut")


@dataclass
class _Segmentation:
    """An opened SEG: what each frame says of itself; pixels are unpacked when they are asked for.

    Attributes:
        segments: number of the segment that each frame holds; empty for a label map.
        sources: the images that each frame was drawn on.
        half: from this value on a pixel is inside.
    """

    dataset: Any
    path: str
    frames: list[Frame]
    segments: list[int | None]
    sources: list[tuple[Source, ...]]
    half: float

    def place(self, number: int, samples: Samples, tell: Callable[[str], None]) -> LabelMap:
        """0 and 1 on the image's grid."""
        result = np.zeros(samples.grid.shape, np.uint8)
        chosen = [k for k, segment in enumerate(self.segments) if segment == number] if self.segments else list(range(len(self.frames)))
        here = drawn_here(self.sources, samples)
        if not all(here):
            tell(f"{here.count(False)} of its {len(here)} frames were drawn on other images, and are in no mask of these")
            if chosen and not any(here[k] for k in chosen):
                raise DrawnElsewhere(self.path, f"all frames of its segment {number} were drawn on other images", _ADVICE)
            chosen = [k for k in chosen if here[k]]
        first: dict[Any, int] = {}
        for k in chosen:
            pixels = self._frame(k)
            earlier = first.setdefault((self.frames[k].position, self.sources[k]), k)
            if earlier != k and not np.array_equal(self._frame(earlier), pixels):
                raise Rejected(
                    self.path, f"its frames {earlier + 1} and {k + 1} are of one segment and one place, and show different things.", _ADVICE
                )
            inside = pixels >= self.half if self.segments else pixels == number
            rows, columns = np.nonzero(inside)
            if rows.size:
                self._paint(result, k, rows, columns, samples)
        return result

    def _frame(self, k: int) -> NDArray[Any]:
        """The pixels of one frame."""
        header = self.dataset
        if header.BitsAllocated > 1 or header.file_meta.TransferSyntaxUID.is_compressed:
            found: NDArray[Any] = library().pixels.pixel_array(header, index=k)
            return found
        # One bit a pixel, frames not padded to bytes: pydicom 3.0 loses such frames when it is asked for one alone.
        size = header.Rows * header.Columns
        first, skipped = divmod(k * size, 8)
        packed = np.frombuffer(header.PixelData, np.uint8, -(-(skipped + size) // 8), first)
        return np.unpackbits(packed, count=skipped + size, bitorder="little")[skipped:].reshape(header.Rows, header.Columns)

    def _paint(self, result: LabelMap, k: int, rows: NDArray[Any], columns: NDArray[Any], samples: Samples) -> None:
        grid, frame = samples.grid, self.frames[k]
        if grid.affine is None or frame.position is None or frame.orientation is None or frame.spacing is None:
            slices = [number for number, one in enumerate(_slices(samples)) if any(_is_meant(*one, source) for source in self.sources[k])]
            if len(slices) != 1 or (self.dataset.Rows, self.dataset.Columns) != grid.shape[1:]:
                raise Rejected(self.path, f"its frame {k + 1} says neither where it lies nor which slice it was drawn on.", _ADVICE)
            result[slices[0], rows, columns] = 1
            return
        check_space(frame.space, samples, self.path)
        place, across, down = _on_image(frame, samples, self.path)
        x = place[0] + columns * across
        y = place[1] + rows * down
        if x.min() < 0 or y.min() < 0 or x.max() >= grid.shape[2] or y.max() >= grid.shape[1]:
            raise Rejected(self.path, f"its frame {k + 1} marks pixels outside the image.", _ADVICE)
        result[place[2], y, x] = 1


def _slices(samples: Samples) -> Iterator[tuple[str, int]]:
    """The SOPInstanceUID of every slice, and which frame of its file it is."""
    return zip(samples.columns["sop_instance_uid"], samples.columns["frame_number"], strict=True)


def _is_meant(sop: str, number: int, source: Source) -> bool:
    """Whether a frame was drawn on a slice; of an image of many frames, which all have its UID, on those that it names."""
    return sop == source[0] and (not number or not source[1] or number in source[1])


def _on_image(frame: Frame, samples: Samples, path: str) -> tuple[tuple[int, int, int], int, int]:
    """((column, row, slice) of the frame's first pixel on the image's grid, steps along columns and rows: 1 or -1)."""
    grid = samples.grid
    assert grid.pixel_spacing and grid.direction and frame.position and frame.orientation and frame.spacing
    across, down = np.array(grid.direction[:3]), np.array(grid.direction[3:])
    steps = []
    for mine, image in ((frame.orientation[:3], across), (frame.orientation[3:], down)):
        turn = 1 if np.dot(mine, image) > 0 else -1
        if not np.allclose(np.array(mine) * turn, image, rtol=0, atol=TOLERANCE):
            raise Rejected(path, "it lies in another plane than its image.", _ADVICE)
        steps.append(turn)
    if not np.allclose(frame.spacing, grid.pixel_spacing, rtol=TOLERANCE, atol=0):
        here, there = (" x ".join(f"{one:.5g}" for one in spacing) for spacing in (frame.spacing, grid.pixel_spacing))
        raise Rejected(path, f"its pixels measure {here} mm, those of its image {there} mm; masks are never resampled.", _ADVICE)
    normal = normal_of(grid.direction)
    heights = np.array(grid.positions) @ normal
    height = float(np.dot(frame.position, normal))
    number = int(np.argmin(np.abs(heights - height)))
    if abs(heights[number] - height) > _NEAR * (grid.slice_spacing or grid.slice_thickness or 1.0):
        raise Rejected(
            path, f"a frame at {height:.4g} mm, where its image has no slice (the nearest at {heights[number]:.4g} mm).", _ADVICE
        )
    offset = np.array(frame.position) - np.array(grid.positions[number])
    exact = np.array([np.dot(offset, across) / grid.pixel_spacing[1], np.dot(offset, down) / grid.pixel_spacing[0]])
    near = np.rint(exact)
    if np.abs(exact - near).max() > _NEAR:
        raise Rejected(path, "its pixels lie between those of its image; masks are never resampled.", _ADVICE)
    return (int(near[0]), int(near[1]), number), steps[0], steps[1]


def _open(data: bytes, path: str) -> _Segmentation:
    dataset = open_dataset(data, path, _READ)
    return guarded(path, lambda: _described(dataset, path), "its DICOM header is damaged")


def _described(dataset: Any, path: str) -> _Segmentation:
    make_readable(dataset, path)
    kind = text_of(dataset, "SegmentationType").upper()
    most = whole_of(dataset, "MaximumFractionalValue")
    if kind not in ("BINARY", "FRACTIONAL", "LABELMAP") or (kind == "FRACTIONAL" and not most):
        raise Rejected(path, "a segmentation that is neither BINARY, FRACTIONAL (with its MaximumFractionalValue) nor LABELMAP.", _ADVICE)
    count = whole_of(dataset, "NumberOfFrames") or 1
    frames = frames_of(dataset, path, count)
    groups = [*items_of(dataset, "PerFrameFunctionalGroupsSequence")] or [None] * count
    shared = items_of(dataset, "SharedFunctionalGroupsSequence")
    segments, sources = [], []
    for group in groups:
        both = [one for one in (group, *shared) if one is not None]
        numbers = [whole_of(item, "ReferencedSegmentNumber") for one in both for item in items_of(one, "SegmentIdentificationSequence")]
        segments.append(numbers[0] if numbers else None)
        sources.append(
            tuple(
                source_of(image)
                for one in both
                for item in items_of(one, "DerivationImageSequence")
                for image in items_of(item, "SourceImageSequence")
            )
        )
    if kind != "LABELMAP" and None in segments:
        raise Rejected(path, "some of its frames do not say which segment they hold.", _ADVICE)
    numbers = [whole_of(one, "SegmentNumber") for one in items_of(dataset, "SegmentSequence")]
    if len(described := set(numbers)) < len(numbers):
        raise Rejected(path, "two of its segments have the same number, so that nobody knows whose a frame is.", _ADVICE)
    if strange := sorted(number for number in {*segments} - described if number is not None):
        raise Rejected(path, f"a frame of it is of segment {strange[0]}, which it does not describe.", _ADVICE)
    return _Segmentation(
        dataset, path, frames, [] if kind == "LABELMAP" else segments, sources, (most or 0) / 2 if kind == "FRACTIONAL" else 1
    )
