"""HRF: retinal vessels and fields of view in large fundus photographs of three groups of people."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import PICTURE, Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

GROUPS = {"h": "healthy", "dr": "diabetic_retinopathy", "g": "glaucoma"}
STEM = r"(0[1-9]|1[0-5])_(h|dr|g)"
WHITE = {0: 0, 255: 1}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a photograph; those with diabetes end in `.JPG`, the others in `.jpg`."""
    photographs = raw.find(rf"{STEM}\.(?i:jpe?g)")
    vessels = raw.find(rf"{STEM}\.(?i:tiff?)")
    views = raw.find(rf"{STEM}_mask\.(?i:tiff?)")
    for key in union(photographs, vessels, views):
        stem = "_".join(key)
        yield Case(
            stem,
            {
                "image": Picture(photographs.need(key, f"{stem}.jpg")),
                "mask": Values(Picture(vessels.need(key, f"{stem}.tif"), "L"), WHITE),
                # Another download: without it nobody says where the field ends.
                "fov_mask": Values(Picture(views.need(key, f"{stem}_mask.tif"), "L"), WHITE) if views else None,
            },
            {"label": GROUPS[key[1]]},
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{STEM}\.(?i:jpe?g)", rf"{STEM}\.(?i:tiff?)"),
        configs=(Config(columns={"fov_mask": PICTURE, "label": Label(tuple(GROUPS.values()))}),),
    ),
    cases,
    signature=(rf"{STEM}\.(?i:tiff?)",),
    image_mode="RGB",
)
