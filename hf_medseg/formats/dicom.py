"""DICOM pixels: series sorted and checked, samples as the files hold them.

`DicomSeries(files)` is a `VolumeImage`, `DicomPicture(file)` one that is a picture in its own right; both can also be what a mask is read
from, as in `Threshold(DicomSeries(files), above=0)`. How planning finds the files of a series: `hf_medseg.formats.dicom_series`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected
from hf_medseg.formats import tiff
from hf_medseg.formats.dicom_fields import guarded, items_of, library, number_of, open_dataset, text_of, vector_of, whole_of, words
from hf_medseg.formats.dicom_geometry import PLANES, Vector, along_normal, is_plane, letters_of
from hf_medseg.formats.dicom_packing import make_readable
from hf_medseg.formats.volume import TOLERANCE, Grid, Samples, VolumeImage, stored_samples
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.order import natural

Array = NDArray[Any]

SPACES = "its slices name several frames of reference, of which nobody says how they lie to each other: they are stacked by their positions"
UNMEASURED = "it states sizes of pixels or slices that are not above 0; they are left out"
TABLED = "its header gives a table for what samples mean (Modality LUT), which no slope and intercept say: they are stored as they are"
REPEATED = "frames of it that repeat others pixel for pixel at their places are left out"
_DECODED = words(
    """
    SpecificCharacterSet SOPClassUID SOPInstanceUID EchoTime TriggerTime SliceThickness InstanceNumber ImagePositionPatient
    ImageOrientationPatient ModalityLUTSequence FrameOfReferenceUID SliceLocation PixelSpacing SamplesPerPixel
    PhotometricInterpretation PlanarConfiguration NumberOfFrames Rows Columns BitsAllocated BitsStored HighBit PixelRepresentation
    BurnedInAnnotation RescaleSlope RescaleIntercept SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence
    RedPaletteColorLookupTableDescriptor GreenPaletteColorLookupTableDescriptor BluePaletteColorLookupTableDescriptor
    RedPaletteColorLookupTableData GreenPaletteColorLookupTableData BluePaletteColorLookupTableData
    SegmentedRedPaletteColorLookupTableData SegmentedGreenPaletteColorLookupTableData SegmentedBluePaletteColorLookupTableData
    ExtendedOffsetTable ExtendedOffsetTableLengths FloatPixelData DoubleFloatPixelData PixelData
    """
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What one slice says of itself.

    Attributes:
        space: its frame of reference.
        number: which frame of its file it is, from 1; 0 in a file of one.
        scaled: whether it states slope or intercept.
    """

    file: str
    sop_uid: str
    position: Vector | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, float] | None
    thickness: float | None
    location: float | None
    instance: int | None
    slope: float
    intercept: float
    trigger_time: float | None = None
    echo_time: float | None = None
    space: str = ""
    number: int = 0
    scaled: bool = False

    @property
    def called(self) -> str:
        """The file, and which frame of it where it holds several."""
        return f"frame {self.number} of {self.file}" if self.number else self.file


@dataclass(frozen=True)
class DicomSeries(VolumeImage):
    """One image series: any number of files of one or many frames.

    Rows and columns stay as they are; slices ascend along the LPS axis nearest to their normal. Without positions they are in the order
    of SliceLocation, else of InstanceNumber; the column `order_source` says which. Further columns: `sop_instance_uid`,
    `instance_number`, `trigger_time`, `echo_time`, and, where they differ from slice to slice, `rescale_slope` and
    `rescale_intercept`; `repeats` gives for the SOPInstanceUID of every slice that was left out as a repetition the place of its like,
    `frame_number` the frame (from 1) that a slice is of a file of many, else 0, and `spaces` the frames of reference.

    Attributes:
        slices: the files.
        uneven: accepts slices at uneven distances as long as their InstanceNumbers run on; else a series with a gap is rejected.
    """

    slices: tuple[RawFile, ...]
    uneven: bool = False

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.slices

    def samples(self, reader: Reader) -> Samples:
        """See `VolumeImage.samples`."""
        return self._read(reader)[0]

    def array(self, reader: Reader) -> Array:
        """The values that the files hold, for masks: on the grid of the case's image, neither shifted nor turned round.

        Raises:
            Rejected: see `samples`; or it lies on another grid.
        """
        stored = super().array(reader)
        _, sign, offset = self._read(reader)
        return stored if (sign, offset) == (1, 0) else sign * stored.astype(np.int64) + int(offset)

    def _read(self, reader: Reader) -> tuple[Samples, int, float]:
        found: tuple[Samples, int, float] = reader.once(self, lambda: read_series(self.slices, reader, self.uneven))
        return found


@dataclass(frozen=True)
class DicomPicture(DicomSeries):
    """One DICOM file of one frame that is a picture in its own right, such as a radiograph: its row is named by its case alone."""

    single: ClassVar[bool] = True

    @classmethod
    def of(cls, file: RawFile) -> DicomPicture:
        """The picture of one file."""
        return cls((file,))


def read_series(slices: Sequence[RawFile], reader: Reader, uneven: bool) -> tuple[Samples, int, float]:
    """Reads, checks and sorts the slices of a series; see `DicomSeries`.

    Returns:
        (samples, sign, offset): a file holds sign * sample + offset.

    Raises:
        Rejected: a file is damaged, or the slices are not one regular stack.
    """
    frames: list[Frame] = []
    arrays: list[Array | None] = []
    inverted: set[bool] = set()
    bits: set[int] = set()
    path = slices[0].path
    for file in slices:
        pixels, found, dark, depth, told = _read_file(reader.read(file, keep=False), file.path)
        for what in told:
            reader.note(path, what)  # once for the series
        inverted.add(dark)
        bits.add(depth)
        frames.extend(found)
        arrays.extend(pixels)
    _check_alike(frames, arrays, inverted, path)
    order, values, source = _order(frames, path)
    order, values, repeats = _without_repeats(order, values, frames, arrays, reader)
    step = _check_even(values, [frames[number].instance for number in order], source, uneven, path)
    first = frames[order[0]]
    shape = arrays[order[0]].shape  # type: ignore[union-attr]
    stack = np.empty((len(order), *shape), arrays[order[0]].dtype)  # type: ignore[union-attr]
    for place, number in enumerate(order):
        stack[place] = arrays[number]
        arrays[number] = None  # never two copies of a series in memory
    chosen = [frames[number] for number in order]
    stored, sign, offset = _stored(stack, path, inverted == {True}, max(bits))
    scales = [(frame.slope * sign, frame.intercept + frame.slope * offset) for frame in chosen]
    columns: dict[str, Any] = {
        "sop_instance_uid": tuple(frame.sop_uid for frame in chosen),
        "instance_number": tuple(frame.instance for frame in chosen),
        "trigger_time": tuple(frame.trigger_time for frame in chosen),
        "echo_time": tuple(frame.echo_time for frame in chosen),
        "order_source": source,
        "repeats": repeats,
        "frame_number": tuple(frame.number for frame in chosen),
        "spaces": frozenset({frame.space for frame in chosen} - {""}),
    }
    if len(columns["spaces"]) > 1:
        reader.note(path, SPACES)
    if len(set(scales)) > 1:
        if bare := [frame for frame in chosen if not frame.scaled]:
            raise Rejected(bare[0].file, "it states no rescale slope and intercept, as other slices of its series do.", "Fetch it again.")
        columns["rescale_slope"], columns["rescale_intercept"] = (tuple(one) for one in zip(*scales, strict=True))
    placed = source == "position"
    letters = letters_of(first.orientation) if placed and first.orientation else None
    grid = Grid(
        (len(order), shape[0], shape[1]),
        plane=PLANES[letters[2]] if letters else None,
        orientation=letters,
        pixel_spacing=first.spacing,
        slice_thickness=first.thickness,
        slice_spacing=step if source != "instance_number" else None,
        positions=tuple(frame.position for frame in chosen if frame.position) if placed else (),
        direction=first.orientation if placed else None,
    )
    sources = tuple((frame.file, reader.sha256[frame.file]) for frame in chosen)
    return Samples(stored, grid, *scales[0], columns, sources), sign, offset


def _read_file(data: bytes, path: str) -> tuple[Array, list[Frame], bool, int, list[str]]:
    """(samples of each frame, what each says of itself, whether high is dark, bits that are used, notes) of one file."""
    dataset = open_dataset(data, path, _DECODED)

    def parts() -> tuple[Array, list[Frame], bool, int, list[str]]:
        _check_picture(dataset, path)
        depth, notes = whole_of(dataset, "BitsStored"), [TABLED] if items_of(dataset, "ModalityLUTSequence") else []
        pixels = decode(dataset, path)
        kind = text_of(dataset, "PhotometricInterpretation")
        pixels, dark = _coloured(dataset, pixels, path) if kind == _PALETTE else pixels, kind == "MONOCHROME1"
        frames = frames_of(dataset, path, len(pixels))
        if any(size <= 0 for frame in frames for size in (*(frame.spacing or ()), *_known(frame.thickness))):
            notes.append(UNMEASURED)
            frames = [_measured(frame) for frame in frames]
        return pixels, frames, dark, depth or 8 * pixels.dtype.itemsize, notes

    return guarded(path, parts, "its pixels cannot be decoded, or are cut")


def _check_picture(dataset: Any, path: str) -> None:
    check_pixels(dataset, path)
    if text_of(dataset, "BurnedInAnnotation").upper() == "YES":
        raise Rejected(path, "its header says that names are burned into the pixels.", "Leave it out; ask its owner for a clean one.")
    kind = text_of(dataset, "PhotometricInterpretation")
    if kind not in ("MONOCHROME1", "MONOCHROME2", "RGB", "YBR_RCT", _PALETTE) and not (kind.startswith("YBR") and _is_packed(dataset)):
        shown = kind if re.fullmatch(r"[A-Z0-9_ ]+", kind) else "unknown"
        raise Rejected(path, f"pixels of the kind {shown}; grey or RGB expected.", "Save it as RGB with the program that made it.")


def _coloured(dataset: Any, indices: Array, path: str) -> Array:
    """The colours that a palette gives samples; greys where it has no other."""
    if "RedPaletteColorLookupTableDescriptor" not in dataset:
        raise Rejected(
            path, "pixels of the kind PALETTE COLOR, and no palette beside them.", "Save it as RGB with the program that made it."
        )
    colours: Array = library().pixels.apply_color_lut(indices, dataset)
    if colours.dtype != np.uint8:
        eight = tiff.eight_bits(colours.astype(np.int64))
        if eight is None:
            raise Rejected(path, "its palette has more than 8 bits a colour channel; no stored picture holds them.", tiff.AGAIN)
        colours = eight.astype(np.uint8)
    grey = bool((colours == colours[..., :1]).all())
    return np.ascontiguousarray(colours[..., 0]) if grey else colours


def _is_packed(dataset: Any) -> bool:
    syntax = dataset.file_meta.TransferSyntaxUID if hasattr(dataset, "file_meta") else None
    return syntax is not None and syntax.is_transfer_syntax and bool(syntax.is_compressed)


_PALETTE = "PALETTE COLOR"
# Baseline and extended. Decoders of them differ by rounding: Pillow's gives what GDCM, and so SimpleITK, gives; another one up to 8 more.
_LOSSY_JPEG = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")


def decode(dataset: Any, path: str) -> Array:
    """(frames, height, width) samples of a DICOM object as its file holds them, or (frames, height, width, 3) colours.

    Raises:
        Rejected: there are no pixels, they are cut, or no decoder for them is installed.
    """
    check_pixels(dataset, path)
    make_readable(dataset, path)
    high, bits = whole_of(dataset, "HighBit"), whole_of(dataset, "BitsStored")
    lowest = high + 1 - bits if high is not None and bits else 0
    if lowest > 0:  # samples stand in the upper bits: they are read as wider ones, and shifted
        if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
            raise Rejected(path, f"packed samples whose lowest bit is bit {lowest}; bit 0 expected.", "Unpack it first.")
        dataset.BitsStored = bits + lowest  # type: ignore[operator]
    if dataset.file_meta.TransferSyntaxUID in _LOSSY_JPEG and whole_of(dataset, "BitsAllocated") == 8:
        dataset.pixel_array_options(decoding_plugin="pillow")
    pixels: Array = dataset.pixel_array >> lowest if lowest > 0 else dataset.pixel_array
    colours = (whole_of(dataset, "SamplesPerPixel") or 1) > 1
    if pixels.ndim == (3 if colours else 2):
        pixels = pixels[np.newaxis]
    if len(pixels) != (count := whole_of(dataset, "NumberOfFrames") or 1):
        raise Rejected(path, f"its header says {count} frame{'s'[: count > 1]}; it holds {len(pixels)}.", "Fetch the file again.")
    if colours and (pixels.dtype != np.uint8 or pixels.shape[-1] != 3):
        raise Rejected(path, "colours of other than three 8-bit channels; no stored picture holds them.", tiff.TOO_DEEP)
    return pixels


def check_pixels(dataset: Any, path: str) -> None:
    """Makes sure that there are pixels.

    Raises:
        Rejected: there are none.
    """
    if not any(keyword in dataset for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise Rejected(path, "a DICOM object without a picture: it was cut, or saved without one.", "Fetch the file again.")


def _known(size: float | None) -> tuple[float, ...]:
    return () if size is None else (size,)


def _measured(frame: Frame) -> Frame:
    """A frame without sizes that are not above 0."""
    spacing = frame.spacing if frame.spacing and min(frame.spacing) > 0 else None
    return replace(frame, spacing=spacing, thickness=frame.thickness if frame.thickness and frame.thickness > 0 else None)


def frames_of(dataset: Any, path: str, count: int) -> list[Frame]:
    """What each frame of a DICOM object says of itself: in its own functional groups, the shared ones, or the header.

    Raises:
        Rejected: the frames described are not as many as there are pixels for.
    """
    shared = next(iter(items_of(dataset, "SharedFunctionalGroupsSequence")), None)
    own = items_of(dataset, "PerFrameFunctionalGroupsSequence")
    if own and len(own) != count:
        raise Rejected(path, f"it describes {len(own)} frames and holds {count}.", "Fetch the file again.")
    found = []
    for number in range(count):
        groups = [group for group in (own[number] if own else None, shared) if group is not None]

        def field_of(sequence: str, keyword: str, length: int, groups: list[Any] = groups) -> tuple[float, ...] | None:
            for group in groups:
                for item in items_of(group, sequence):
                    if (value := vector_of(item, keyword, length)) is not None:
                        return value
            return vector_of(dataset, keyword, length)

        slope = field_of("PixelValueTransformationSequence", "RescaleSlope", 1)
        intercept = field_of("PixelValueTransformationSequence", "RescaleIntercept", 1)
        if slope == (0.0,):
            raise Rejected(path, "a rescale slope of 0, which takes every value away.")
        orientation = field_of("PlaneOrientationSequence", "ImageOrientationPatient", 6)
        if orientation is not None and not is_plane(orientation):
            raise Rejected(path, "its ImageOrientationPatient is no pair of directions at right angles.")
        thickness = field_of("PixelMeasuresSequence", "SliceThickness", 1)
        echo = field_of("MREchoSequence", "EffectiveEchoTime", 1)
        found.append(
            Frame(
                path,
                text_of(dataset, "SOPInstanceUID"),
                field_of("PlanePositionSequence", "ImagePositionPatient", 3),  # type: ignore[arg-type]
                orientation,
                field_of("PixelMeasuresSequence", "PixelSpacing", 2),  # type: ignore[arg-type]
                thickness[0] if thickness else None,
                number_of(dataset, "SliceLocation") if count == 1 else None,
                whole_of(dataset, "InstanceNumber") if count == 1 else number + 1,
                slope[0] if slope else 1.0,
                intercept[0] if intercept else 0.0,
                number_of(dataset, "TriggerTime"),
                echo[0] if echo else number_of(dataset, "EchoTime"),
                text_of(dataset, "FrameOfReferenceUID"),
                number + 1 if count > 1 else 0,
                bool(slope or intercept),
            )
        )
    return found


def _check_alike(frames: list[Frame], arrays: list[Array | None], inverted: set[bool], path: str) -> None:
    """Makes sure that slices can lie on one stack."""
    for frame, array in zip(frames, arrays, strict=True):
        first, base = arrays[0], frames[0]
        assert array is not None and first is not None
        if array.shape != first.shape:
            sizes = " and ".join(f"{one.shape[1]} x {one.shape[0]}" for one in (first, array))
            raise Rejected(frame.file, f"slices of {sizes} pixels in one series.", "Keep one stack of slices a series.")
        if array.dtype != first.dtype or len(inverted) > 1:
            raise Rejected(frame.file, "slices with several kinds of pixels in one series.", "Keep one stack of slices a series.")
        for mine, others in ((frame.orientation, base.orientation), (frame.spacing, base.spacing)):
            if (mine is None) != (others is None) or (mine and others and not np.allclose(mine, others, rtol=0, atol=TOLERANCE)):
                what = "orientations" if mine is frame.orientation else "pixel spacings"
                raise Rejected(frame.file, f"slices of several {what} in one series.", "Keep one stack of slices a series.")


def _order(frames: list[Frame], path: str) -> tuple[list[int], list[float], str]:
    """(numbers of the frames in the order of the slices, where each lies, what says so)."""
    if all(frame.position and frame.orientation for frame in frames):
        source, where = "position", [along_normal(frame.position or (), frame.orientation or ()) for frame in frames]
    elif len(frames) > 1 and any(frame.position and frame.orientation for frame in frames):
        raise Rejected(path, "only some of its slices say where they lie.", "Fetch the series again.")
    elif all(frame.location is not None for frame in frames):
        source, where = "slice_location", [frame.location or 0.0 for frame in frames]
    elif all(frame.instance is not None for frame in frames):
        source, where = "instance_number", [float(frame.instance or 0) for frame in frames]
    elif len(frames) == 1:
        source, where = "instance_number", [0.0]
    else:
        raise Rejected(path, "nothing says in which order its slices are.", "Fetch the series again.")
    order = sorted(range(len(frames)), key=lambda n: (where[n], frames[n].instance or 0, natural(frames[n].sop_uid)))
    return order, [where[n] for n in order], source


def _without_repeats(
    order: list[int], values: list[float], frames: list[Frame], arrays: list[Array | None], reader: Reader
) -> tuple[list[int], list[float], dict[str, int]]:
    """Leaves out slices that repeat another one pixel for pixel at its place; the lower InstanceNumber stays.

    Returns:
        (what stays of `order`, and of `values`, for each SOPInstanceUID that was left out the place of its like).
    """
    repeats: dict[str, int] = {}
    kept: list[int] = []
    places: list[float] = []
    for number, value in sorted(zip(order, values, strict=True), key=lambda one: one[1]):
        if not places or value - places[-1] > TOLERANCE:
            kept.append(number)
            places.append(value)
            continue
        one, other = sorted((kept[-1], number), key=lambda n: (frames[n].instance or 0, natural(frames[n].sop_uid)))
        same = np.array_equal(arrays[one], arrays[other])  # type: ignore[arg-type]
        if not same or (frames[one].slope, frames[one].intercept) != (frames[other].slope, frames[other].intercept):
            echoes = frames[one].echo_time != frames[other].echo_time
            raise Rejected(
                frames[other].file,
                f"{_self(frames[other])} lies where {frames[one].called} lies and differs from it"
                + ("; the series holds several echoes." if echoes else "."),
                "Keep one echo, time point or b-value a series.",
            )
        kept[-1] = one
        if frames[other].number:
            reader.note(frames[other].file, REPEATED)
            continue
        repeats = {sop: place for sop, place in repeats.items() if sop != frames[one].sop_uid} | {frames[other].sop_uid: len(kept) - 1}
        reader.duplicates.append(frames[other].file)
    return kept, places, repeats


def _self(frame: Frame) -> str:
    return f"its frame {frame.number}" if frame.number else "it"


def _check_even(values: list[float], instances: list[int | None], source: str, uneven: bool, path: str) -> float | None:
    """The distance between slices.

    Raises:
        Rejected: there are gaps; or, in a stack that may be uneven, gaps where InstanceNumber jumps too.
    """
    if len(values) < 2:
        return None
    steps = np.diff(values)
    step = float(np.median(steps))
    odd = np.abs(steps - step)
    if uneven:
        jumps = [a is not None and b is not None and abs(b - a) > 1 for a, b in itertools.pairwise(instances)]
        odd = np.where(jumps, odd, 0.0)
    if float(odd.max()) > 0.1 * step:
        worst = int(np.argmax(odd))
        unit = "" if source == "instance_number" else " mm"
        raise Rejected(
            path,
            f"a slice is missing or out of place: {steps[worst]:.4g}{unit} from slice {worst} to the next, {step:.4g}{unit} elsewhere.",
            "Fetch the series again.",
        )
    return round(step, 6)


def _stored(stack: Array, path: str, inverted: bool, bits: int) -> tuple[Array, int, float]:
    """(samples as they are stored, sign, offset), so that a file holds sign * sample + offset."""
    if stack.ndim == 4:
        return stack, 1, 0
    stored, _, offset = stored_samples(stack, path)
    if not inverted:
        return stored, 1, offset
    top = (1 << bits) - 1 if stack.dtype.kind == "u" else (1 << 8 * stored.dtype.itemsize) - 1
    if stored.dtype.kind != "u" or int(stored.max()) > top:
        raise Rejected(path, f"values above {top}, the highest that its header allows, where high is dark.")
    return stored.dtype.type(top) - stored, -1, offset + top
