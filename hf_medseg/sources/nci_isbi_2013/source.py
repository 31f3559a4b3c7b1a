"""NCI-ISBI 2013: two zones of the prostate in T2-weighted MRI; DICOM series of two collections, NRRD masks by patient."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Reading, SurveyPlan, source_of, volume_configs
from hf_medseg.dataset.columns import INT32, Label
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.formats import dicom_series
from hf_medseg.formats.dicom import DicomSeries
from hf_medseg.formats.dicom_header import HEAD, look
from hf_medseg.formats.dicom_series import Series
from hf_medseg.formats.fitted import Fitted
from hf_medseg.formats.headed import HeadedVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.dicom_damaged import damaged_cases

SPLITS = {"training": "train", "leaderboard": "leaderboard", "test": "test"}

PATIENT = r"Prostate(?:3T|Dx)-\d\d-\d{4}"

# Some names end in a word of their own, such as _correctedLabels.
MASK = rf"[^/]*(?i:(Training|Leaderboard|Test))[^/]*/({PATIENT})(?:_[A-Za-z]+)?\.nrrd"

SCANNERS = {"Prostate3T": "prostate_3t", "ProstateDx": "prostate_diagnosis"}

SEVERAL = "Keep the series that the challenge's manifest (.tcia) lists for this patient, and take the others out of the raw tree."


def cases(raw: Raw) -> Iterator[Case]:
    """One case a patient with a mask."""
    yield from damaged_cases(raw)
    series: dict[str, list[Series]] = {}
    masks = {patient: (split, file) for (split, patient), file in raw.find(MASK).items()}
    for one in dicom_series.images(raw).values():
        patient = one.header.patient_id
        if patient in masks and one.header.modality == "MR":
            series.setdefault(patient, []).append(one)
        else:
            for file in one.files:
                raw.skip(file, "images without a mask in the challenge")
    for patient, (split, file) in masks.items():
        found = series.get(patient, [])
        files = found[0].files if found else (RawFile(f"a DICOM series with the PatientID {patient}", 0, None),)
        wrong = f"{len(found)} MR series of {patient} are there; one is expected, on which its mask was drawn." if len(found) > 1 else ""
        yield Case(
            patient,
            {
                "image": DicomSeries(files),
                "mask": Values(
                    Fitted(HeadedVolume(file), NOT_ANNOTATED),
                    {0: 0, 1: 1, 2: 2, NOT_ANNOTATED: NOT_ANNOTATED},
                ),
            },
            {"collection": SCANNERS[patient.partition("-")[0]]},
            SPLITS[split.lower()],
            patient,
            Problem.of(wrong, SEVERAL),
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(MASK,),
        configs=volume_configs({"collection": Label(tuple(SCANNERS.values())), "instance_number": INT32}, only_slices=("instance_number",)),
        not_used=((r"[^/]+\.(?:csv|xlsx?|tcia|txt)|LICENSE", "a table or list beside the data"),),
        uncertain=True,
    ),
    cases,
    signature=(MASK,),
    ids=(r"Prostate(?:3T|Dx)_\d\d_\d{4}",),
    survey=SurveyPlan(dicom_series.files, look, HEAD),
)
