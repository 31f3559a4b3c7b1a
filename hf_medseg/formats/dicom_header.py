"""DICOM headers, read by allow-list: what planning knows of every object of a raw tree, and how objects make a series.

A source's survey is `SurveyPlan(files, look, HEAD)`. Then `images(raw)` gives the image series, `structures(raw)` the segmentations and
contours, `unreadable(raw)` the files that only claim to be DICOM. The pixels are read by `hf_medseg.formats.dicom`.
"""

from __future__ import annotations

import io
import logging
import math
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import MissingExtra, Rejected
from hf_medseg.raw.files import Head, RawFile, Whole
from hf_medseg.raw.order import natural
from hf_medseg.raw.places import Hindered
from hf_medseg.raw.tree import Raw

Array = NDArray[Any]
Vector = tuple[float, float, float]
T = TypeVar("T")

HEAD = 1 << 14
"""Bytes of a file that a survey reads first: nearly every header of an image fits in."""

SEGMENTATION = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
CONTOURS = ("1.2.840.10008.5.1.4.1.1.481.3",)


def words(text: str) -> tuple[str, ...]:
    """The words of a text, for lists of names."""
    return tuple(text.split())


# Everything that is ever read of a header. What is not named here cannot reach a row, a report or a message.
_PLANNED = words(
    """
    SpecificCharacterSet ImageType SOPClassUID SOPInstanceUID Modality SeriesDescription ReferencedSeriesSequence PatientID
    PatientSex PatientAge PatientIdentityRemoved BodyPartExamined SliceThickness EchoTime TriggerTime ConvolutionKernel
    ViewPosition StudyInstanceUID SeriesInstanceUID SeriesNumber AcquisitionNumber InstanceNumber ImagePositionPatient
    ImageOrientationPatient FrameOfReferenceUID Laterality ImageLaterality SliceLocation NumberOfFrames Rows Columns
    BurnedInAnnotation SegmentSequence ReferencedFrameOfReferenceSequence StructureSetROISequence ROIContourSequence
    SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence PixelSpacing ContentDate ContentTime StructureSetDate
    StructureSetTime PixelRepresentation
    """
)
_LAST_PLANNED = 0x0028FFFF  # of an image: only segmentations and contours keep more after it
_PIXELS = 0x7FE0
_SUFFIX = re.compile(r"\.(?:dcm|dicom|ima)\Z", re.IGNORECASE)
# What is not looked at: suffixes of files that lie beside DICOM and are something else for certain.
_OTHERS = frozenset(
    words(
        """
        csv tsv txt md rst pdf doc docx xls xlsx ods json jsonl xml html htm yaml yml toml ini log sh py m mat npy npz pkl h5
        parquet bib tcia sqlite db png jpg jpeg jp2 gif bmp tif tiff webp svg mp4 avi nii gz zip tar bz2 xz zst 7z rar nrrd
        nhdr mha mhd mgz hdr vtk stl obj sha256 md5 overlay ljpeg ics 16_pgm pgm ppm ds_store
        """
    )
)
_DIRECTORY = "1.2.840.10008.1.3.10"  # a DICOMDIR
_UID = re.compile(r"[0-9A-Za-z._-]{1,80}\Z")


@dataclass(frozen=True, slots=True)
class Structure:
    """A segment of a SEG, or a structure with closed contours of an RTSTRUCT.

    Attributes:
        number: SegmentNumber or ROINumber.
        name: SegmentLabel or ROIName, free text.
        origin: `manual`, `corrected` or `automatic`, None where the file does not say.
    """

    number: int
    name: str
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """What planning knows of one DICOM object.

    `description` is free text of the scanner's operator: for telling series apart, never for a column.

    Attributes:
        kind: the values of ImageType, upper case.
        picture: whether the file holds pixels, or should.
        cut: whether it is an image and ends before its pixels: reading it rejects its series.
        position, orientation: ImagePositionPatient and ImageOrientationPatient.
        identity_removed: PatientIdentityRemoved, `YES`, `NO` or empty.
        burned_in: whether the object says that names are burned into its pixels.
        age: years.
        laterality: `L`, `R` or as the file says.
        structures: what a SEG or RTSTRUCT outlines.
        refers_to: SeriesInstanceUIDs of the images that a SEG or RTSTRUCT was drawn on; where it names none, their SOPInstanceUIDs.
        images: SOPInstanceUIDs of the images that it was drawn on, as far as it names them.
        frames_of: those of them that its single frames or contours name.
        places: where its frames or contours lie; only of a SEG or RTSTRUCT that does not name one series.
        made: when a SEG or RTSTRUCT was made, to tell the newer one; never for a column.
    """

    modality: str = ""
    sop_class: str = ""
    sop_uid: str = ""
    series_uid: str = ""
    study_uid: str = ""
    frame_uid: str = ""
    patient_id: str = ""
    description: str = ""
    kind: tuple[str, ...] = ()
    picture: bool = True
    cut: bool = False
    frames: int = 1
    rows: int | None = None
    columns: int | None = None
    spacing: tuple[float, ...] | None = None
    series_number: int | None = None
    acquisition_number: int | None = None
    instance_number: int | None = None
    position: Vector | None = None
    orientation: tuple[float, ...] | None = None
    slice_location: float | None = None
    slice_thickness: float | None = None
    trigger_time: float | None = None
    echo_time: float | None = None
    kernel: str = ""
    body_part: str = ""
    view: str = ""
    laterality: str = ""
    sex: str = ""
    age: float | None = None
    identity_removed: str = ""
    burned_in: bool = False
    structures: tuple[Structure, ...] = ()
    refers_to: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    frames_of: tuple[str, ...] = ()
    places: tuple[Vector, ...] = ()
    made: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """One DICOM object of a raw tree.

    Attributes:
        file: its path is `<SeriesInstanceUID>/<SOPInstanceUID>.dcm`, in rows and reports alike.
        header: what planning may know of it.
    """

    file: RawFile
    header: Header

    @property
    def origin(self) -> str:
        """Where the file lies in the raw tree: for sources whose folders mean something."""
        return self.file.listed


@dataclass(frozen=True, slots=True)
class Series:
    """The objects of one image series, in the order of their slices as far as their headers tell.

    Attributes:
        uid: SeriesInstanceUID.
        doubtful: damaged files that may be objects of it, since nothing says that they are not.
    """

    uid: str
    instances: tuple[Instance, ...]
    doubtful: tuple[RawFile, ...] = ()

    @property
    def header(self) -> Header:
        """The header of its first object."""
        return self.instances[0].header

    @property
    def files(self) -> tuple[RawFile, ...]:
        """Its files, for `DicomSeries`, which rejects a series with a doubtful one: it would come out a slice short."""
        return tuple(instance.file for instance in self.instances) + self.doubtful

    @property
    def burned_in(self) -> bool:
        """Whether any of its objects says that names are burned into its pixels."""
        return any(instance.header.burned_in for instance in self.instances)

    @property
    def identity_removed(self) -> set[str]:
        """What its objects say on PatientIdentityRemoved."""
        return {one.header.identity_removed for one in self.instances if not one.header.cut} or {""}


def library() -> Any:
    """The library `pydicom`.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import pydicom
    except ImportError as error:
        raise MissingExtra("pydicom", "dicom") from error
    return pydicom


@contextmanager
def quietly() -> Iterator[None]:
    """Keeps the library from quoting header values in warnings and logs: they may be somebody's name."""
    log = logging.getLogger("pydicom")
    before, log.disabled = log.disabled, True
    try:
        with warnings.catch_warnings(), library().config.disable_value_validation():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.disabled = before


# ---------------------------------------------------------------- planning


def files(raw: Raw) -> list[RawFile]:
    """The files that may be DICOM; their first bytes tell, whatever they are called (`.img`, `.dcm.bak`)."""
    return [file for file in raw.files if _may_be_dicom(file.listed.rpartition("/")[2])]


def _may_be_dicom(name: str) -> bool:
    return name.rpartition(".")[2].lower() not in _OTHERS or "." not in name


def look(data: bytes, path: str) -> Header | None:
    """What a survey sees of one file: its header, or None for a file that is not DICOM and does not claim to be.

    Args:
        data: the file's bytes, or a `Head` of them.
        path: its path.

    Raises:
        Rejected: the file claims to be DICOM by its name and is not, or lacks the ids that tell it from others.
        Whole: the header does not end within the bytes.
    """
    if not is_dicom(data):
        if _SUFFIX.search(path):
            raise Rejected(path, "it is not a DICOM file; its name says so.", "Fetch it again; a saved web page or a cut file looks so.")
        return None
    last = 0

    def after_header(tag: int, _vr: str | None, _length: int) -> bool:
        nonlocal last
        last = tag
        return tag >> 16 >= _PIXELS

    try:
        with quietly():
            dataset = library().filereader.read_partial(
                io.BytesIO(data), stop_when=after_header, specific_tags=tags_of(_PLANNED), force=True
            )
            sop_class = text_of(dataset, "SOPClassUID")
            whole = not isinstance(data, Head)
            if not whole and (last <= _LAST_PLANNED or sop_class in SEGMENTATION + CONTOURS):
                raise Whole
            return _header(dataset, path, picture=last >> 16 >= _PIXELS or not whole)
    except (Rejected, Whole, MissingExtra):
        raise
    except Exception as error:  # hostile bytes raise anything; the text of the error may quote a header
        if isinstance(data, Head):
            raise Whole from None
        raise Rejected(path, f"its DICOM header is damaged ({type(error).__name__}).", "Fetch the file again.") from None


def look_unnamed(data: bytes, path: str) -> Header | None:
    """As `look`, without the PatientID: for sources that group by something else, so that what is remembered names nobody."""
    header = look(data, path)
    return None if header is None else replace(header, patient_id="")


def is_dicom(data: bytes) -> bool:
    """Whether bytes begin like DICOM: after a preamble, or, in old files, at once with the identifying group."""
    return data[128:132] == b"DICM" or (data[:2] == b"\x08\x00" and data[2:4] in (b"\x00\x00", b"\x01\x00", b"\x05\x00", b"\x08\x00"))


@cache
def tags_of(keywords: tuple[str, ...]) -> list[Any]:
    """The tags of these fields."""
    return [library().tag.Tag(keyword) for keyword in keywords]


def _nearly(one: str, other: str) -> bool:
    """Whether two UIDs of one length differ in one or two letters: so damage looks, and no tool that gives new ids."""
    return len(one) == len(other) and 0 < sum(a != b for a, b in zip(one, other, strict=True)) <= 2


def _header(dataset: Any, path: str, picture: bool) -> Header | None:
    ids = {keyword: text_of(dataset, keyword) for keyword in ("SOPInstanceUID", "SeriesInstanceUID")}
    meta = getattr(dataset, "file_meta", None)
    sop_class, stated = text_of(dataset, "SOPClassUID"), text_of(meta, "MediaStorageSOPClassUID")
    if not picture and not any(ids.values()):
        if stated == _DIRECTORY or not (stated or _SUFFIX.search(path)):
            return None
        raise Rejected(path, "its DICOM header ends before its ids.", "Fetch the file again: it was cut.")
    if (sent := text_of(meta, "MediaStorageSOPInstanceUID")) != ids["SOPInstanceUID"] and _nearly(sent, ids["SOPInstanceUID"]):
        raise Rejected(path, "it names two SOPInstanceUIDs that differ in a letter or two: its header is damaged.", "Fetch the file again.")
    for keyword, value in ids.items():
        if not _UID.match(value) or 0 < len(letters := re.sub(r"[0-9.]", "", value)) <= 2 < 16 <= len(value) - len(letters):
            raise Rejected(path, f"a DICOM file without a valid {keyword}.", "Fetch the file again.")
    cut = not picture and "Image Storage" in library().uid.UID(sop_class or stated).name  # an image has pixels
    header = Header(
        modality=text_of(dataset, "Modality"),
        sop_class=sop_class,
        sop_uid=ids["SOPInstanceUID"],
        series_uid=ids["SeriesInstanceUID"],
        study_uid=text_of(dataset, "StudyInstanceUID"),
        frame_uid=text_of(dataset, "FrameOfReferenceUID"),
        patient_id=text_of(dataset, "PatientID"),
        description=text_of(dataset, "SeriesDescription"),
        kind=tuple(str(one).strip().upper() for one in items_of(dataset, "ImageType")),
        picture=picture or cut,
        cut=cut,
        frames=whole_of(dataset, "NumberOfFrames") or 1,
        rows=whole_of(dataset, "Rows"),
        columns=whole_of(dataset, "Columns"),
        spacing=vector_of(dataset, "PixelSpacing", 2),
        series_number=whole_of(dataset, "SeriesNumber"),
        acquisition_number=whole_of(dataset, "AcquisitionNumber"),
        instance_number=whole_of(dataset, "InstanceNumber"),
        position=vector_of(dataset, "ImagePositionPatient", 3),  # type: ignore[arg-type]
        orientation=vector_of(dataset, "ImageOrientationPatient", 6),
        slice_location=number_of(dataset, "SliceLocation"),
        slice_thickness=number_of(dataset, "SliceThickness"),
        trigger_time=number_of(dataset, "TriggerTime"),
        echo_time=number_of(dataset, "EchoTime"),
        kernel=" ".join(str(one).strip() for one in items_of(dataset, "ConvolutionKernel")),
        body_part=text_of(dataset, "BodyPartExamined"),
        view=text_of(dataset, "ViewPosition"),
        laterality=text_of(dataset, "ImageLaterality") or text_of(dataset, "Laterality"),
        sex=text_of(dataset, "PatientSex").upper(),
        age=_years(text_of(dataset, "PatientAge")),
        identity_removed=text_of(dataset, "PatientIdentityRemoved").upper(),
        burned_in=text_of(dataset, "BurnedInAnnotation").upper() == "YES",
    )
    return _with_structures(header, dataset) if sop_class in SEGMENTATION + CONTOURS else header


def _with_structures(header: Header, dataset: Any) -> Header:
    """The header of a SEG or RTSTRUCT, with what it outlines and what it was drawn on."""
    segments = header.sop_class in SEGMENTATION
    when = ("ContentDate", "ContentTime") if segments else ("StructureSetDate", "StructureSetTime")
    series, frames_of = _unique(_series_referenced(dataset)), _unique(_images_of_frames(dataset))
    images = _unique((*frames_of, *_images_referenced(dataset)))
    header = replace(
        header,
        structures=_segments(dataset) if segments else _rois(dataset),
        refers_to=series or images,
        images=images,
        frames_of=frames_of,
        made="".join(re.sub(r"[^0-9]", "", text_of(dataset, one)) for one in when),
    )
    if segments:
        group = _groups(dataset)
        header = replace(
            header,
            orientation=header.orientation or _first_vector(group, "PlaneOrientationSequence", "ImageOrientationPatient", 6),
            spacing=header.spacing or _first_vector(group, "PixelMeasuresSequence", "PixelSpacing", 2),
        )
    else:
        frames = _unique(_frames_referenced(dataset))
        header = replace(header, frame_uid=header.frame_uid or (frames[0] if len(frames) == 1 else ""))
    if len(series) == 1:
        return header
    return replace(header, places=tuple(dict.fromkeys(_places(dataset, header)))[:_MOST_PLACES])


_MOST_PLACES = 10_000


def _places(dataset: Any, header: Header) -> Iterator[Vector]:
    """Where the frames of a SEG lie, or the first point of every closed contour."""
    if header.sop_class in SEGMENTATION:
        for group in _groups(dataset):
            if (place := _first_vector([group], "PlanePositionSequence", "ImagePositionPatient", 3)) is not None:
                yield place  # type: ignore[misc]
        return
    for roi in items_of(dataset, "ROIContourSequence"):
        for contour in items_of(roi, "ContourSequence"):
            if text_of(contour, "ContourGeometricType").startswith("CLOSED"):
                numbers = vector_of(contour, "ContourData")
                if numbers is not None and len(numbers) >= 3:
                    yield numbers[0], numbers[1], numbers[2]


def _groups(dataset: Any) -> list[Any]:
    """The functional groups of all frames, the shared ones first."""
    return [group for keyword in _GROUPS for group in items_of(dataset, keyword)]


def _first_vector(groups: Iterable[Any], sequence: str, keyword: str, length: int) -> tuple[float, ...] | None:
    found = (vector_of(item, keyword, length) for group in groups for item in items_of(group, sequence))
    return next((value for value in found if value is not None), None)


_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_ORIGINS = {"MANUAL": "manual", "SEMIAUTOMATIC": "corrected", "AUTOMATIC": "automatic"}


def _structures(dataset: Any, sequence: str, number: str, name: str, origin: str) -> Iterator[Structure]:
    for item in items_of(dataset, sequence):
        if (found := whole_of(item, number)) is not None:
            yield Structure(found, text_of(item, name), _ORIGINS.get(text_of(item, origin).upper()))


def _segments(dataset: Any) -> tuple[Structure, ...]:
    """The segments; of a label map, the background is none."""
    found = _structures(dataset, "SegmentSequence", "SegmentNumber", "SegmentLabel", "SegmentAlgorithmType")
    return tuple(one for one in found if one.number)


def _rois(dataset: Any) -> tuple[Structure, ...]:
    """The structures that have closed contours: points mark places, they enclose nothing."""
    drawn = {
        whole_of(item, "ReferencedROINumber")
        for item in items_of(dataset, "ROIContourSequence")
        if any(text_of(contour, "ContourGeometricType").startswith("CLOSED") for contour in items_of(item, "ContourSequence"))
    }
    found = _structures(dataset, "StructureSetROISequence", "ROINumber", "ROIName", "ROIGenerationAlgorithm")
    return tuple(one for one in found if one.number in drawn)


def _unique(uids: Iterable[str]) -> tuple[str, ...]:
    return tuple(uid for uid in dict.fromkeys(uids) if uid)


def _frames_referenced(dataset: Any) -> Iterator[str]:
    """The frames of reference that an RTSTRUCT was drawn in."""
    for frame in items_of(dataset, "ReferencedFrameOfReferenceSequence"):
        yield text_of(frame, "FrameOfReferenceUID")
    for roi in items_of(dataset, "StructureSetROISequence"):
        yield text_of(roi, "ReferencedFrameOfReferenceUID")


def _images_referenced(dataset: Any) -> Iterator[str]:
    for series in items_of(dataset, "ReferencedSeriesSequence"):
        yield from (text_of(image, "ReferencedSOPInstanceUID") for image in items_of(series, "ReferencedInstanceSequence"))


def _images_of_frames(dataset: Any) -> Iterator[str]:
    for group in _groups(dataset):
        for item in items_of(group, "DerivationImageSequence"):
            yield from (text_of(image, "ReferencedSOPInstanceUID") for image in items_of(item, "SourceImageSequence"))
    for roi in items_of(dataset, "ROIContourSequence"):
        for contour in items_of(roi, "ContourSequence"):
            yield from (text_of(image, "ReferencedSOPInstanceUID") for image in items_of(contour, "ContourImageSequence"))


def _series_referenced(dataset: Any) -> Iterator[str]:
    for item in items_of(dataset, "ReferencedSeriesSequence"):
        yield text_of(item, "SeriesInstanceUID")
    for frame in items_of(dataset, "ReferencedFrameOfReferenceSequence"):
        for study in items_of(frame, "RTReferencedStudySequence"):
            for series in items_of(study, "RTReferencedSeriesSequence"):
                yield text_of(series, "SeriesInstanceUID")


def items_of(dataset: Any, keyword: str) -> list[Any]:
    """The values of a header field; none where it is absent, empty, or cannot be read."""
    try:
        value = getattr(dataset, keyword, None)
    except Exception:  # a value that is not what its field promises: as good as absent
        value = None
    if value is None or value == "":
        return []
    return [value] if isinstance(value, (str, bytes, int, float)) else list(value)


def text_of(dataset: Any, keyword: str) -> str:
    """The first value of a header field as text; empty where there is none."""
    items = items_of(dataset, keyword)
    return str(items[0]).strip(" \0") if items else ""


def number_of(dataset: Any, keyword: str) -> float | None:
    """The first value of a header field as a finite number."""
    vector = vector_of(dataset, keyword)
    return vector[0] if vector else None


def whole_of(dataset: Any, keyword: str) -> int | None:
    """The first value of a header field as a whole number."""
    value = number_of(dataset, keyword)
    return int(value) if value is not None and value == int(value) else None


def vector_of(dataset: Any, keyword: str, length: int | None = None) -> tuple[float, ...] | None:
    """The values of a header field as finite numbers, None where they are not, or not as many as stated."""
    try:
        found = tuple(float(one) for one in items_of(dataset, keyword))
    except (TypeError, ValueError):
        return None
    return found if found and all(map(math.isfinite, found)) and len(found) == (length or len(found)) else None


def _years(text: str) -> float | None:
    match = re.fullmatch(r"(\d{1,3})([DWMY])", text.strip().upper())
    return round(int(match[1]) / {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}[match[2]], 2) if match else None


def instances(raw: Raw) -> list[Instance]:
    """Every DICOM object that the survey found, files of one object joined as twins.

    From here on, reports call a file `<SeriesInstanceUID>/<SOPInstanceUID>.dcm`: folders that people name may hold anything.
    """
    objects: dict[tuple[str, str], list[tuple[RawFile, Header]]] = {}
    for file in raw.files:
        header = raw.survey.get(file.listed)
        if isinstance(header, Header):
            objects.setdefault((header.series_uid, header.sop_uid), []).append((file, header))
    found = []
    for (series, sop), copies in objects.items():
        copies.sort(key=lambda copy: (copy[0].listed.count("/"), natural(copy[0].listed)))
        name = f"{series}/{sop}.dcm"
        named = [replace(file, alias=name if n == 1 else f"{name} (copy {n})") for n, (file, _) in enumerate(copies, 1)]
        for file in named:
            raw.call(file)
        found.append(Instance(replace(named[0], twins=tuple(named[1:])), copies[0][1]))
    return found


def images(raw: Raw, localisers: bool = False) -> dict[str, Series]:
    """The image series of a raw tree by SeriesInstanceUID, in natural order.

    What is left out (objects without pixels, and localisers unless they are asked for) is listed as not used, with the reason.
    """
    groups: dict[str, list[Instance]] = {}
    for instance in instances(raw):
        header = instance.header
        if header.sop_class in SEGMENTATION + CONTOURS:
            continue
        if not header.picture:
            raw.skip(instance.file, "a DICOM object without a picture")
        elif "LOCALIZER" in header.kind and not localisers:
            raw.skip(instance.file, "a localiser")
        else:
            groups.setdefault(header.series_uid, []).append(instance)
    found = {uid: series(uid, groups[uid]) for uid in sorted(groups, key=natural)}
    for file, _ in damaged(raw):
        for uid in _may_be_of(file, found):
            found[uid] = replace(found[uid], doubtful=(*found[uid].doubtful, _doubtful(file, raw)))
    return found


def damaged(raw: Raw) -> Iterator[tuple[RawFile, Rejected]]:
    """Every file that claims to be DICOM, by its name or its neighbours, and is not, or has lost its ids."""
    patterns = {_alike(path) for path, seen in raw.survey.items() if isinstance(seen, Header)}
    among = "it is not a DICOM file, as those beside it are that are called alike."
    for file in raw.files:
        seen = raw.survey.get(file.listed, file)
        if isinstance(seen, Rejected):
            yield file, seen
        elif seen is None and _alike(file.listed) in patterns:
            yield file, Rejected(file.path, among, "Fetch it again; a saved web page or a cut file looks so.")


_DIGITS = re.compile(r"\d+")


def _alike(path: str) -> str:
    """A path whose file's name has one sign for every number."""
    folder, slash, name = path.rpartition("/")
    return folder + slash + _DIGITS.sub("#", name)


def _may_be_of(file: RawFile, found: Mapping[str, Series]) -> list[str]:
    """The series that a damaged file may be a slice of: the one that it still names, else those of its folder that it fits."""
    if not _may_be_dicom(file.listed.rpartition("/")[2]):
        return []
    try:
        told = _telling(file.read(min(HEAD, file.size)))
    except Rejected:
        told = Header()
    for uid in found:
        if uid == told.series_uid or _nearly(uid, told.series_uid):
            return [uid]
    folder = file.listed.rpartition("/")[0]
    near = [uid for uid, one in found.items() if any(each.origin.rpartition("/")[0] == folder for each in one.instances)]
    return [uid for uid in near if not _contradicts(told, found[uid].header)]


def _telling(data: bytes) -> Header:
    """What can still be read of a damaged header; nothing that is not plain stands in it."""
    with quietly():
        try:
            dataset = library().filereader.read_partial(
                io.BytesIO(data), stop_when=lambda tag, *_: tag >> 16 >= _PIXELS, specific_tags=tags_of(_PLANNED), force=True
            )
            return Header(
                modality=text_of(dataset, "Modality"),
                sop_class=text_of(dataset, "SOPClassUID"),
                series_uid=text_of(dataset, "SeriesInstanceUID"),
                study_uid=text_of(dataset, "StudyInstanceUID"),
                frame_uid=text_of(dataset, "FrameOfReferenceUID"),
                series_number=whole_of(dataset, "SeriesNumber"),
                rows=whole_of(dataset, "Rows"),
                columns=whole_of(dataset, "Columns"),
            )
        except Exception:  # hostile bytes raise anything
            return Header()


_UID_LIKE = re.compile(r"[0-9.]{16,}")
_SHARED = ("modality", "sop_class", "study_uid", "frame_uid", "series_number", "rows", "columns")


def _contradicts(told: Header, header: Header) -> bool:
    """Whether something that all slices of a series share is said by both headers, and is not the same."""
    pairs = ((getattr(told, name), getattr(header, name)) for name in _SHARED)
    return any(one and other and one != other and not (_UID_LIKE.match(str(one)) and _nearly(one, other)) for one, other in pairs)


def _doubtful(file: RawFile, raw: Raw) -> RawFile:
    """The damaged file as a slice: whoever reads it rejects the series."""
    advice = "Fetch that file again; if it is no slice of this series, take it out of the folder."
    place = Hindered(file.listed, "damaged, and may be a slice of this series", advice)
    return RawFile(file.listed, 0, place, alias=raw.called(file))


def series(uid: str, objects: Iterable[Instance]) -> Series:
    """A series of these objects, in the order of their slices as far as their headers tell."""

    def rank(instance: Instance) -> tuple[Any, ...]:
        header = instance.header
        along = along_normal(header.position, header.orientation) if header.position and header.orientation else 0.0
        return along, header.instance_number or 0, natural(header.sop_uid)

    return Series(uid, tuple(sorted(objects, key=rank)))


def structures(raw: Raw) -> list[Instance]:
    """The segmentations and contours of a raw tree, in natural order of their series and objects."""
    found = [one for one in instances(raw) if one.header.sop_class in SEGMENTATION + CONTOURS]
    return sorted(found, key=lambda one: (natural(one.header.series_uid), natural(one.header.sop_uid)))


def unreadable(raw: Raw) -> list[RawFile]:
    """Files that claim to be DICOM and are not: whoever reads one rejects it by name; see `dicom_damaged`."""
    return [file for file in raw.files if isinstance(raw.survey.get(file.listed), Rejected)]


def open_dataset(data: bytes, path: str, keywords: tuple[str, ...]) -> Any:
    """A DICOM object with the named fields alone. What reads its values belongs into `guarded`.

    Raises:
        Rejected: the bytes are not DICOM, or damaged.
    """
    if not is_dicom(data):
        raise Rejected(path, "it is not a DICOM file.", "Fetch it again; a saved web page or a cut file looks so.")
    return guarded(
        path, lambda: library().dcmread(io.BytesIO(data), force=True, specific_tags=tags_of(keywords)), "its DICOM header is damaged"
    )


def guarded(path: str, action: Callable[[], T], what: str) -> T:
    """The result of something that damaged bytes may make fail in any way; the text of an error may quote a header and is dropped.

    Raises:
        Rejected: it failed.
    """
    try:
        with quietly():
            return action()
    except (Rejected, MissingExtra, MemoryError):
        raise
    except Exception as error:
        raise Rejected(path, f"{what} ({type(error).__name__}).", "Fetch the file again.") from None


# ---------------------------------------------------------------- geometry


def normal_of(orientation: Sequence[float]) -> Array:
    """The unit normal of an image plane, turned to the side of the LPS axis that is nearest to it."""
    normal = np.cross(orientation[:3], orientation[3:])
    length = float(np.linalg.norm(normal))
    normal = normal / (length or 1.0)
    return normal if normal[int(np.argmax(np.abs(normal)))] > 0 else -normal


def along_normal(position: Sequence[float], orientation: Sequence[float]) -> float:
    """How far a position lies along the normal of its plane, mm."""
    return float(np.dot(np.asarray(position, float), normal_of(orientation)))


def letters_of(orientation: Sequence[float]) -> str:
    """Where column, row and slice index increase to, such as `LPS`."""
    return "".join(_letter(np.asarray(axis, float)) for axis in (orientation[:3], orientation[3:], normal_of(orientation)))


def _letter(axis: Array) -> str:
    index = int(np.argmax(np.abs(axis)))
    return ("LPS" if axis[index] > 0 else "RAI")[index]


PLANES = {"L": "sagittal", "P": "coronal", "S": "axial"}
