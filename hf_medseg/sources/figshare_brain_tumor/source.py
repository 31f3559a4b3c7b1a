"""Jun Cheng's brain tumors: slices of MRI in MATLAB v7.3, each file with its patient and the kind of tumor."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, SurveyPlan, source_of
from hf_medseg.dataset.columns import FLOAT64, INT32, Label
from hf_medseg.errors import Rejected
from hf_medseg.formats.stacks import Stack, StackPicture, StackValues
from hf_medseg.masks.labels import Values
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.figshare_brain_tumor.mat import IMAGE, KINDS, MASK, Slice, look

SLICE, FOLDS = r"([1-9]\d{0,3})\.(?i:mat)", r"cvind\.(?i:mat)"
OWNERS = r"brainTumorDataPublic_\d+-\d+/[1-9]\d{0,3}\.(?i:mat)"


def to_survey(raw: Raw) -> list[RawFile]:
    """All slices, and the folds."""
    return [*raw.find(SLICE).values(), *raw.find(FOLDS).values()]


def cases(raw: Raw) -> Iterator[Case]:
    """One case a file."""
    folds = _folds(raw)
    for number, file in raw.find(SLICE).items():
        seen, wrong = raw.survey[file.listed], ""
        columns: dict[str, object] = {}
        patient = None
        if isinstance(seen, Rejected):
            wrong = seen.expected
        elif isinstance(seen, Slice):
            patient, columns["label"] = seen.patient, seen.kind
        if folds and int(number) > len(folds):
            wrong = wrong or f"cvind.mat has folds of {len(folds)} slices, and none for it."
        elif folds:
            columns["fold"] = folds[int(number) - 1]
        # MATLAB counts columns first.
        image, mask = (StackPicture(file, Stack(file, name, "wh"), 0) for name in (IMAGE, MASK))
        yield Case(
            number,
            {"image": image, "mask": Values(StackValues(mask), {0: 0, 1: 1})},
            columns,
            patient_id=patient,
            problem=Problem.of(wrong, "Fetch the owner's file again."),
        )


def _folds(raw: Raw) -> tuple[int, ...]:
    """The fold of each slice in the order of their numbers; nothing where nobody says."""
    file = raw.one(FOLDS)
    if file is None:
        return ()
    raw.use(file)
    seen = raw.survey[file.listed]
    if isinstance(seen, tuple):
        return seen
    raw.note(file, f"`fold` is empty: {seen}")
    return ()


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(SLICE,),
        configs=(
            Config(columns={"label": Label(tuple(KINDS.values())), "fold": INT32, "rescale_slope": FLOAT64, "rescale_intercept": FLOAT64}),
        ),
        not_used=((r"README\.txt", "text about the data"),),
    ),
    cases,
    signature=(OWNERS, FOLDS),
    survey=SurveyPlan(to_survey, look),
)
