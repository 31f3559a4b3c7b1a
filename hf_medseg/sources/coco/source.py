"""Bring your own: pictures with COCO JSON (instances, stuff, panoptic), as annotation tools and Roboflow export it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hf_medseg.case import Case
from hf_medseg.catalog.about import About
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.source import Edition, Reading, SurveyPlan, source_of
from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.picture import PICTURE_NAME, Picture
from hf_medseg.masks.drawing import UNKNOWN, Canvas, Drawing
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.long_json import keys_in
from hf_medseg.raw.splits import SPLIT_FOLDER
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.annotated import (
    HEAD,
    AboutDrawings,
    Pictures,
    classes_of,
    edition_of,
    ids_of,
    looked_at,
    note_alike,
    note_missing,
    split_in,
    to_survey,
)
from hf_medseg.sources.coco_json import Index, Objects, Segments, index_of
from hf_medseg.sources.told import ToldCases

LANDMARKS = (r"[^/]+\.(?i:json)", PICTURE_NAME)

KEYS = {"images", "annotations", "categories"}

DARWIN = {"schema_ref", "item"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutFile(AboutDrawings):
    """What only the user knows of COCO files; the facts explain each key."""

    annotations: tuple[str, ...] = ()


def fits(raw: Raw, about: About) -> Sequence[Fit]:
    """COCO files are told by the names at their beginning."""
    wanted = AboutFile.of(about).annotations
    every = list(raw.find(r"(?:[^/]+/)*[^/]+\.(?i:json)", twins=False).values())
    files = [file for file in every if _is_coco(file)]
    chosen = [file for file in files if not wanted or any(f"/{file.listed}".endswith(f"/{name}") for name in wanted)]
    pictures = len(raw.find(rf"(?:[^/]+/)*{PICTURE_NAME}", twins=False)) if files else 0
    layout = f"{len(chosen)} COCO file{'s' * (len(chosen) != 1)}, such as {(chosen or files)[0].listed}" if files else ""
    if not files and every and _keys(every[0]) & DARWIN:
        words = f"{every[0].listed} is Darwin JSON of V7, which is not read. Export the data set from V7 as COCO."
        return [Fit(layout="Darwin JSON of V7", images=0, missing=(words,))]
    if not files:
        return []
    if not chosen:
        return [Fit(layout=layout, images=0, missing=(f"No COCO file is called {', '.join(wanted)}, as the about file says.",))]
    if not pictures:
        return [
            Fit(layout=layout, images=0, missing=("There is no picture beside the COCO files: put the pictures into the same folder.",))
        ]
    names = ", ".join(f'"{file.listed}"' for file in chosen)
    return [Fit(layout=layout, images=pictures, about={"annotations": f"[{names}]"} if len(chosen) > 1 else {}, reading=tuple(chosen))]


def _keys(file: RawFile) -> set[str]:
    """What stands at the top of a JSON file, as far as its beginning shows it."""
    try:
        return keys_in(file.read(HEAD))
    except Rejected:
        return set()


def _is_coco(file: RawFile) -> bool:
    try:
        head = file.read(HEAD)
    except Rejected:
        return False
    keys = keys_in(head)
    return (
        not keys & DARWIN
        and bool(keys & KEYS)
        and not keys & {"shapes", "imagePath", "items"}
        and re.search(rb'"categories"\s*:\s*\{', head) is None
    )


def edition_from(raw: Raw) -> Edition:
    """The edition: its classes are the categories, in the order of their ids.

    Raises:
        Refused: a COCO file is damaged, or there are too many classes.
    """
    about = AboutFile.of(raw.about)
    indices = looked_at(raw, Index).values()
    names = [name for _, name in sorted({(place, name) for index in indices for place, name in enumerate(index.names.values())})]
    return edition_of(about, classes_of(about, names), LANDMARKS, ToldCases.beside(raw).columns, uncertain=UNKNOWN in names)


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture that a COCO file lists."""
    about = AboutFile.of(raw.about)
    indices = looked_at(raw, Index)
    jsons = {file.listed: file for file in raw.fit.reading}
    raw.use(*(jsons[path] for path in indices))
    for path, file in jsons.items():
        if path not in indices:
            raw.skip(file, "holds no outlines")
    pictures = Pictures(raw, jsons.values())
    classes = {name: k for k, name in enumerate(classes_of(about, _names(indices)), 1)}
    note_alike(raw, raw.fit.reading[0], classes)
    found: dict[str, tuple[RawFile, str, Drawing]] = {}
    for path, index in indices.items():
        if index.strangers:
            raw.note(jsons[path], f"{index.strangers} annotations belong to no picture that it lists")
        missing: list[str] = []
        for id, name, width, height in index.images:
            picture = pictures.named(name, jsons[path])
            if picture is None:
                missing.append(name)
                continue
            if picture.listed in found and (other := found[picture.listed][1]) != path:
                line = f'annotations = ["{other}"]'
                raise Refused(f"{other} and {path} both list {picture.listed}. Say in the about file which one is meant: {line}")
            if picture.listed in found:
                raise Refused(f"{path} lists {picture.listed} twice, as {name} again. Give each picture one record, or one name.")
            found[picture.listed] = picture, path, _drawing(pictures, jsons[path], index, id, width, height)
        note_missing(raw, jsons[path], missing)
    if not found:
        first = next(iter(indices.values()), None)
        named = first.images[0][1] if first else "none"
        there = pictures.files[0].listed if pictures.files else "none"
        raise Refused(f"No picture is in the raw tree that a COCO file lists, such as {named}; there is {there}. Put them together.")
    ids = ids_of([picture for picture, _, _ in found.values()])
    told = ToldCases.beside(raw)
    raw.use(*told.tables)
    for picture, path, drawing in found.values():
        split = split_in(path) or split_in(picture.listed[: picture.listed.rfind("/") + 1]) or "train"
        pixels = {"image": Picture(picture), **Canvas(drawing, classes).columns()}
        yield told.case(ids[picture.listed], pixels, split, picture)


def _names(indices: dict[str, Any]) -> list[str]:
    return [name for _, name in sorted({(place, name) for index in indices.values() for place, name in enumerate(index.names.values())})]


def _drawing(pictures: Pictures, file: RawFile, index: Index, id: str, width: int, height: int) -> Drawing:
    path, packed = pictures.placed(file).path, index.annotations.get(id)
    if not index.panoptic:
        return Objects(path, index.names, packed, width, height)
    name = index.panoptic.get(id, "")
    folder = file.listed.rpartition("/")[2].rpartition(".")[0]
    png = pictures.named(f"{folder}/{name}", file) or RawFile(f"{folder}/{name}", 0, None)
    return Segments(path, index.names, packed, width, height, png)


SOURCE = source_of(
    __file__,
    Reading(landmarks=LANDMARKS),
    cases,
    survey=SurveyPlan(to_survey, index_of, mapped=True),
    about_file=AboutFile,
    from_about=edition_from,
    fits=fits,
    begins=(rf"{SPLIT_FOLDER}[^/]+\.json",),
)
