"""Bring your own: pictures with GeoJSON, as QuPath exports its annotations and detections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hf_medseg.case import Case
from hf_medseg.catalog.about import About
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.source import Edition, Reading, SurveyPlan, source_of
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.folders import SPLIT_FOLDER
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.annotated import PICTURE, AboutDrawings, of_kind, sheet_cases, sheet_edition, sheet_fits
from hf_medseg.sources.qupath.features import look, sheet_of

FILE = r"[^/]+\.(?i:geojson|json)"


LANDMARKS = (FILE, PICTURE)


FOLDERS = {"geojson": "images", "geojsons": "images", "annotations": "images", "labels": "images", "exports": "images"}


def _is_one(head: bytes) -> bool:
    return b'"Feature' in head and b'"geometry"' in head


def fits(raw: Raw, about: About) -> Sequence[Fit]:
    """GeoJSON files are told by the words at their beginning."""
    return sheet_fits(raw, "GeoJSON files of QuPath", of_kind(raw, FILE, _is_one))


def to_survey(raw: Raw) -> list[RawFile]:
    """The GeoJSON files."""
    return list(raw.fit.reading)


def edition_from(raw: Raw) -> Edition:
    """See `sheet_edition`."""
    return sheet_edition(raw, LANDMARKS)


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture that has a GeoJSON file."""
    return sheet_cases(raw, sheet_of, FOLDERS)


SOURCE = source_of(
    __file__,
    Reading(landmarks=LANDMARKS),
    cases,
    survey=SurveyPlan(to_survey, look),
    about_file=AboutDrawings,
    from_about=edition_from,
    fits=fits,
    begins=(rf"{SPLIT_FOLDER}[^/]+\.geojson",),
)
