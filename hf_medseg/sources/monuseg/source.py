"""MoNuSeg 2018: nuclei of many organs, outlined in the XML of Aperio ImageScope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.errors import Rejected
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.drawing import Canvas, drawing_columns
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.annotated import Sheet, SheetDrawing
from hf_medseg.sources.aperio_regions import MEND, sheet_of

STEM = r"(TCGA-\w\w-\w{4}-\w{3}-\w\d-\w{3})"
# The training set has two folders, the test set one with both beside each other.
TRAIN_PICTURES, TRAIN_OUTLINES = rf"Tissue[ _]?(?i:images)/{STEM}\.(?i:tiff?)", rf"Annotations/{STEM}\.(?i:xml)"
TEST_PICTURES, TEST_OUTLINES = (rf"MoNuSeg[ _]?(?:2018[ _])?Test[ _]?Data/{STEM}\.(?i:{ending})" for ending in ("tiff?", "xml"))


def nuclei(data: bytes, path: str) -> Sheet:
    """The regions of a file, each of which is a nucleus, whatever its layer is called.

    Raises:
        Rejected: it is no XML of ImageScope, or holds what the set has not.
    """
    sheet = sheet_of(data, path)
    if sheet is None or not sheet.things:
        raise Rejected(path, "regions of Aperio ImageScope expected, none found.", MEND)
    return replace(sheet, things=tuple(replace(thing, label="nucleus") for thing in sheet.things))


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; which split it is, only the folder says."""
    for split, pictures, outlines, folders in (
        ("train", raw.find(TRAIN_PICTURES), raw.find(TRAIN_OUTLINES), ("Tissue Images", "Annotations")),
        ("test", raw.find(TEST_PICTURES), raw.find(TEST_OUTLINES), ("MoNuSegTestData", "MoNuSegTestData")),
    ):
        for stem in union(pictures, outlines):
            drawing = SheetDrawing(outlines.need(stem, f"{folders[1]}/{stem}.xml"), nuclei)
            yield Case(
                stem,
                {"image": Picture(pictures.need(stem, f"{folders[0]}/{stem}.tif")), **Canvas(drawing, {"nucleus": 1}).columns()},
                split=split,
                patient_id=stem[:12],
            )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"(?:Tissue[ _]?(?i:images)|MoNuSeg[ _]?(?:2018[ _])?Test[ _]?Data)/{STEM}\.(?i:tiff?)", rf"[^/]+/{STEM}\.(?i:xml)"),
        configs=(Config(columns=drawing_columns(("nucleus",))),),
    ),
    cases,
    signature=(TRAIN_PICTURES, TEST_PICTURES),
    begins=(TEST_PICTURES,),
    image_mode="RGB",
)
