"""PU2756: peripheral lesions of the lung in ultrasound."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import OneValue
from hf_medseg.raw.tree import Raw, union

LABELS = ("benign", "malignant")
FILE = r"((?i:benign|malignant))/([^/]+)\.(?i:png)"
PICTURES, MASKS = rf"images/{FILE}", rf"masks/{FILE}"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; each is of another patient."""
    pictures, masks = raw.find(PICTURES), raw.find(MASKS)
    for key in union(pictures, masks):
        folder, stem = key
        yield Case(
            f"{folder.lower()}_{stem}",
            {
                "image": Picture(pictures.need(key, f"images/{folder}/{stem}.png")),
                "mask": OneValue(Picture(masks.need(key, f"masks/{folder}/{stem}.png"), "L")),
            },
            {"label": folder.lower()},
        )


SOURCE = source_of(
    __file__,
    Reading(landmarks=(PICTURES, MASKS), configs=(Config(columns={"label": Label(LABELS)}),)),
    cases,
    signature=(rf"(?i:pu[-_ ]?2756)[^/]*/(?:images|masks)/{FILE}",),
)
