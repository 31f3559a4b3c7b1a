"""Bring your own: pictures with the text files of YOLO segmentation, as Ultralytics and Roboflow write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hf_medseg.case import Case
from hf_medseg.catalog.about import About
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.source import Edition, Reading, SurveyPlan, source_of
from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.picture import PICTURE_NAME, Picture
from hf_medseg.masks.drawing import Canvas
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.splits import SPLIT_FOLDER, split_of
from hf_medseg.raw.tables import decoded
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.annotated import AboutDrawings, Pictures, classes_of, edition_of, ids_of, of_kind, split_in
from hf_medseg.sources.told import ToldCases
from hf_medseg.sources.yolo_seg.labels import Labels, kind_of, look, look_at_pixels, named_in

LANDMARKS = (r"[^/]+\.(?i:txt)", PICTURE_NAME)


FOLDERS = {"labels": "images", "annotations": "images"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutFile(AboutDrawings):
    """What only the user knows of label files; the facts explain each key."""

    missing_labels: Literal["", "empty", "null"] = ""
    coordinates: Literal["", "parts", "pixels"] = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of a tree: labels, and where the names of the classes stand."""

    labels: tuple[RawFile, ...]
    names: RawFile | None


def fits(raw: Raw, about: About) -> Sequence[Fit]:
    """Label files are told by their first line, and by a picture of the same name."""
    files = of_kind(raw, r"[^/]+\.(?i:txt)", lambda head: kind_of(head) != "")
    pictures = Pictures(raw) if files else None
    paired = [file for file in files if pictures is not None and pictures.beside(file, FOLDERS) is not None]
    kinds = {kind_of(file.read(1 << 12)) for file in paired}
    if not paired or not kinds & {"outline", "box"}:
        return []
    layout = f"YOLO label files, such as {paired[0].listed}"
    if "outline" not in kinds:
        return [Fit(layout=layout, images=0, missing=("The label files hold boxes alone, and no outlines to make masks of.",))]
    named = raw.one(r"(?i:data|dataset|[^/]*coco[^/]*)\.(?i:ya?ml)") or raw.one(r"(?i:classes\.txt|obj\.names)")
    labels = tuple(
        file for file in files if pictures is not None and (file in paired or FOLDERS.keys() & {*file.listed.lower().split("/")})
    )
    return [Fit(layout=layout, images=len(paired), reading=Layout(labels, named))]


def to_survey(raw: Raw) -> list[RawFile]:
    """The label files that hold anything."""
    return [file for file in raw.fit.reading.labels if file.size]


def survey_of(about: About) -> SurveyPlan:
    """The class numbers in label files, whose coordinates are what the about file says."""
    return SurveyPlan(to_survey, look_at_pixels if AboutFile.of(about).coordinates == "pixels" else look)


def names_of(raw: Raw) -> dict[int, str]:
    """What the class numbers are called.

    Raises:
        Refused: the file with the names cannot be read, or no object is there and nobody says the classes.
    """
    about, file = AboutFile.of(raw.about), raw.fit.reading.names
    seen = sorted({number for one in raw.survey.values() if isinstance(one, tuple) for number in one})
    wrong = next((one for one in raw.survey.values() if isinstance(one, Rejected)), None)
    if not seen and wrong is not None:
        raise Refused(str(wrong))
    if about.classes:
        return dict(enumerate(about.classes))
    if file is not None and (named := named_in(file)):
        return named
    return {number: f"class_{number}" for number in seen}


def edition_from(raw: Raw) -> Edition:
    """The edition: its classes in the order of their numbers."""
    names = names_of(raw)
    about = AboutFile.of(raw.about)
    return edition_of(about, classes_of(about, [names[number] for number in sorted(names)]), LANDMARKS, ToldCases.beside(raw).columns)


def _listed_splits(raw: Raw, pictures: Pictures) -> dict[str, str]:
    """The split of each picture that a list such as `val.txt` names, by its listed path.

    Raises:
        Refused: two lists, or a list and a folder, say different splits of one picture.
    """
    found: dict[str, tuple[str, str]] = {}
    for file in raw.listing.ending(".txt"):
        split = split_of(file.name.rpartition(".")[0])
        lines = [line.strip() for line in decoded(file.read()).splitlines() if line.strip()] if split is not None else []
        if split is None or not lines or not all(re.fullmatch(PICTURE_NAME, re.split(r"[/\\]", line)[-1]) for line in lines):
            continue
        raw.use(file)
        for picture in filter(None, (pictures.named(line, file) for line in lines)):
            other, there = found.get(picture.listed, (split_in(picture.listed), "its folder"))
            if other not in (None, split):
                raise Refused(f"{file.listed} lists {picture.listed}, of which {there} says {other}. Take it out of one of the two.")
            found[picture.listed] = split, file.listed
    return {path: split for path, (split, _) in found.items()}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture with a label file, and others where the about file says what they mean."""
    about, layout = AboutFile.of(raw.about), raw.fit.reading
    names = names_of(raw)
    told = tuple(sorted(names.items()))
    classes = {name: k for k, name in enumerate(classes_of(about, [name for _, name in told]), 1)}
    pictures = Pictures(raw, layout.labels)
    found: dict[str, tuple[RawFile, RawFile | None]] = {}
    if layout.names is not None:
        raw.use(layout.names)
    for file in layout.labels:
        if (picture := pictures.beside(file, FOLDERS)) is None:
            raw.note(file, "has no picture in the raw tree")
            raw.skip(file, "its picture is not in the raw tree")
        else:
            found[picture.listed] = picture, pictures.placed(file)
    for picture in pictures.files:
        if picture.listed in found:
            continue
        if about.missing_labels:
            found[picture.listed] = pictures.placed(picture), None
        else:
            line = 'missing_labels = "empty" (searched, and nothing found) or "null" (not annotated)'
            raw.skip(picture, f"has no label file. Say in the about file what that means: {line}")
    ids = ids_of([picture for picture, _ in found.values()])
    beside = ToldCases.beside(raw)
    raw.use(*beside.tables)
    splits = _listed_splits(raw, pictures)
    for picture, label in found.values():
        null = label is None and about.missing_labels == "null"
        split = splits.get(picture.listed) or split_in(picture.listed)
        if split is None and "train" in splits.values():
            for file in filter(None, (picture, label)):
                raw.skip(file, "no list of a split names the picture, and others are named")
            continue
        columns = {} if null else Canvas(Labels(label, told, about.coordinates == "pixels"), classes).columns()
        yield beside.case(ids[picture.listed], {"image": Picture(picture), **columns}, split or "train", picture)


SOURCE = source_of(
    __file__,
    Reading(landmarks=LANDMARKS),
    cases,
    survey=survey_of,
    about_file=AboutFile,
    from_about=edition_from,
    fits=fits,
    begins=(rf"{SPLIT_FOLDER}(?:images|labels)/[^/]+",),
)
