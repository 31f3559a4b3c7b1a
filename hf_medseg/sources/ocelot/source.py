"""OCELOT: cancer areas in patches of H&E slides of TCGA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import TEXT
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tables import json_of
from hf_medseg.raw.tree import Raw, union

SPLITS = {"train": "train", "val": "validation", "test": "test"}
VALUES = {1: 0, 2: 1, 255: 255}
PATIENT = len("TCGA-00-0000")
PICTURE = r"images/(train|val|test)/tissue/(\d+)\.(?i:jpe?g)"
MASK = r"annotations/(train|val|test)/tissue/(\d+)\.(?i:png)"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a tissue patch; the metadata say of which slide it is."""
    pictures, masks = raw.find(PICTURE), raw.find(MASK)
    slides = _slides(raw)
    for key in union(pictures, masks):
        folder, number = key
        said = slides.get(number, {})
        slide = str(said.get("slide_name") or "")
        yield Case(
            number,
            {
                "image": Picture(pictures.need(key, f"images/{folder}/tissue/{number}.jpg")),
                "mask": Values(Picture(masks.need(key, f"annotations/{folder}/tissue/{number}.png"), "L"), VALUES),
            },
            {"slide": slide or None, "organ": str(said.get("organ") or "") or None},
            split=SPLITS[folder],
            patient_id=slide[:PATIENT] if slide.startswith("TCGA-") else slide or None,
        )


def _slides(raw: Raw) -> Mapping[str, Mapping[str, Any]]:
    """What the metadata say of each pair of patches, by its number."""
    file = raw.one(r"metadata\.(?i:json)")
    if file is None:
        return {}
    raw.use(file)
    told = json_of(file)
    pairs = told.get("sample_pairs") if isinstance(told, dict) else None
    if not isinstance(pairs, dict):
        raw.note(file, "has no `sample_pairs` by number, so slides, organs and patients are null")
        return {}
    return {number: said for number, said in pairs.items() if isinstance(said, dict)}


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURE, MASK),
        configs=(Config(columns={"slide": TEXT, "organ": TEXT}),),
        not_used=(
            (r"images/[^/]+/cell/[^/]+", "a patch of cells, which are marked by points"),
            (r"annotations/[^/]+/cell/[^/]+", "points of cells, which are no masks"),
        ),
        uncertain=True,
    ),
    cases,
    signature=(MASK,),
    image_mode="RGB",
)
