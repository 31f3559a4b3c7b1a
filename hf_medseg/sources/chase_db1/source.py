"""CHASE_DB1: retinal vessels of children, two annotators."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import LATERALITY, PICTURE
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

VESSEL = {0: 0, 255: 1}


def cases(raw: Raw) -> Iterator[Case]:
    """One case an eye: photograph, first and second observer."""
    photographs = raw.find(r"(?i:images/)?Image_(\d{2}[LR])\.(?i:jpe?g)")
    first = raw.find(r"(?i:masks/)?Image_(\d{2}[LR])_1stHO\.(?i:png)")
    second = raw.find(r"(?i:masks/)?Image_(\d{2}[LR])_2ndHO\.(?i:png)")
    for eye in union(photographs, first, second):
        yield Case(
            f"Image_{eye}",
            {
                "image": Picture(photographs.need(eye, f"Image_{eye}.jpg")),
                "mask": Values(Picture(first.need(eye, f"Image_{eye}_1stHO.png")), VESSEL),
                "mask_2": Values(Picture(second.need(eye, f"Image_{eye}_2ndHO.png")), VESSEL),
            },
            {"laterality": "left" if eye.endswith("L") else "right"},
            patient_id=eye[:2],
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"Image_\d{2}[LR]\.(?i:jpe?g)", r"Image_\d{2}[LR]_1stHO\.(?i:png)"),
        configs=(Config(columns={"mask_2": PICTURE, "laterality": LATERALITY}),),
    ),
    cases,
    signature=(r"Image_\d{2}[LR]_(?:1st|2nd)HO\.(?i:png)",),
    ids=(r"Image_(?:0[1-9]|1[0-4])[LR]",),
)
