"""AIDK: cornea, lesion and iris outlined in optical coherence tomography of eyes with keratitis."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.dataset.columns import PICTURE, Label, annotated
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.drawing import Canvas, DrawnNames, DrawnStructure, drawing_columns
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.annotated import SheetDrawing
from hf_medseg.sources.labelme_json import polygons_of

CLASSES = facts_of(__file__).classes
FRAMES = {"Partial-frame_Dataset": "partial", "Full-frame_Dataset": "full"}
SCAN = rf"({'|'.join(FRAMES)})/Original_AS-OCT_Images/((?!\._)[^/]+)\.(?i:bmp)"
OUTLINES = rf"({'|'.join(FRAMES)})/Experts_Annotations/((?!\._)[^/]+)\.(?i:json)"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a scan; ids may repeat in the other part, so they begin with the kind of frame."""
    scans, outlines = raw.find(SCAN), raw.find(OUTLINES)
    for key in union(scans, outlines):
        folder, stem = key
        if key not in scans:
            raw.skip(outlines[key], "outlines without a scan, of which the owner has some")
            continue
        canvas = None
        if key in outlines:
            canvas = Canvas(SheetDrawing(outlines[key], polygons_of), {name: index for index, name in enumerate(CLASSES, 1)})
        structures = {} if canvas is None else {f"mask_{name}": DrawnStructure(canvas, name) for name in CLASSES}
        drawn = {} if canvas is None else {**canvas.columns(), **structures, "annotated_classes": DrawnNames(canvas)}
        yield Case(
            f"{FRAMES[folder]}_{stem}",
            {"image": Picture(scans[key]), **drawn},
            {"frame": FRAMES[folder], **({"annotated_classes": []} if canvas is None else {})},
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(SCAN, OUTLINES),
        configs=(
            Config(
                columns={
                    **drawing_columns(CLASSES),
                    **{f"mask_{name}": PICTURE for name in CLASSES},
                    "annotated_classes": annotated(CLASSES),
                    "frame": Label(tuple(FRAMES.values())),
                }
            ),
        ),
    ),
    cases,
    signature=(rf"(?:{'|'.join(FRAMES)})/(?:Original_AS-OCT_Images|Experts_Annotations)/[^/]+\.(?i:bmp|json)",),
)
