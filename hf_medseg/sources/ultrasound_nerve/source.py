"""Ultrasound Nerve Segmentation: the brachial plexus in frames of ultrasound videos."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, SurveyPlan, source_of
from hf_medseg.dataset.columns import FLAG
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.derived import Occurs
from hf_medseg.masks.labels import Labels, Values
from hf_medseg.masks.rle import Rle, Same
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Found, Raw, union
from hf_medseg.sources.ultrasound_nerve.alike import contradictions, sketch

NERVE = {0: 0, 255: 1}

TABLE = "train_masks.csv"


def frames(raw: Raw) -> tuple[Found, Found]:
    """Frames and masks of the training set by (subject, number)."""
    return raw.find(r"train/(\d+)_(\d+)\.(?i:tif)"), raw.find(r"train/(\d+)_(\d+)_mask\.(?i:tif)")


def surveyed(raw: Raw) -> list[RawFile]:
    """Every frame that has a mask, and its mask."""
    pictures, masks = frames(raw)
    return [file for key in pictures if key in masks for file in (pictures[key], masks[key])]


def contradictory(raw: Raw, pictures: Found, masks: Found) -> set[tuple[str, str]]:
    """Keys of the frames that look like another frame of the same subject and are annotated differently."""
    subjects: dict[str, dict[tuple[str, str], tuple[object, object]]] = {}
    for key, file in pictures.items():
        if key in masks:
            subjects.setdefault(key[0], {})[key] = (raw.survey.get(file.listed), raw.survey.get(masks[key].listed))
    return {key for pairs in subjects.values() for key in contradictions(pairs)}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a frame; where the table of run lengths is there, both codings of a mask must agree."""
    pictures, masks = frames(raw)
    table = raw.table(r"train_masks\.csv", ("subject", "img", "pixels"))
    runs = table.by("subject", "img", among=pictures) if table is not None else None
    flagged = contradictory(raw, pictures, masks)
    for key in union(pictures, masks, runs or {}):
        stem = "_".join(key)
        mask: Labels = Values(Picture(masks.need(key, f"train/{stem}_mask.tif")), NERVE)
        wrong = ""
        if runs is not None and key in runs:
            mask = Same(mask, Rle(runs[key].get("pixels", ""), TABLE), f"the line of {stem} in {TABLE}")
            wrong = runs.conflicts.get(key, "")
        elif runs is not None:
            wrong = f"{TABLE} has no line for it."
        yield Case(
            stem,
            {"image": Picture(pictures.need(key, f"train/{stem}.tif")), "mask": mask, "has_nerve": Occurs(mask)},
            {"contradictory": key in flagged},
            patient_id=key[0],
            problem=Problem.of(wrong),
        )
    for number, file in raw.find(r"test/(\d+)\.(?i:tif)").items():
        yield Case(number, {"image": Picture(file), "mask": None}, split="test")


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"train/\d+_\d+\.(?i:tif)", r"train/\d+_\d+_mask\.(?i:tif)"),
        configs=(Config(columns={"has_nerve": FLAG, "contradictory": FLAG}),),
        not_used=((r"sample_submission\.csv", "a form with dummy values"),),
    ),
    cases,
    signature=(r"train/\d+_\d+_mask\.(?i:tif)",),
    image_mode="L",
    survey=SurveyPlan(surveyed, sketch),
)
