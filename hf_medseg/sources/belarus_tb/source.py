"""Belarus tuberculosis portal (NIAID TB Portals): chest CT and chest X-rays of the same patients, without masks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, SurveyPlan, source_of, volume_configs
from hf_medseg.dataset.columns import FLOAT32, FLOAT64, INT32, SEX, TEXT, Column, ListOf
from hf_medseg.formats import dicom_header, dicom_series
from hf_medseg.formats.dicom import DicomPicture, DicomSeries
from hf_medseg.formats.dicom_header import Header
from hf_medseg.raw.cells import age_said
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.dicom_damaged import damaged_cases

FOLDERS = re.compile(r"(?:\A|/)patient/([^/]+)/case/([^/]+)/")

XRAYS = ("CR", "DX")

SEXES = {"F": "female", "M": "male"}


def cases(raw: Raw) -> Iterator[Case]:
    """`slices` and `volumes`: one case a CT series. `cxr`: one case an X-ray."""
    yield from damaged_cases(raw)
    for uid, series in dicom_series.images(raw).items():
        modality = series.header.modality
        if modality != "CT" and modality not in XRAYS:
            _skip(raw, series.files, "neither CT nor a chest X-ray")
        elif (modality == "CT") != (raw.config != "cxr"):
            _skip(raw, series.files, f"belongs to the config {'slices' if modality == 'CT' else 'cxr'}")
        elif modality == "CT":
            patient, case, wrong = _whose(series.files, series.header)
            columns = {"case_id": case, "convolution_kernel": series.header.kernel or None, **_facts(raw, series.header)}
            yield Case(uid, {"image": DicomSeries(series.files), "mask": None}, columns, patient_id=patient, problem=Problem.of(wrong))
        else:
            for one in series.instances:
                patient, case, wrong = _whose((one.file,), one.header)
                if one.header.frames > 1:
                    wrong = f"it holds {one.header.frames} frames; an X-ray has one."
                columns = {"case_id": case, "view": one.header.view or None, **_facts(raw, one.header)}
                pixels = {"image": DicomPicture.of(one.file), "mask": None}
                yield Case(one.header.sop_uid, pixels, columns, patient_id=patient, problem=Problem.of(wrong))


def _skip(raw: Raw, files: tuple[RawFile, ...], reason: str) -> None:
    for file in files:
        raw.skip(file, reason)


def _whose(files: tuple[RawFile, ...], header: Header) -> tuple[str | None, str | None, str]:
    """(patient, case, what is wrong) from the folders of the portal, else from PatientID; copies lie where their files lie."""
    paths = [one.listed for file in files for one in (file, *file.twins)]
    found = sorted({match.groups() for path in paths if (match := FOLDERS.search(path))})
    wrong = f"it lies under several cases: {', '.join('/'.join(one) for one in found)}." if len(found) > 1 else ""
    return (found[0][0], found[0][1], wrong) if found else (header.patient_id or None, None, "")


def _facts(raw: Raw, header: Header) -> dict[str, object]:
    age = age_said(header.age, header.series_uid, raw.doubts)
    return {"modality": header.modality, "sex": SEXES.get(header.sex), "age": age}


CASE: dict[str, Column] = {"case_id": TEXT, "modality": TEXT, "sex": SEX, "age": FLOAT32}

SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"(?:patient/[^/]+/case/[^/]+/imaging/.+|(?i:TB[ _-]?Portals)[^/]*\.csv)",),
        configs=(
            *volume_configs({**CASE, "convolution_kernel": TEXT, "instance_number": INT32}, only_slices=("instance_number",)),
            Config(
                "cxr",
                {**CASE, "view": TEXT, "pixel_spacing": ListOf(FLOAT64), "rescale_slope": FLOAT64, "rescale_intercept": FLOAT64},
                description="One row a chest X-ray.",
            ),
        ),
        not_used=(
            (r".+\.jpe?g", "a rendering; DICOM files are read"),
            (r"[^/]+\.csv", "a table of the release, whose layout is not published"),
        ),
    ),
    cases,
    signature=(r"patient/[^/]+/case/[^/]+/imaging/.+", r"(?i:TB[ _-]?Portals)[^/]*\.csv"),
    survey=SurveyPlan(dicom_series.files, dicom_header.look, dicom_header.HEAD),
)
