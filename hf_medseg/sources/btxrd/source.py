"""BTXRD: primary bone tumours outlined in radiographs, by type; beside pictures without one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.dataset.columns import FLAG, FLOAT32, INT32, SEX, Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.drawing import Blank, Canvas, drawing_columns
from hf_medseg.raw.cells import age_in, sex_in, whole_in
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.annotated import SheetDrawing
from hf_medseg.sources.labelme_json import polygons_of

CLASSES = facts_of(__file__).classes
INDICES = {name: index for index, name in enumerate(CLASSES, 1)}
# What the table says in columns of 0 and 1.
LABELS = ("normal", "benign", "malignant")
VIEWS = ("frontal", "lateral", "oblique")
SITES = (
    *("hand", "ulna", "radius", "humerus", "foot", "tibia", "fibula", "femur", "hip bone"),
    *("ankle-joint", "knee-joint", "hip-joint", "wrist-joint", "elbow-joint", "shoulder-joint"),
)

JOINED = str.maketrans(" -", "__")


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the table says of one without a file of outlines that it has no tumour."""
    pictures = raw.find(r"images/(IMG\d{6})\.(?i:jpe?g)")
    drawn = raw.find(r"Annotations/(IMG\d{6})\.(?i:json)")
    stems = union(pictures, drawn)
    lines = _lines(raw, stems)
    for stem in stems:
        columns = _columns(lines.get(stem, {}))
        tumor = columns["tumor"]
        wrong = lines.conflicts.get(stem, "")
        if not wrong and tumor is not None and tumor != (stem in drawn):
            there = "is there" if stem in drawn else "is not there"
            wrong = f"dataset.xlsx says tumor = {int(tumor)}, and Annotations/{stem}.json {there}."
        unmarked = None if tumor is None else Blank()
        drawing = SheetDrawing(drawn[stem], polygons_of) if stem in drawn else unmarked
        yield Case(
            stem,
            {
                "image": Picture(pictures.need(stem, f"images/{stem}.jpeg")),
                **({} if drawing is None else Canvas(drawing, INDICES).columns()),
            },
            columns,
            problem=Problem.of(wrong, "Fetch the owner's files again."),
        )


def _lines(raw: Raw, stems: list[str]) -> Keyed:
    """What the table says of each picture, by its stem: the table's file endings are not those of the files."""
    table = raw.table(r"dataset\.xlsx", ("image_id", "tumor"))
    found = Keyed()
    for line in table or ():
        found.put(line["image_id"].partition(".")[0], line, "dataset.xlsx")
    if table is not None:
        raw.compare(table.file, found, stems, each=True)
    return found


def _columns(line: Mapping[str, str]) -> dict[str, Any]:
    tumor = whole_in(line, "tumor", least=0, most=1)
    return {
        "tumor": None if tumor is None else bool(tumor),
        "label": "normal" if tumor == 0 else _marked(line, LABELS[1:]),
        "site": _marked(line, SITES),
        "view": _marked(line, VIEWS),
        "center": whole_in(line, "center", least=1, most=3),
        "age": age_in(line, "age"),
        "sex": sex_in(line, "gender"),
    }


def _marked(line: Mapping[str, str], names: Sequence[str]) -> str | None:
    """The one of several columns of 0 and 1 that holds 1."""
    found = [name for name in names if whole_in(line, name, least=0, most=1)]
    return found[0].translate(JOINED) if len(found) == 1 else None


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"images/IMG\d{6}\.(?i:jpe?g)", r"Annotations/IMG\d{6}\.(?i:json)"),
        configs=(
            Config(
                columns={
                    **drawing_columns(CLASSES),
                    "tumor": FLAG,
                    "label": Label(LABELS),
                    "site": Label(tuple(site.translate(JOINED) for site in SITES)),
                    "view": Label(VIEWS),
                    "center": INT32,
                    "age": FLOAT32,
                    "sex": SEX,
                }
            ),
        ),
    ),
    cases,
    signature=(r"Annotations/IMG\d{6}\.(?i:json)",),
)
