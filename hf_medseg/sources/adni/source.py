"""ADNI: any collection of MR and PET images of the Alzheimer's Disease Neuroimaging Initiative, with research groups and no masks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Reading, SurveyPlan, source_of, volume_configs
from hf_medseg.dataset.columns import FLOAT32, INT32, SEX, TEXT, Label
from hf_medseg.errors import Rejected
from hf_medseg.formats import dicom_header, dicom_series
from hf_medseg.formats.dicom import DicomSeries
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.formats.volume import VolumeImage
from hf_medseg.raw.cells import age_in, known, number_in, sex_in
from hf_medseg.raw.files import Head, RawFile, Whole
from hf_medseg.raw.tree import Raw, union
from hf_medseg.words import counted

GROUPS = ("cn", "smc", "emci", "mci", "lmci", "ad", "patient")  # the last one says no more than that

METADATA = ("researchGroup", "subjectSex", "subjectAge", "visitIdentifier")

SUBJECT = r"\d{3}_S_\d{4,5}"

# The id at the end of a file's name is the one safe key; folders may be missing.
IMAGE = rf"(?:{SUBJECT}/[^/]+/[^/]+/[SI]\d+/)?[^/]*_I(\d+)"

SLICE = re.compile(r"_I(\d+)\.dcm\Z")

XML = r"[^/]*_I(\d+)\.xml"

# The header of a search table, by the page it was saved from.
IDS = ("Image Data ID", "Image ID")


def to_survey(raw: Raw) -> list[RawFile]:
    """The DICOM files, and the metadata of images."""
    return [*dicom_series.files(raw), *raw.find(XML).values()]


def look(data: bytes, path: str) -> Any:
    """What is known of one file: of metadata what goes into columns, of DICOM the header."""
    if not path.endswith(".xml"):
        return dicom_header.look_unnamed(data, path)
    if isinstance(data, Head):
        raise Whole
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Rejected(path, f"metadata in XML expected ({type(error).__name__}).", "Fetch the metadata again.") from None
    texts: dict[str, str | None] = {}
    for item in root.iter():  # the first of a name counts
        texts.setdefault(item.get("term") or item.tag.rpartition("}")[2], item.text)
    return {
        **{name: texts.get(name) for name in (*METADATA, "Field Strength")},
        "description": known(texts.get("processedDataLabel") or texts.get("description")),
        "processing": "processed" if "derivedProduct" in texts else "original",
    }


def _of_metadata(raw: Raw, file: RawFile) -> dict[str, Any]:
    """The columns that the metadata of an image gives, which the survey looked at.

    Raises:
        Rejected: the metadata is damaged.
    """
    seen = raw.survey.get(file.listed)
    if isinstance(seen, Rejected):
        raise seen
    assert isinstance(seen, dict)
    said = raw.said(file.path, seen)
    return {
        **_facts(said, *METADATA),
        "description": seen["description"],
        "processing": seen["processing"],
        "field_strength": number_in(said, "Field Strength", "T", least=0),
    }


def cases(raw: Raw) -> Iterator[Case]:
    """One case an image id: a DICOM series, a NIfTI file or an Analyze pair."""
    found = _images(raw)
    facts, wrong = _tables(raw, found)
    metadata = raw.find(XML)
    raw.use(*metadata.values())
    for key in union(*found):
        # One id in two formats makes two cases of one id, of which the pipeline rejects the second by name.
        for image, path in (some[key] for some in found if key in some):
            said: dict[str, Any] = {}
            try:
                said = _of_metadata(raw, metadata[key]) if key in metadata else {}
            except Rejected as error:
                wrong[key] = str(error)
            person = re.search(SUBJECT, path)
            protocol = re.search(rf"{SUBJECT}/([^/]+)/[^/]+/[SI]\d+/", path)
            modality = re.search(rf"{SUBJECT}_([A-Z]{{2}})_", path)
            yield Case(
                f"I{key}",
                {"image": image, "mask": None},
                {
                    "rid": int(person[0].rpartition("_")[2]) if person else None,
                    "modality": modality[1] if modality else None,
                    "description": protocol[1] if protocol else None,
                    **{name: value for name, value in said.items() if value is not None},
                    **{name: value for name, value in facts.get(key, {}).items() if value is not None},
                },
                patient_id=person[0] if person else None,
                problem=Problem.of(wrong.get(key, "")),
            )


def _images(raw: Raw) -> list[dict[str, tuple[VolumeImage, str]]]:
    """(image, where it lies) by image id, for each file format."""
    slices: dict[str, list[tuple[RawFile, str]]] = {}
    instances = [(one.file, one.origin) for series in dicom_series.images(raw).values() for one in series.instances]
    for file, origin in (*instances, *((file, file.listed) for file in dicom_series.unreadable(raw))):
        if match := SLICE.search(origin):
            slices.setdefault(match[1], []).append((file, origin))
        else:
            raw.skip(file, "its name does not end in an image id")
    voxels, headers = raw.find(rf"{IMAGE}\.(?i:img)"), raw.find(rf"{IMAGE}\.(?i:hdr)")
    names = {key: (voxels.get(key) or headers[key]).path[: -len(".img")] for key in union(voxels, headers)}
    pairs = {key: (voxels.need(key, f"{name}.img"), headers.need(key, f"{name}.hdr")) for key, name in names.items()}
    return [
        {key: (DicomSeries(tuple(file for file, _ in some)), some[0][1]) for key, some in slices.items()},
        {key: (NiftiVolume(file), file.listed) for key, file in raw.find(rf"{IMAGE}{NIFTI}").items()},
        {key: (NiftiVolume(*pair), pair[0].listed) for key, pair in pairs.items()},
    ]


def _tables(raw: Raw, found: list[dict[str, tuple[VolumeImage, str]]]) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """(what the search tables say by image id, what is wrong with an id)."""
    facts: dict[str, dict[str, Any]] = {}
    wrong: dict[str, str] = {}
    for column in IDS:
        for table in raw.tables(r"[^/]+\.csv", (column, "Sex", "Age")):
            lacking = []
            for row in table:
                key = row[column].removeprefix("I")
                said = {
                    **_facts(row, "Group" if "Group" in row else "Research Group", "Sex", "Age", "Visit"),
                    "description": known(row.get("Description")),
                    "processing": (kind := known(row.get("Type"))) and ("original" if kind.lower() == "original" else "processed"),
                }
                if facts.setdefault(key, said) != said:
                    wrong[key] = f"{table.file.path} lists I{key} with other values than another line or table."
                if not any(key in some for some in found):
                    lacking.append(f"I{key}")
            if lacking:
                raw.note(table.file, f"lists {counted(len(lacking), 'image')} that the raw tree lacks, such as {lacking[0]}")
    return facts, wrong


def _facts(texts: Any, group: str, sex: str, age: str, visit: str) -> dict[str, Any]:
    """The person's columns, each by its name in a table or in metadata; a group or sex that nobody declared stays as it is."""
    label = known(texts.get(group))
    return {
        "label": label and label.lower(),
        "sex": sex_in(texts, sex),
        "age": age_in(texts, age, nothing=(-4,)),
        "visit": known(texts.get(visit)),
    }


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"(?:[^/]*{SUBJECT}|{SUBJECT}/(?:[^/]+/)*)[^/]*_I\d+\.(?:dcm|nii|nii\.gz|img)",),
        configs=volume_configs(
            {
                "label": Label(GROUPS),
                "sex": SEX,
                "age": FLOAT32,
                "visit": TEXT,
                "rid": INT32,
                "modality": TEXT,
                "description": TEXT,
                "processing": Label(("original", "processed")),
                "field_strength": FLOAT32,
            }
        ),
        not_used=(
            (r".*\.mnc(?:\.gz)?", "a MINC file of an old export"),
            (r"[^/]+\.csv", "a study table: it describes visits, not images"),
        ),
    ),
    cases,
    signature=(
        rf"ADNI_{SUBJECT}_[^/]*_I\d+\.(?:dcm|nii|nii\.gz|img|hdr|mnc|xml)",
        rf"{SUBJECT}/[^/]+/\d{{4}}-\d\d-\d\d_\d\d_\d\d_\d\d\.\d/[SI]\d+/[^/]+",
    ),
    ids=(SUBJECT,),
    survey=SurveyPlan(to_survey, look, dicom_header.HEAD),
)
