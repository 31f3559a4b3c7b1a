"""Belarus tuberculosis portal (NIAID TB Portals): chest CT and chest X-rays of the same patients, without masks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import FLOAT32, FLOAT64, INT32, SEX, TEXT, Column, ListOf
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source, SurveyPlan, volume_configs
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels import dicom_headers
from hf_medseg.pixels.dicom import DicomPicture, DicomSeries
from hf_medseg.pixels.dicom_damaged import damaged_cases
from hf_medseg.pixels.dicom_headers import Header
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw

FOLDERS = re.compile(r"(?:\A|/)patient/([^/]+)/case/([^/]+)/")
XRAYS = ("CR", "DX")
SEXES = {"F": "female", "M": "male"}


def cases(raw: Raw) -> Iterator[Case]:
    """`slices` and `volumes`: one case a CT series. `cxr`: one case an X-ray."""
    yield from damaged_cases(raw)
    for uid, series in dicom_headers.images(raw).items():
        modality = series.header.modality
        if modality != "CT" and modality not in XRAYS:
            _skip(raw, series.files, "neither CT nor a chest X-ray")
        elif (modality == "CT") != (raw.config != "cxr"):
            _skip(raw, series.files, f"belongs to the config {'slices' if modality == 'CT' else 'cxr'}")
        elif modality == "CT":
            patient, case, wrong = _whose(series.files, series.header)
            columns = {"case_id": case, "convolution_kernel": series.header.kernel or None, **_facts(series.header)}
            yield Case(uid, {"image": DicomSeries(series.files), "mask": None}, columns, patient_id=patient, wrong=wrong)
        else:
            for one in series.instances:
                patient, case, wrong = _whose((one.file,), one.header)
                if one.header.frames > 1:
                    wrong = f"it holds {one.header.frames} frames; an X-ray has one."
                columns = {"case_id": case, "view": one.header.view or None, **_facts(one.header)}
                pixels = {"image": DicomPicture.of(one.file), "mask": None}
                yield Case(one.header.sop_uid, pixels, columns, patient_id=patient, wrong=wrong)


def _skip(raw: Raw, files: tuple[RawFile, ...], reason: str) -> None:
    for file in files:
        raw.skip(file, reason)


def _whose(files: tuple[RawFile, ...], header: Header) -> tuple[str | None, str | None, str]:
    """(patient, case, what is wrong) from the folders of the portal, else from PatientID; copies lie where their files lie."""
    paths = [one.listed for file in files for one in (file, *file.twins)]
    found = sorted({match.groups() for path in paths if (match := FOLDERS.search(path))})
    wrong = f"it lies under several cases: {', '.join('/'.join(one) for one in found)}." if len(found) > 1 else ""
    return (found[0][0], found[0][1], wrong) if found else (header.patient_id or None, None, "")


def _facts(header: Header) -> dict[str, object]:
    return {"modality": header.modality, "sex": SEXES.get(header.sex), "age": header.age}


CASE: dict[str, Column] = {"case_id": TEXT, "modality": TEXT, "sex": SEX, "age": FLOAT32}

SOURCE = Source(
    id="belarus-tb",
    title="Belarus Tuberculosis Portal (NIAID TB Portals)",
    homepage="https://tbportals.niaid.nih.gov/",
    modality=("chest CT", "chest X-ray"),
    anatomy=("lung",),
    task="classification of drug-resistant tuberculosis; no masks",
    summary="Chest CT and chest X-rays of patients with drug-resistant tuberculosis, with labels and reports in tables; grows with each release.",
    access=Access(
        "terms",
        (
            "Have your institution sign the Data Use Agreement with the TB Portals Program: https://tbportals.niaid.nih.gov/download-data.",
            "Fetch the images as the program then tells you; keep the folders patient/<id>/case/<id>/ above them.",
        ),
        (Download("https://data.tbportals.niaid.nih.gov/", client="manual"),),
    ),
    layout=(
        "patient/<id>/case/<id>/imaging/study/<id>/<StudyInstanceUID>/series/<SeriesInstanceUID>/<SOPInstanceUID>.dcm\n"
        "or DICOM files in any folders beside a table of the release (TB_Portals_*.csv): then PatientID is the patient, and the case is null."
    ),
    splits="No official split: one split `train`. A patient may have several cases: split by `patient_id`.",
    quirks=(
        "There are no masks. CT and X-rays of one patient are joined by `patient_id` and `case_id`.",
        "`slices` and `volumes` hold the CT, one volume a series; reconstructions of one scan differ in `convolution_kernel`. `cxr` holds the "
        "X-rays.",
        "Localisers are left out. A JPEG beside a DICOM file is a rendering of it and is not read.",
        "Where high values are dark (MONOCHROME1) they are turned round; `rescale_slope` and `rescale_intercept` lead back.",
        "The tables of a release (resistance, outcome, a radiologist's report, readings by software) have no published layout and are not "
        "read; readings by software look like those of people: keep them apart.",
        "The old portal, tuberculosis.by, is gone. It took patients of one department in Minsk with resistant tuberculosis and a CT within "
        "two months: labels are heavily skewed.",
        "The same patients are in ImageCLEF tuberculosis tasks and in a chest X-ray set on Kaggle, without a table that joins them: results "
        "on one leak into the other.",
    ),
    editions=(
        Edition(
            license=License(
                "other",
                "TB Portals Data Use Agreement",
                "https://tbportals.niaid.nih.gov/download-data",
                "restricted",
                (
                    Evidence(
                        "a Data Use Agreement is needed to copy or obtain data; it is no grant to pass them on",
                        "https://tbportals.niaid.nih.gov/download-data",
                        "high",
                    ),
                ),
                ("The agreement asks to acknowledge the TB Portals Program: use its own words.",),
            ),
            citations=(
                r"""@article{rosenthal2017tbportals,
  title   = {The {TB} Portals: an Open-Access, Web-Based Platform for Global Drug-Resistant-Tuberculosis Data Sharing and Analysis},
  author  = {Rosenthal, Alex and Gabrielian, Andrei and Engle, Eric and Hurt, Darrell E. and Alexandru, Sofia and Crudu, Valeriu and Sergueev, Eugene and others},
  journal = {Journal of Clinical Microbiology}, year = {2017}
}""",
            ),
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
            published=Published(note="counts depend on the release"),
        ),
    ),
    signature=(r"patient/[^/]+/case/[^/]+/imaging/.+", r"(?i:TB[ _-]?Portals)[^/]*\.csv"),
    survey=SurveyPlan(dicom_headers.files, dicom_headers.look, dicom_headers.HEAD),
    cases=cases,
    aliases=("tb-portals",),
)
