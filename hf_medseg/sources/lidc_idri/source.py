"""LIDC-IDRI: nodules in chest CT, outlined and rated by up to four readers."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Reading, SurveyPlan, source_of, volume_configs
from hf_medseg.dataset.columns import INT32, PICTURE, TEXT, ListOf
from hf_medseg.errors import Refused
from hf_medseg.formats import dicom_series
from hf_medseg.formats.dicom import DicomSeries
from hf_medseg.formats.dicom_header import HEAD
from hf_medseg.masks.cells import MaskList
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.dicom_damaged import damaged_cases
from hf_medseg.sources.lidc_idri.readings import NODULES, Agreed, NoduleInstances, NoduleList, ReadBy, XmlHead, look

XML = r"(?:[^/]+/)?[^/]+\.xml"


def to_survey(raw: Raw) -> list[RawFile]:
    """The DICOM files and the readings."""
    return [*dicom_series.files(raw), *raw.part("xml").find(XML).values()]


def cases(raw: Raw) -> Iterator[Case]:
    """One case a CT series, joined to its reading by SeriesInstanceUID, whatever the folders are called."""
    readings = readings_of(raw)
    yield from damaged_cases(raw)
    for instance in dicom_series.structures(raw):
        raw.skip(instance.file, "outlines encoded anew as DICOM; the owner's readings are used")
    for uid, series in dicom_series.images(raw).items():
        if series.header.modality != "CT":
            for file in series.files:
                raw.skip(file, "a chest radiograph: its readings mark centres, not outlines")
            continue
        image = DicomSeries(series.files, uneven=True)
        found = readings.get(uid, [])
        if len(found) != 1:
            named = ", ".join(file.path for file in found)
            wrong = f"several readings of its series differ: {named}." if found else "no XML holds the reading of its series."
            yield Case(uid, {"image": image}, patient_id=series.header.patient_id or None, problem=Problem.of(wrong))
            continue
        file = found[0]
        head = raw.survey[file.listed]
        assert isinstance(head, XmlHead)
        readers = range(1, head.readers + 1)
        yield Case(
            uid,
            {
                "image": image,
                "mask": Agreed(file, image),
                "masks": MaskList(tuple(ReadBy(file, image, reader) for reader in readers)),
                "instances": NoduleInstances(file, image),
                "nodules": NoduleList(file, image),
            },
            {"mask_names": [f"reader_{reader}" for reader in readers], "convolution_kernel": series.header.kernel or None},
            patient_id=series.header.patient_id or None,
        )


def readings_of(raw: Raw) -> dict[str, list[RawFile]]:
    """The readings of CT series by SeriesInstanceUID: one, or several that contradict each other.

    Raises:
        Refused: there is none.
    """
    found: dict[str, dict[str, RawFile]] = {}
    for file in raw.part("xml").find(XML).values():
        head = raw.survey.get(file.listed)
        if not isinstance(head, XmlHead):
            continue
        if head.kind == "radiograph":
            raw.skip(file, "the reading of a chest radiograph: it marks centres, not outlines")
        elif (copy := found.setdefault(head.series_uid, {}).setdefault(head.digest, file)) is not file:
            raw.skip(file, f"says the same as {copy.path}")
    if not found:
        raise Refused(
            "No XML below RAW is a reading of a LIDC-IDRI CT (LidcReadMessage). `hf-medseg info lidc-idri` shows where to get them."
        )
    readings = {}
    for uid, copies in found.items():
        files = list(copies.values())
        corrected = [file for file in files if "correction" in file.name]
        if len(corrected) == 1:
            for file in files:
                if file is not corrected[0]:
                    raw.use(file)
                    raw.note(file, f"replaced by the owner's correction, {corrected[0].name}")
            files = corrected
        readings[uid] = files
    return readings


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"[^/]+\.dcm",),
        configs=volume_configs(
            {
                "masks": ListOf(PICTURE),
                "mask_names": ListOf(TEXT),
                "instances": PICTURE,
                "nodules": NODULES,
                "instance_number": INT32,
                "convolution_kernel": TEXT,
            },
            only_slices=("instance_number",),
        ),
        not_used=(
            (r"[^/]+\.xml", "the reading of a series that is not below RAW"),
            (r"[^/]+\.(?:csv|xlsx?|tcia)|LICENSE", "a table or list beside the data"),
        ),
    ),
    cases,
    parts={"xml": (r".+\.xml",)},
    signature=(r"LIDC-IDRI-\d{4}/.+\.(?:dcm|xml)", r"tcia-lidc-xml/\d{3}/\d{3}\.xml", r"161-resubmitted-correction-3-9-12\.xml"),
    ids=(r"LIDC_IDRI_\d{4}",),
    survey=SurveyPlan(to_survey, look, HEAD),
)
