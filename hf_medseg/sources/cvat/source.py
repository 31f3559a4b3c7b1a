"""Bring your own: pictures with the XML of CVAT for images 1.1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hf_medseg.case import Case
from hf_medseg.catalog.about import About
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.source import Edition, Reading, SurveyPlan, source_of
from hf_medseg.errors import Refused
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.drawing import Canvas
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.folders import SPLIT_FOLDER
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.annotated import (
    PICTURE,
    AboutDrawings,
    Pictures,
    classes_of,
    edition_of,
    ids_of,
    looked_at,
    note_missing,
    of_kind,
    sheet_fits,
    split_in,
    to_survey,
)
from hf_medseg.sources.cvat.shapes import Index, Shapes, index_of

LANDMARKS = (r"[^/]+\.(?i:xml)", PICTURE)


def fits(raw: Raw, about: About) -> Sequence[Fit]:
    """The XML of CVAT is told by the words at its beginning."""
    return sheet_fits(raw, "XML of CVAT", of_kind(raw, r"[^/]+\.(?i:xml)", _is_one), many=True)


def _is_one(head: bytes) -> bool:
    return b"<annotations>" in head and (b"<image " in head or b"<track " in head or b"<meta>" in head)


def _labels(indices: Mapping[str, Any]) -> list[str]:
    return [label for index in indices.values() for label in index.labels]


def edition_from(raw: Raw) -> Edition:
    """The edition: its classes are the labels of the task."""
    about = AboutDrawings.of(raw.about)
    return edition_of(about, classes_of(about, _labels(looked_at(raw, Index))), LANDMARKS)


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture that the XML lists."""
    indices = looked_at(raw, Index)
    files = {file.listed: file for file in raw.fit.reading}
    pictures = Pictures(raw, files.values())
    classes = {name: k for k, name in enumerate(classes_of(AboutDrawings.of(raw.about), _labels(indices)), 1)}
    found: dict[str, tuple[RawFile, Shapes, str]] = {}
    for path, index in indices.items():
        raw.use(files[path])
        missing: list[str] = []
        for name, width, height, subset in index.images:
            picture = pictures.named(name, files[path])
            if picture is None:
                missing.append(name)
                continue
            if picture.listed in found:
                raise Refused(
                    f"{path}: {picture.listed} is listed twice, in it or in another file. Take one of the two out of the raw tree."
                )
            split = split_in(f"{subset}/x") or split_in(picture.listed) or split_in(path) or "train"
            found[picture.listed] = picture, Shapes(pictures.placed(files[path]).path, index.shapes.get(name), width, height, name), split
        note_missing(raw, files[path], missing)
    ids = ids_of([picture for picture, _, _ in found.values()])
    for picture, shapes, split in found.values():
        yield Case(ids[picture.listed], {"image": Picture(picture), **Canvas(shapes, classes).columns()}, split=split)


SOURCE = source_of(
    __file__,
    Reading(landmarks=LANDMARKS),
    cases,
    survey=SurveyPlan(to_survey, index_of),
    about_file=AboutDrawings,
    from_about=edition_from,
    fits=fits,
    begins=(rf"{SPLIT_FOLDER}[^/]+\.xml",),
)
