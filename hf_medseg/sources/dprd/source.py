"""DPRD: caries painted in panoramic radiographs of children."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Colours
from hf_medseg.raw.tree import Found, Raw, union

CARIES = r"Children.{0,3}s dental caries segmentation dataset/"
# A RAW that is this folder itself has another name, or none: Train/ and Test/ have both folders, and names are only told within them.
SPLITS = {"Train": "train", "Test": "test", "Supplemental content-93": "supplemental"}
SET = f"({'|'.join(SPLITS)})"
# The tool that painted them ends the names of masks so, and may leave the numbers of the classes beside them, which nobody has seen.
PICTURES, DRAWN = rf"{SET}/images/([^/]+)\.(?i:png)", rf"{SET}/mask/([^/]+)_pseudo\.(?i:png)"
MASKS = rf"{SET}/mask/((?:(?!_pseudo\.)[^/])+)\.(?i:png)"
PAINTED = {(0, 0, 0): 0, (53, 119, 181): 1}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the sets use the same names."""
    above = CARIES if raw.has(CARIES + PICTURES) else ""
    pictures, drawn, masks = (raw.find(above + pattern) for pattern in (PICTURES, DRAWN, MASKS))
    masks = Found({**masks, **drawn})
    for folder, stem in union(pictures, masks):
        picture = pictures.need((folder, stem), f"{folder}/images/{stem}.png")
        mask = Picture(masks.need((folder, stem), f"{folder}/mask/{stem}.png"), drop_alpha=True)
        split = SPLITS[folder]
        yield Case(f"{split}_{stem}", {"image": Picture(picture), "mask": Colours(mask, PAINTED)}, split=split)


SOURCE = source_of(
    __file__,
    Reading(landmarks=(PICTURES, rf"{SET}/mask/[^/]+\.(?i:png)")),
    cases,
    signature=tuple(CARIES + pattern for pattern in (PICTURES, DRAWN, MASKS)),
)
