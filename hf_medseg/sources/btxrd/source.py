"""BTXRD: primary bone tumours outlined in radiographs, by type; beside pictures without one."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.dataset.columns import FLAG
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.drawing import Blank, Canvas, drawing_columns
from hf_medseg.raw.cells import whole_in
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.annotated import SheetDrawing
from hf_medseg.sources.labelme_json import polygons_of

CLASSES = facts_of(__file__).classes
INDICES = {name: index for index, name in enumerate(CLASSES, 1)}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the table says of one without a file of outlines that it has no tumour."""
    pictures = raw.find(r"images/(IMG\d{6})\.(?i:jpe?g)")
    drawn = raw.find(r"Annotations/(IMG\d{6})\.(?i:json)")
    stems = union(pictures, drawn)
    tumors = _tumors(raw, stems)
    for stem in stems:
        tumor = {"1": True, "0": False}.get(tumors.get(stem, ""))
        wrong = tumors.conflicts.get(stem, "")
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
            {"tumor": tumor},
            problem=Problem.of(wrong, "Fetch the owner's files again."),
        )


def _tumors(raw: Raw, stems: list[str]) -> Keyed:
    """Whether the table says that a picture has a tumour, by its stem: the table's file endings are not those of the files."""
    table = raw.table(r"dataset\.xlsx", ("image_id", "tumor"))
    found = Keyed()
    for line in table or ():
        tumor = whole_in(line, "tumor", least=0, most=1)
        found.put(line["image_id"].partition(".")[0], "" if tumor is None else str(tumor), "dataset.xlsx")
    if table is not None:
        raw.compare(table.file, found, stems, each=True)
    return found


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"images/IMG\d{6}\.(?i:jpe?g)", r"Annotations/IMG\d{6}\.(?i:json)"),
        configs=(Config(columns={**drawing_columns(CLASSES), "tumor": FLAG}),),
    ),
    cases,
    signature=(r"Annotations/IMG\d{6}\.(?i:json)",),
)
