"""Kaggle Diabetic Retinopathy Detection (EyePACS, 2015): a grade of retinopathy for each eye, no masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import LATERALITY, Label
from hf_medseg.errors import Refused
from hf_medseg.formats.picture import Picture
from hf_medseg.raw.cells import whole
from hf_medseg.raw.tree import Raw

GRADES = ("no_dr", "mild", "moderate", "severe", "proliferative")

LEVELS = {str(level): name for level, name in enumerate(GRADES)}

EYE = r"(\d+)_(left|right)"

TABLES = {"train": r"trainLabels\.csv", "test": r"(?:retinopathy_solution|testLabels)\.csv"}

# Several public readers leave these out.
BAD = {"492_right", "25313_right", "27096_right"}

BAD_WORDS = "nearly black or unreadable: several public readers leave this picture out"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a photograph; the two eyes of a person share `patient_id`."""
    if copy := raw.one(r"(?:train|test)/\d+_(?:left|right)\.(?!jpeg)\w+"):
        raise Refused(
            f"{copy.listed}: the owner's photographs end in .jpeg; this one comes from a re-sized or re-coded copy, and mixed sources would "
            "pass unseen. Take the copies out of train/ and test/, or fetch the owner's archives."
        )
    # sample.zip holds copies of training photographs.
    photographs = {
        "train": raw.find(rf"train/{EYE}\.jpeg").beside(raw.find(rf"sample/{EYE}\.jpeg")),
        "test": raw.find(rf"test/{EYE}\.jpeg"),
    }
    for split, found in photographs.items():
        if not found:
            continue
        lines = raw.table(TABLES[split], ("image", "level"))
        table = None if lines is None else lines.by("image", of={f"{patient}_{eye}" for patient, eye in found})
        for (patient, eye), file in found.items():
            stem = f"{patient}_{eye}"
            record = table.get(stem, {}) if table is not None else {}
            wrong = "" if table is None else table.conflicts.get(stem, "")
            if table is not None and not wrong and _level(record) not in LEVELS:
                wrong = (
                    f"its level is {record.get('level')!r}; 0 to 4 expected."
                    if record
                    else f"the label table of {split} has no line for it."
                )
            if stem in BAD:
                raw.note(file, BAD_WORDS)
            yield Case(
                stem,
                {"image": Picture(file)},
                {"label": LEVELS.get(_level(record)), "laterality": eye, "usage": record.get("Usage", "").lower() or None},
                split=split,
                patient_id=patient,
                problem=Problem.of(wrong, known=BAD_WORDS if stem in BAD else ""),
            )


def _level(record: Mapping[str, str]) -> str:
    """The grade of an eye as its digit: spreadsheets make `2.0` of it."""
    level = whole(record.get("level"))
    return "" if level is None else str(level)


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"train/{EYE}\.jpeg", r"trainLabels\.csv"),
        configs=(Config(columns={"label": Label(GRADES), "laterality": LATERALITY, "usage": Label(("public", "private"))}),),
        not_used=((r"sampleSubmission\.csv", "a template for submissions, no labels"),),
    ),
    cases,
    signature=(rf"(?:train|test)/{EYE}\.jpeg", r"retinopathy_solution\.csv"),
    ids=(r"[1-4]\d{4}_(?:left|right)",),
    image_mode="RGB",
)
