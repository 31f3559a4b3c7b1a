"""Polito-Radboud transverse ultrasound of three muscles, of healthy people and others."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import OneValue
from hf_medseg.raw.tree import Raw, union

MUSCLES = {"BB": "biceps_brachii", "GM": "gastrocnemius_medialis", "TA": "tibialis_anterior"}
LABELS = {"Healthy": "healthy", "Pathological": "pathological"}
LEAF = r"(BB|GM|TA)/(Healthy|Pathological)"
# A mask in another form rejects its picture: it is not one of those that have none.
PICTURES, MASKS = rf"{LEAF}/Images/([^/]+)\.(?i:png)", rf"{LEAF}/Masks/([^/]+)\.[^./]+"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; some have no mask, which is null then."""
    pictures, masks = raw.find(PICTURES), raw.find(MASKS)
    for key in union(pictures, masks):
        muscle, label, stem = key
        yield Case(
            "_".join(key),
            {
                "image": Picture(pictures.need(key, f"{muscle}/{label}/Images/{stem}.png")),
                "mask": OneValue(Picture(masks[key], "L")) if key in masks else None,
            },
            {"muscle": MUSCLES[muscle], "label": LABELS[label]},
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURES, MASKS),
        configs=(Config(columns={"muscle": Label(tuple(MUSCLES.values())), "label": Label(tuple(LABELS.values()))}),),
        not_used=(
            (r"Segmentation_models/.+", "the owners' models, and copies of the pictures they were trained with"),
            (r"[^/]+\.(?:md|txt|pdf|xlsx|csv)", "text or a table that was never seen"),
        ),
    ),
    cases,
    signature=(MASKS,),
)
