"""Cardiac cine MR: the Sunnybrook Cardiac Data with its contours, and the SCMR consensus studies, whose contours are not handed out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from hf_medseg.case import Case, Problem, Recipe
from hf_medseg.catalog.source import Config, Reading, SurveyPlan, facts_of, source_of
from hf_medseg.dataset.columns import FLOAT32, INT32, PICTURE, SEX, TEXT, VOLUME_COLUMNS, Column, Label, annotated
from hf_medseg.formats import dicom_header, dicom_series
from hf_medseg.formats.dicom import DicomPicture
from hf_medseg.formats.dicom_series import Instance, Series
from hf_medseg.masks.derived import Larger
from hf_medseg.masks.labels import Painted
from hf_medseg.masks.polygons import OUTLINES, Between, Outlines, Polygon
from hf_medseg.raw.cells import age_in, known, sex_in
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.dicom_damaged import damaged_cases
from hf_medseg.sources.scmr_consensus.cine import cine

STUDY = r"SC-(?:HF-I|HF-NI|HYP|N)-\d+"

CONTOUR = rf"({STUDY})/(?:contours-manual/IRCCI-expert/|[io]-contours/)?IM-\d{{4}}-(\d{{4}})-(i|o|p1|p2)contour-manual\.txt"

TABLES = ((r"scd_patientdata\.(?:csv|xlsx)", "PatientID", "OriginalID"), (r"link\.csv", "patient_id", "original_id"))

TABLE = "|".join(pattern for pattern, *_ in TABLES)

PATIENT = re.compile(rf"(?:\A|/)(SCD\d{{7}}|{STUDY})/")

SET = re.compile(r"(?:\A|/)challenge_(training|validation|online)/")

SPLITS = {"training": "train", "validation": "validation", "online": "online"}

SHORT_AXIS = re.compile(r"sax|short.?ax|(?<![a-z])sa(?![a-z])")

CLASSES = facts_of(__file__).classes

NAMES = {"i": "inner", "o": "outer", "p1": "papillary_1", "p2": "papillary_2"}

# study -> file number -> letter -> contour
Contours = dict[str, dict[int, dict[str, RawFile]]]


def cases(raw: Raw) -> Iterator[Case]:
    """Sunnybrook: one case a frame with contours. SCMR: one case a frame of a short-axis cine."""
    yield from damaged_cases(raw)
    patients: dict[str, list[Series]] = {}
    for series in dicom_series.images(raw).values():
        found = PATIENT.search(series.instances[0].origin) if raw.edition != "consensus" else None
        patient = found[1] if found else series.header.patient_id or series.header.study_uid
        patients.setdefault(patient, []).append(series)
    yield from _consensus(raw, patients) if raw.edition == "consensus" else _sunnybrook(raw, patients)


def _sunnybrook(raw: Raw, patients: dict[str, list[Series]]) -> Iterator[Case]:
    contours, people = _contours(raw), _people(raw, patients)
    for patient, series in patients.items():
        study, facts, wrong = people.get(patient, (patient if raw.edition == "sunnybrook-2009" else "", {}, ""))
        drawn = contours.pop(_plain(study), {})
        chosen = _contoured(series, set(drawn))
        frames, places = _by_number(chosen), cine(chosen.instances)
        for file in (file for one in series for file in one.files):
            raw.skip(file, "a frame without contours" if file in chosen.files else "not of the short-axis cine that was contoured")
        slices = {at: places[frame.header.sop_uid].location for at, frame in frames.items()}
        for at, files in drawn.items():
            frame = frames.get(at)
            if frame is None:
                image = DicomPicture.of(RawFile(f"{patient}/<its short-axis cine>/<...>-{at:04d}.dcm", 0, None))
                yield Case(f"{patient}_{at}", {"image": image, **_masks(files, [])}, patient_id=patient, problem=Problem.of(wrong))
                continue
            others = [drawn[other]["i"] for other in drawn if other != at and "i" in drawn[other] and slices.get(other) == slices[at]]
            split = SET.search(frame.origin)
            yield Case(
                f"{patient}_{_stem(frame)}",
                {"image": DicomPicture.of(frame.file), **_masks(files, others)},
                {
                    **places[frame.header.sop_uid].columns,
                    "annotated_classes": CLASSES if "o" in files else CLASSES[:1],
                    "original_id": study,
                    **facts,
                },
                split=SPLITS[split[1]] if split else "train",
                patient_id=patient,
                problem=Problem.of(wrong or _one_frame(frame)),
            )
    for drawn in contours.values():
        for file in (file for files in drawn.values() for file in files.values()):
            raw.skip(file, "contours of a study whose images are not in the raw tree, or that no line of the table names")


def _masks(files: dict[str, RawFile], others: list[RawFile]) -> dict[str, Recipe]:
    """What is drawn on one frame; `others` are the inner contours of the same slice at other phases."""
    first = next(iter(files.values()))
    inner = Polygon(files.get("i") or RawFile(re.sub(r"[^-/]+(?=-manual\.txt)", "icontour", first.path), 0, None))
    wall = (Between(Polygon(files["o"]), inner, 2),) if "o" in files else ()
    return {
        "mask": Painted((inner, *wall)),
        **{f"mask_{NAMES[letter]}": Polygon(files[letter]) for letter in ("p1", "p2") if letter in files},
        "outlines": Outlines({NAMES[letter]: Polygon(file) for letter, file in files.items()}),
        "phase_label": Larger(inner, tuple(map(Polygon, others)), "ed", "es"),
    }


def _contours(raw: Raw) -> Contours:
    """The contour files; the same study under both ways to write its name is one."""
    found: Contours = {}
    for (study, at, letter), file in raw.find(CONTOUR).items():
        files = found.setdefault(_plain(study), {}).setdefault(int(at), {})
        files[letter] = replace(files[letter], twins=(*files[letter].twins, file)) if letter in files else file
    return {study: {at: dict(sorted(files.items())) for at, files in sorted(drawn.items())} for study, drawn in found.items()}


def _people(raw: Raw, there: Collection[str]) -> dict[str, tuple[str, dict[str, Any], str]]:
    """Patient -> (study, columns, what is wrong with them in the table)."""
    for pattern, patient, study in TABLES:
        if (table := raw.table(pattern, (patient, study))) is not None:
            patients, studies = table.by(patient, of=there, each=True), table.by(study)
            return {
                key: (row[study], _facts(row), patients.conflicts.get(key, "") or studies.conflicts.get(row[study], ""))
                for key, row in patients.items()
            }
    return {}


def _facts(row: Any) -> dict[str, Any]:
    diagnosis = known(row.get("Pathology"))
    return {
        "sex": sex_in(row, "Gender"),
        "age": age_in(row, "Age"),
        "diagnosis": diagnosis and diagnosis.lower().replace(" ", "_"),
    }


def _plain(study: str) -> str:
    """A study's name without leading zeros in its number: tables and folders write it differently."""
    group, _, last = study.rpartition("-")
    return f"{group}-{last.lstrip('0')}"


def _contoured(series: list[Series], wanted: set[int]) -> Series:
    """The short-axis series, of several the one whose file numbers cover most contours."""
    named = [one for one in series if "CINESAX" in f"{one.header.description} {one.instances[0].origin}".upper()]
    return max(named or series, key=lambda one: len(wanted & _by_number(one).keys()))


def _by_number(series: Series) -> dict[int, Instance]:
    """The frames of a series by the last number in their file names; names without any give their InstanceNumber."""
    found: dict[int, Instance] = {}
    for one in series.instances:
        digits = re.findall(r"\d+", _stem(one))
        found.setdefault(int(digits[-1]) if digits else one.header.instance_number or 0, one)
    return found


def _stem(instance: Instance) -> str:
    return re.sub(r"(?i)\.dcm\Z", "", instance.origin.rpartition("/")[2])


def _consensus(raw: Raw, patients: dict[str, list[Series]]) -> Iterator[Case]:
    for patient, series in patients.items():
        short = [one for one in series if SHORT_AXIS.search(one.header.description.lower())]
        for file in (file for one in series if one not in short for file in one.files):
            raw.skip(file, "no short-axis cine by the description of its series")
        frames = [instance for one in short for instance in one.instances]
        places = cine(frames)
        for frame in frames:
            yield Case(
                f"{patient}_{frame.header.sop_uid}",
                {"image": DicomPicture.of(frame.file), "mask": None},
                places[frame.header.sop_uid].columns,
                patient_id=patient,
                problem=Problem.of(_one_frame(frame)),
            )


def _one_frame(frame: Instance) -> str:
    return f"it holds {frame.header.frames} frames; files of one frame expected." if frame.header.frames > 1 else ""


CINE: dict[str, Column] = {
    **{name: column for name, column in VOLUME_COLUMNS.items() if name != "volume_id"},
    "phase_index": INT32,
    "num_phases": INT32,
    "trigger_time": FLOAT32,
    "instance_number": INT32,
    "sop_instance_uid": TEXT,
}

SUNNYBROOK = Config(
    columns={
        **CINE,
        "phase_label": Label(("ed", "es")),
        "annotated_classes": annotated(CLASSES),
        "mask_papillary_1": PICTURE,
        "mask_papillary_2": PICTURE,
        "outlines": OUTLINES,
        "original_id": TEXT,
        "sex": SEX,
        "age": FLOAT32,
        "diagnosis": Label(
            ("heart_failure_with_infarct", "heart_failure_without_infarct", "hypertrophy", "normal"),
        ),
    }
)

NOT_USED = (
    (r"SCD_ManualContours/README\.txt", "the owner's text"),
    (r"[^/]*CC0_License\.htm", "the license, as shipped with the contours"),
    (r".+contour-auto[^/]*\.txt", "an automatic contour"),
    (CONTOUR, "a contour of no frame in the raw tree"),
)

SOURCE = source_of(
    __file__,
    {
        "sunnybrook": Reading(
            landmarks=(CONTOUR, rf"(?:{TABLE})"),
            configs=(SUNNYBROOK,),
            not_used=NOT_USED,
        ),
        "sunnybrook-2009": Reading(
            landmarks=(CONTOUR, rf"{STUDY}/(?:.+/)?[^/]+\.dcm"),
            not_landmarks=(rf"(?:{TABLE})",),
            configs=(SUNNYBROOK,),
            not_used=NOT_USED,
        ),
        "consensus": Reading(
            landmarks=(r"[^/]+\.(?i:dcm|dicom|ima)|[^/]*(?i:scmr)[^/]*/.+",),
            not_landmarks=(CONTOUR, rf"(?:{TABLE})", r"SCD\d{7}/.+", rf"{STUDY}/.+"),
            configs=(Config(columns=CINE),),
            not_used=((r".+\.(?:txt|xml|cvi42wsx|con)", "contours that somebody added: the owners hand none out"),),
        ),
    },
    cases,
    signature=(
        CONTOUR,
        r"scd_patientdata\.(?:csv|xlsx)",
        r"SCD\d{7}/(?:CINE|IM-)[^/]*(?:/[^/]+)?\.dcm",
        r"[^/]*(?i:scmr)[ _-]?(?i:consensus)[^/]*/.+\.dcm",
    ),
    ids=(r"SC[-_](?:HF[-_]N?I|HYP|N)[-_]\d{1,2}", r"SCD\d{7}"),
    survey=SurveyPlan(dicom_series.files, dicom_header.look, dicom_header.HEAD),
)
