"""Bring your own: pictures with the JSON files of LabelMe (and of tools that write the same, such as X-AnyLabeling)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hf_medseg.case import Case
from hf_medseg.catalog.about import About
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.source import Edition, Reading, SurveyPlan, source_of
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.folders import SPLIT_FOLDER
from hf_medseg.raw.long_json import keys_in
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.annotated import PICTURE, AboutDrawings, of_kind, sheet_cases, sheet_edition, sheet_fits
from hf_medseg.sources.labelme_json import look, sheet_of

LANDMARKS = (r"[^/]+\.(?i:json)", PICTURE)


FOLDERS = {"labels": "images", "annotations": "images", "json": "images", "jsons": "images", "ann": "img"}


def fits(raw: Raw, about: About) -> Sequence[Fit]:
    """LabelMe files are told by the names at their beginning."""
    return sheet_fits(raw, "LabelMe files", of_kind(raw, r"[^/]+\.(?i:json)", lambda head: "shapes" in keys_in(head)))


def to_survey(raw: Raw) -> list[RawFile]:
    """The LabelMe files."""
    return list(raw.fit.reading)


def edition_from(raw: Raw) -> Edition:
    """See `sheet_edition`."""
    return sheet_edition(raw, LANDMARKS)


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture that has a LabelMe file."""
    return sheet_cases(raw, sheet_of, FOLDERS)


SOURCE = source_of(
    __file__,
    Reading(landmarks=LANDMARKS),
    cases,
    survey=SurveyPlan(to_survey, look),
    about_file=AboutDrawings,
    from_about=edition_from,
    fits=fits,
    begins=(rf"{SPLIT_FOLDER}[^/]+\.json",),
)
