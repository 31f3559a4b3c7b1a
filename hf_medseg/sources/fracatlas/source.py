"""FracAtlas: fractures outlined in radiographs, on the pictures as an orientation tag turns them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.dataset.columns import FLAG, INT32
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.drawing import Blank, Canvas, drawing_columns
from hf_medseg.raw.cells import whole_in
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.coco_json import Objects, planned

CLASSES = facts_of(__file__).classes
FLAGS = ("hand", "leg", "hip", "shoulder", "mixed", "hardware", "multiscan", "fractured", "frontal", "lateral", "oblique")
SPLITS = {"train": "train", "valid": "validation", "test": "test"}
STEM = r"IMG\d{7}"
OUTLINES = r"Annotations/COCO JSON/COCO_fracture_masks\.(?i:json)"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; what the owners filed as not fractured has an empty mask."""
    fractured = raw.find(rf"images/Fractured/({STEM})\.(?i:jpe?g)")
    others = raw.find(rf"images/Non_fractured/({STEM})\.(?i:jpe?g)")
    drawn = _drawn(raw)
    splits = _splits(raw)
    stems = union(fractured, others, drawn)
    table = raw.table(r"dataset\.csv", ("image_id", *FLAGS, "fracture_count"))
    lines = table.by("image_id", of={f"{stem}.jpg" for stem in stems}, each=True) if table is not None else None
    for stem in stems:
        sound = stem in others and stem not in fractured and stem not in drawn
        image = others[stem] if sound else fractured.need(stem, f"images/Fractured/{stem}.jpg")
        objects, count = drawn.get(stem, (Blank(), 0))
        line: Mapping[str, str] = lines.get(f"{stem}.jpg", {}) if lines is not None else {}
        stated = whole_in(line, "fracture_count", least=0)
        wrong = lines.conflicts.get(f"{stem}.jpg", "") if lines is not None else ""
        if stem in others and not sound:
            wrong = wrong or "it is filed as not fractured, and as fractured."
        elif not sound and stem not in drawn:
            wrong = wrong or "it is filed as fractured, and COCO_fracture_masks.json has no outline for it."
        elif stated is not None and stated != count:
            wrong = wrong or f"dataset.csv counts {stated} fractures, COCO_fracture_masks.json outlines {count}."
        elif not sound and splits and stem not in splits:
            wrong = wrong or "no list of Fracture Split names it."
        wrong = wrong or splits.conflicts.get(stem, "")
        yield Case(
            stem,
            {"image": Picture(image), **Canvas(objects, {name: k for k, name in enumerate(CLASSES, 1)}).columns()},
            {**_flags(line), "fracture_count": stated},
            split="non_fractured" if sound else splits.get(stem, "train"),
            problem=Problem.of(wrong, "Fetch the owner's files again."),
        )


def _drawn(raw: Raw) -> dict[str, tuple[Objects, int]]:
    """The outlines of each picture by its stem, with their number; the owners' ids are not the numbers of the pictures."""
    file = raw.one(OUTLINES)
    if file is None:
        return {}
    raw.use(file)
    index = planned(file)
    found = {}
    for id, name, width, height in index.images:
        objects = Objects(file.path, index.names, index.annotations.get(id), width, height)
        found[name.rpartition(".")[0]] = objects, len(objects.annotations())
    return found


def _splits(raw: Raw) -> Keyed:
    """The split of each fractured picture by its stem."""
    found = Keyed()
    for name, split in SPLITS.items():
        table = raw.table(rf"Fracture Split/{name}\.csv", ("image_id",))
        for line in table or ():
            found.put(line["image_id"].rpartition(".")[0], split, "Fracture Split")
    return found


def _flags(line: Mapping[str, str]) -> dict[str, Any]:
    numbers = {name: whole_in(line, name, least=0, most=1) for name in FLAGS}
    return {name: None if number is None else bool(number) for name, number in numbers.items()}


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"images/(?:Fractured|Non_fractured)/{STEM}\.(?i:jpe?g)", OUTLINES),
        configs=(Config(columns={**drawing_columns(CLASSES), **dict.fromkeys(FLAGS, FLAG), "fracture_count": INT32}),),
        masks="upright",
        not_used=(
            (r"Annotations/(?:VGG JSON|YOLO|PASCAL VOC)/.+", "the same outlines or boxes in another form"),
            (r"[^/]+\.ipynb", "a program"),
        ),
    ),
    cases,
    signature=(OUTLINES, rf"images/Non_fractured/{STEM}\.(?i:jpe?g)"),
)
