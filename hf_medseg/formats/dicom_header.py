"""DICOM headers, read by allow-list: what planning knows of one object.

A source's survey is `SurveyPlan(files, look, HEAD)`; `dicom_series` has `files`, and tells what the objects
are together. The pixels are read by `hf_medseg.formats.dicom`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from hf_medseg.errors import MissingExtra, Rejected
from hf_medseg.formats.dicom_fields import is_dicom, items_of, library, number_of, quietly, tags_of, text_of, vector_of, whole_of, words
from hf_medseg.formats.dicom_geometry import Vector
from hf_medseg.raw.files import Head, Whole

HEAD = 1 << 14
"""Bytes of a file that a survey reads first: nearly every header of an image fits in."""

SEGMENTATION = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
CONTOURS = ("1.2.840.10008.5.1.4.1.1.481.3",)


# Everything that is ever read of a header. What is not named here cannot reach a row, a report or a message.
_PLANNED = words(
    """
    SpecificCharacterSet ImageType SOPClassUID SOPInstanceUID Modality SeriesDescription ReferencedSeriesSequence PatientID
    StudiesContainingOtherReferencedInstancesSequence
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
        undrawn: names of structures of an RTSTRUCT that have no closed contour, but for those that are marked points.
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
    undrawn: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    frames_of: tuple[str, ...] = ()
    places: tuple[Vector, ...] = ()
    made: str = ""


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


def nearly(one: str, other: str) -> bool:
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
    if (sent := text_of(meta, "MediaStorageSOPInstanceUID")) != ids["SOPInstanceUID"] and nearly(sent, ids["SOPInstanceUID"]):
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
    structures, undrawn = (_segments(dataset), ()) if segments else _rois(dataset)
    header = replace(
        header,
        structures=structures,
        undrawn=undrawn,
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
            if _kind(contour).startswith("CLOSED"):
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


def _rois(dataset: Any) -> tuple[tuple[Structure, ...], tuple[str, ...]]:
    """(the structures that have closed contours, names of those that have none): points mark places, they enclose nothing.

    Contours of a number that no structure has are a structure without a name.
    """
    kinds: dict[int | None, set[str]] = {}
    for item in items_of(dataset, "ROIContourSequence"):
        kinds.setdefault(whole_of(item, "ReferencedROINumber"), set()).update(map(_kind, items_of(item, "ContourSequence")))
    drawn = {number for number, some in kinds.items() if any(kind.startswith("CLOSED") for kind in some)}
    found = list(_structures(dataset, "StructureSetROISequence", "ROINumber", "ROIName", "ROIGenerationAlgorithm"))
    found += (Structure(number, "") for number in drawn if number is not None and all(number != one.number for one in found))
    undrawn = [one.name for one in found if one.number not in drawn and kinds.get(one.number) != {"POINT"}]
    return tuple(one for one in found if one.number in drawn), _unique(undrawn)


def _kind(contour: Any) -> str:
    return text_of(contour, "ContourGeometricType").upper()


def _unique(uids: Iterable[str]) -> tuple[str, ...]:
    return tuple(uid for uid in dict.fromkeys(uids) if uid)


def _frames_referenced(dataset: Any) -> Iterator[str]:
    """The frames of reference that an RTSTRUCT was drawn in."""
    for frame in items_of(dataset, "ReferencedFrameOfReferenceSequence"):
        yield text_of(frame, "FrameOfReferenceUID")
    for roi in items_of(dataset, "StructureSetROISequence"):
        yield text_of(roi, "ReferencedFrameOfReferenceUID")


def _series_items(dataset: Any) -> Iterator[Any]:
    """What a SEG says of the series that it was drawn on, in its own study or in others."""
    for part in (dataset, *items_of(dataset, "StudiesContainingOtherReferencedInstancesSequence")):
        yield from items_of(part, "ReferencedSeriesSequence")


def _images_referenced(dataset: Any) -> Iterator[str]:
    for series in _series_items(dataset):
        yield from (text_of(image, "ReferencedSOPInstanceUID") for image in items_of(series, "ReferencedInstanceSequence"))


def _images_of_frames(dataset: Any) -> Iterator[str]:
    for group in _groups(dataset):
        for item in items_of(group, "DerivationImageSequence"):
            yield from (text_of(image, "ReferencedSOPInstanceUID") for image in items_of(item, "SourceImageSequence"))
    for roi in items_of(dataset, "ROIContourSequence"):
        for contour in items_of(roi, "ContourSequence"):
            yield from (text_of(image, "ReferencedSOPInstanceUID") for image in items_of(contour, "ContourImageSequence"))


def _series_referenced(dataset: Any) -> Iterator[str]:
    for item in _series_items(dataset):
        yield text_of(item, "SeriesInstanceUID")
    for frame in items_of(dataset, "ReferencedFrameOfReferenceSequence"):
        for study in items_of(frame, "RTReferencedStudySequence"):
            for series in items_of(study, "RTReferencedSeriesSequence"):
                yield text_of(series, "SeriesInstanceUID")


def _years(text: str) -> float | None:
    match = re.fullmatch(r"(\d{1,3})([DWMY])", text.strip().upper())
    return round(int(match[1]) / {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}[match[2]], 2) if match else None


def telling(data: bytes) -> Header:
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
