"""CAMUS: the left heart in two apical views of echocardiography, at end of diastole and of systole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLOAT32, FLOAT64, INT32, SEX, Label
from hf_medseg.formats.flat import FlatPicture, FlatValues
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.cells import age_in, known, number_in, sex_in, whole_in
from hf_medseg.raw.tables import lines_of
from hf_medseg.raw.tree import Raw, union

SPLITS = {"training": "train", "validation": "validation", "testing": "test"}

PHASES = {"ED": "end_diastole", "ES": "end_systole"}

PATIENT = r"(patient\d{4})/"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a view of a patient in one of two phases."""
    pictures, masks = (raw.find(rf"{PATIENT}\1_([24]CH)_(E[DS]){end}{NIFTI}") for end in ("", "_gt"))
    infos = raw.find(rf"{PATIENT}Info_([24]CH)\.cfg")
    raw.use(*infos.values())
    told = {key: raw.said(file.path, _fields(lines_of(file))) for key, file in infos.items()}
    splits = _splits(raw)
    for key in union(pictures, masks):
        patient, view, phase = key
        name = f"{patient}_{view}_{phase}"
        picture = pictures.need(key, f"{patient}/{name}.nii.gz")
        mask = masks.need(key, f"{patient}/{name}_gt.nii.gz")
        found = splits.get(patient, [])
        lost = "" if len(found) == 1 else f"{patient} is in {len(found)} of the lists of database_split; one is expected."
        yield Case(
            name,
            {
                "image": FlatPicture(picture, NiftiVolume(picture)),
                "mask": Values(FlatValues(NiftiVolume(mask)), {value: value for value in range(4)}),
            },
            {"view": view, "phase": PHASES[phase], **_said(told.get((patient, view), {}), phase)},
            found[0] if found else "train",
            patient,
            problem=Problem.of(lost),
        )


def _fields(lines: list[str]) -> dict[str, str]:
    """The fields of an Info file, which has no sections."""
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _splits(raw: Raw) -> dict[str, list[str]]:
    """The splits in whose lists a patient stands."""
    found: dict[str, list[str]] = {}
    for word, file in raw.find(r"subgroup_(training|validation|testing)\.txt").items():
        raw.use(file)
        for patient in dict.fromkeys(line.strip() for line in lines_of(file)):
            found.setdefault(patient, []).append(SPLITS[word])
    return found


def _said(info: Mapping[str, str], phase: str) -> dict[str, object]:
    """What is known of a patient and a view."""
    quality = known(info.get("ImageQuality"))
    return {
        "frame": whole_in(info, phase, least=1),
        "age": age_in(info, "Age"),
        "sex": sex_in(info, "Sex"),
        "image_quality": quality and quality.lower(),
        "ejection_fraction": number_in(info, "EF"),
    }


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{PATIENT}\1_[24]CH_E[DS]{NIFTI}", r"subgroup_(?:training|validation|testing)\.txt"),
        configs=(
            Config(
                columns={
                    "rescale_slope": FLOAT64,
                    "rescale_intercept": FLOAT64,
                    "view": Label(("2CH", "4CH")),
                    "phase": Label(tuple(PHASES.values())),
                    "frame": INT32,
                    "age": FLOAT32,
                    "sex": SEX,
                    "image_quality": Label(("poor", "medium", "good")),
                    "ejection_fraction": FLOAT32,
                }
            ),
        ),
        not_used=((rf"patient\d{{4}}_[24]CH_half_sequence(?:_gt)?{NIFTI}", "a half sequence, whose two ends are the pictures"),),
    ),
    cases,
    signature=(rf"patient\d{{4}}_[24]CH_(?:E[DS]|half_sequence)(?:_gt)?{NIFTI}",),
    ids=(r"patient\d{4}_[24]CH_(?:ED|ES|half_sequence)",),
)
