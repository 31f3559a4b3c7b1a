"""PSFHS: pubic symphysis and fetal head in ultrasound, colour pictures in MetaImage."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of
from hf_medseg.formats.flat import FlatPicture, FlatValues
from hf_medseg.formats.headed import HeadedVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

PICTURES, MASKS = (rf"{folder}_mha/(\d+)\.(?i:mha)" for folder in ("image", "label"))


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; its mask has the same number."""
    pictures, masks = raw.find(PICTURES), raw.find(MASKS)
    for number in union(pictures, masks):
        picture = pictures.need(number, f"image_mha/{number}.mha")
        mask = FlatValues(HeadedVolume(masks.need(number, f"label_mha/{number}.mha")))
        image = FlatPicture(picture, HeadedVolume(picture), colours=True)
        yield Case(number, {"image": image, "mask": Values(mask, {0: 0, 1: 1, 2: 2})})


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURES, MASKS),
        not_landmarks=(r"[^/]*Angle of Progression[^/]*/(?:[^/]+/)*image_mha/[^/]+",),  # the sister set FH-PS-AOP
    ),
    cases,
    signature=(r"PSFHS/(?:image|label)_mha/\d+\.(?i:mha)",),
)
