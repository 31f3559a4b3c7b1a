"""Kvasir-SEG: polyps in colonoscopy pictures, JPEG masks, boxes from JSON or CSV."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import boxes
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.boxes import BoxTable, boxes_of_json
from hf_medseg.masks.labels import Threshold
from hf_medseg.raw.tables import lines_of
from hf_medseg.raw.tree import Raw, union

STEM = r"c[a-z0-9]{24}"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the owner's lists, where the user added them, say the split."""
    pictures = raw.find(rf"images/({STEM})\.(?i:jpe?g)")
    masks = raw.find(rf"masks/({STEM})\.(?i:jpe?g)")
    tables = raw.find(rf"bbox/({STEM})\.csv")
    lists = {split: raw.one(rf"Data-split/{name}\.txt") for name, split in (("train", "train"), ("val", "validation"))}
    named = {split: set(lines_of(file)) for split, file in lists.items() if file is not None}
    raw.use(*(file for file in lists.values() if file is not None))
    table = raw.one(r"kavsir_bboxes\.json")
    known = boxes_of_json(table) if table is not None else {}
    raw.use(*([table] if table is not None else []))
    stems = union(pictures, masks)
    for split, file in lists.items():
        if file is not None:
            raw.compare(file, sorted(named[split]), stems)
    if table is not None:
        raw.compare(table, known, stems)
    for stem in stems:
        wrong = ""
        splits = [split for split, stems in named.items() if stem in stems]
        if named and len(splits) != 1:
            wrong = f"{'both' if splits else 'none'} of the lists in Data-split name it."
        elif known and stem not in known:
            wrong = "kavsir_bboxes.json does not name it."
        found = known.get(stem) or (BoxTable(tables.need(stem, f"bbox/{stem}.csv")) if tables and not known else None)
        yield Case(
            stem,
            {
                "image": Picture(pictures.need(stem, f"images/{stem}.jpg")),
                # Compression left values around 0 and 255: 127 parts them, and a coloured overlay is no mask.
                "mask": Threshold(Picture(masks.need(stem, f"masks/{stem}.jpg"), "L")),
                "boxes": found,
            },
            split=splits[0] if splits else "train",
            problem=Problem.of(wrong),
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"images/{STEM}\.(?i:jpe?g)", rf"masks/{STEM}\.(?i:jpe?g)"),
        configs=(Config(columns={"boxes": boxes("polyp")}),),
        not_used=(
            (r"annotated_images/[^/]+", "pictures with drawn boxes, no data of their own"),
            (r"bbox/[^/]+\.csv", "the boxes are read from kavsir_bboxes.json"),
        ),
    ),
    cases,
    signature=(r"kavsir_bboxes\.json", r"masks/c(?:ju|jy|jz|k2)[a-z0-9]{22}\.(?i:jpe?g)"),
    ids=(r"c(?:ju|jy|jz|k2)[a-z0-9]{22}",),
    image_mode="RGB",
)
