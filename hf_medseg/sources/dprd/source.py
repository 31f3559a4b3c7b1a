"""DPRD: caries painted in panoramic radiographs of children."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Colours
from hf_medseg.raw.tree import Raw, union

CARIES = r"Children.{0,3}s dental caries segmentation dataset/"
PICTURES, MASKS = (rf"{CARIES}(Train|Test)/{folder}/([^/]+)\.(?i:png)" for folder in ("images", "mask"))
# The same below a RAW that is the folder itself: Train/ and Test/ have both folders, and names are only told within them.
BELOW = tuple(pattern.removeprefix(CARIES) for pattern in (PICTURES, MASKS))
PAINTED = {(0, 0, 0): 0, (53, 119, 181): 1}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the two sets may use the same names."""
    pictures, masks = (raw.find(named if raw.has(named) else below) for named, below in zip((PICTURES, MASKS), BELOW, strict=True))
    for folder, stem in union(pictures, masks):
        picture = pictures.need((folder, stem), f"{folder}/images/{stem}.png")
        mask = Picture(masks.need((folder, stem), f"{folder}/mask/{stem}.png"), drop_alpha=True)
        split = folder.lower()
        yield Case(f"{split}_{stem}", {"image": Picture(picture), "mask": Colours(mask, PAINTED)}, split=split)


SOURCE = source_of(
    __file__,
    Reading(landmarks=BELOW),
    cases,
    signature=(PICTURES, MASKS),
)
