"""DENTEX: abnormal teeth outlined in panoramic X-rays, with quadrant, number and diagnosis."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.drawing import Canvas, drawing_columns
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.long_json import elements
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.coco_json import Objects, planned

CLASSES = facts_of(__file__).classes
# The owners write the names of the levels with hyphens in one archive and with underscores in the other.
FOLDER = r"quadrant[-_]enumeration[-_]disease"
PICTURES = {"train": rf"{FOLDER}/xrays/(train_\d+)\.(?i:png)", "validation": rf"{FOLDER}/xrays/(val_\d+)\.(?i:png)"}
OUTLINES = {"train": r"train_quadrant_enumeration_disease\.(?i:json)", "validation": r"validation_triple\.(?i:json)"}
DIAGNOSES = "categories_3"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture of the level with all three categories."""
    for split, pattern in PICTURES.items():
        pictures = raw.find(pattern)
        file = raw.one(OUTLINES[split])
        drawn: dict[str, Objects] = {}
        if file is not None:
            raw.use(file)
            if not pictures:
                raw.note(file, "none of the pictures that it lists is in the raw tree")
                continue
            drawn = _drawn(file)
        for stem in union(pictures, drawn):
            objects = drawn.get(stem)
            yield Case(
                stem,
                {
                    "image": Picture(pictures.need(stem, f"quadrant_enumeration_disease/xrays/{stem}.png")),
                    **(Canvas(objects, {name: k for k, name in enumerate(CLASSES, 1)}).columns() if objects else {}),
                },
                split=split,
                problem=Problem.of("" if objects else f"no annotation file of the {split} pictures lists it."),
            )


def _drawn(file: RawFile) -> dict[str, Objects]:
    """The outlines of each picture by its stem; a file has three lists of categories, of which the third are the diagnoses."""
    index = planned(file)
    named = [one for key, one, _ in elements(file.read(), file.listed) if key == DIAGNOSES]
    names = {str(one.get("id")): str(one.get("name")).lower().replace(" ", "_") for one in named if isinstance(one, dict)}
    return {
        name.rpartition(".")[0]: Objects(file.path, names, index.annotations.get(id), width, height, category="category_id_3")
        for id, name, width, height in index.images
    }


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{FOLDER}/xrays/(?:train|val)_\d+\.(?i:png)", f"(?:{'|'.join(OUTLINES.values())})"),
        configs=(Config(columns=drawing_columns(CLASSES)),),
        not_used=(
            (r"quadrant/.+", "quadrants alone, a level without diagnosis"),
            (r"quadrant[-_]enumeration/.+", "quadrants and numbers, a level without diagnosis"),
            (r"unlabell?ed/.+", "pictures without annotation"),
            (r"disease/(?:input|label)/.+", "the test set, whose diagnoses have other names"),
            (r"\.ipynb_checkpoints/.+", "copies that a program left"),
        ),
    ),
    cases,
    signature=(rf"{FOLDER}/xrays/(?:train|val)_\d+\.(?i:png)", *OUTLINES.values()),
)
