"""PCMMD: plasma cells and others, cut from pictures of bone marrow smears, one outlined cell a crop."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.dataset.columns import Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.drawing import Canvas, drawing_columns
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.annotated import SheetDrawing
from hf_medseg.sources.labelme_json import polygons_of

CLASSES = facts_of(__file__).classes
FOLDERS = {"plasma cells": "plasma_cell", "non-plasma cells": "non_plasma_cell"}
CROP = rf"segmentation/({'|'.join(FOLDERS)})/images/([^/]+)\.(?i:jpe?g)"
OUTLINE = rf"segmentation/({'|'.join(FOLDERS)})/masks/([^/]+)\.(?i:json)"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a crop; stems may repeat in the other folder, so ids begin with the kind of cell."""
    crops, outlines = raw.find(CROP), raw.find(OUTLINE)
    for key in union(crops, outlines):
        folder, stem = key
        kind, above = FOLDERS[folder], f"segmentation/{folder}"
        outline: RawFile = outlines.need(key, f"{above}/masks/{stem}.json")
        # A cell of the other kind is none of this folder's, and rejects its crop by name.
        canvas = Canvas(SheetDrawing(outline, polygons_of), {kind: CLASSES.index(kind) + 1})
        yield Case(
            f"{kind}_{stem}",
            {"image": Picture(crops.need(key, f"{above}/images/{stem}.jpg")), **canvas.columns()},
            {"label": kind},
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(CROP, OUTLINE),
        configs=(Config(columns={**drawing_columns(CLASSES), "label": Label(CLASSES)}),),
        not_used=((r"detection/.+", "boxes, and data of the diagnosis; their layout was never seen"),),
    ),
    cases,
    signature=(OUTLINE,),
)
