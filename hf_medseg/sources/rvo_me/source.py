"""RVO-ME: fluid and layers in OCT of maculas with retinal vein occlusion."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Reading, source_of
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tables import lines_of
from hf_medseg.raw.tree import Raw, union

TOP = "Image_Seg"
PICTURES, MASKS = rf"{TOP}/images/([^/]+)\.(?i:png|jpg|jpeg|bmp|tif|tiff)", rf"{TOP}/masks/([^/]+)\.(?i:png)"
LISTS = ("train", "test")
CODES = {index: index for index in range(5)}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a B-scan, in the split whose list names it."""
    pictures, masks = raw.find(PICTURES), raw.find(MASKS)
    listed = {split: _stems(raw, split) for split in LISTS}
    for stem in union(pictures, masks):
        splits = [split for split in LISTS if stem in listed[split]]
        wrong = "" if len(splits) == 1 else f"the B-scan {stem} is named by {' and '.join(splits) or 'none'} of train.txt and test.txt."
        yield Case(
            stem,
            {
                "image": Picture(pictures.need(stem, f"{TOP}/images/{stem}.jpg")),
                "mask": Values(Picture(masks.need(stem, f"{TOP}/masks/{stem}.png"), "L", indices=True), CODES),
            },
            split=splits[0] if splits else "train",
            problem=Problem.of(wrong, "Use the owner's lists train.txt and test.txt."),
        )


def _stems(raw: Raw, split: str) -> set[str]:
    """The B-scans that a list names, without their endings."""
    found = raw.one(rf"{TOP}/{split}\.txt")
    if found is None:
        return set()
    raw.use(found)
    return {line.rpartition("/")[2].rpartition(".")[0] or line for line in lines_of(found)}


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURES, MASKS, rf"{TOP}/train\.txt", rf"{TOP}/test\.txt"),
        not_used=((r"RVO-Lesion/(?!Image_Seg/).+", "another part of the set, such as for classification"),),
    ),
    cases,
    signature=(rf"RVO-Lesion/{TOP}/(?:images|masks)/[^/]+\.(?i:png|jpg|jpeg|bmp|tif|tiff)",),
)
