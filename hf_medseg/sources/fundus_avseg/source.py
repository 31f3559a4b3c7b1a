"""Fundus-AVSeg: arteries and veins in fundus photographs."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Reading, source_of
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Colours
from hf_medseg.raw.tables import lines_of
from hf_medseg.raw.tree import Raw, union

STEM = r"([^/]+)\.(?i:png)"
PICTURES, VESSELS = rf"images/{STEM}", rf"annotation/{STEM}"
LISTS = {"training.txt": "train", "testing.txt": "test"}
COLOURS = {(0, 0, 0): 0, (255, 0, 0): 1, (0, 0, 255): 2, (0, 255, 0): 3, (255, 255, 255): 4}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a photograph, in the split whose list names it."""
    photographs, vessels = raw.find(PICTURES), raw.find(VESSELS)
    stems = union(photographs, vessels)
    listed = {name: _names(raw, name) for name in LISTS}
    for stem in stems:
        lists = [name for name, names in listed.items() if stem in names]
        wrong = "" if len(lists) == 1 else f"images/{stem}.png is named by {' and '.join(lists) or 'none'} of the two lists."
        yield Case(
            stem,
            {
                "image": Picture(photographs.need(stem, f"images/{stem}.png")),
                "mask": Colours(Picture(vessels.need(stem, f"annotation/{stem}.png"), "RGB"), COLOURS),
            },
            split=LISTS[lists[0]] if lists else "train",
            problem=Problem.of(wrong, "Use the owner's lists training.txt and testing.txt."),
        )


def _names(raw: Raw, name: str) -> set[str]:
    """The photographs that a list names, with or without their ending; a heading among them names none."""
    found = raw.one(name.replace(".", r"\."))
    if found is None:
        return set()
    raw.use(found)
    return {line.strip('"').rpartition("/")[2].removesuffix(".png") for line in lines_of(found)}


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURES, VESSELS, r"training\.txt", r"testing\.txt"),
        not_used=((r"metadata\.xlsx", "eye and quality of the photographs; no column is made from it"),),
    ),
    cases,
    signature=(rf"Fundus[-_]AVSeg/(?:images|annotation)/{STEM}",),
    image_mode="RGB",
)
