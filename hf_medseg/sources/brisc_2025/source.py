"""BRISC 2025: tumours in exported slices of brain MRI."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import TEXT, Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

STEM = r"(brisc2025_(?:train|test)_\d{5}_(?:gl|me|pi|no)_(?:ax|co|sa)_t1)"
TASK, SLICES = r"segmentation_task/(?:train|test)", r"classification_task/(?:train|test)/(?:glioma|meningioma|pituitary|no_tumor)"
# Compression left values around the two; none lies between.
RINGING = {**dict.fromkeys(range(11), 0), **dict.fromkeys(range(246, 256), 1)}
TUMORS = {"gl": "glioma", "me": "meningioma", "pi": "pituitary", "no": "no_tumor"}
PLANES = {"ax": "axial", "co": "coronal", "sa": "sagittal"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the classification task's copies of a segmentation picture are its twins."""
    outlined = raw.find(rf"{TASK}/images/{STEM}\.(?i:jpe?g)")
    pictures = outlined.beside(raw.find(rf"{SLICES}/{STEM}\.(?i:jpe?g)"))
    masks = raw.find(rf"{TASK}/masks/{STEM}\.(?i:png)")
    for stem in union(pictures, masks):
        _, split, _, tumor, plane, _ = stem.split("_")
        above = f"segmentation_task/{split}"
        annotated = stem in outlined or stem in masks
        mask = Values(Picture(masks.need(stem, f"{above}/masks/{stem}.png"), "L"), RINGING) if annotated else None
        yield Case(
            stem,
            {"image": Picture(pictures.need(stem, f"{above}/images/{stem}.jpg")), "mask": mask},
            {"label": TUMORS[tumor], "plane": PLANES[plane]},
            split=split,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{TASK}/images/{STEM}\.(?i:jpe?g)", rf"{TASK}/masks/{STEM}\.(?i:png)"),
        configs=(Config(columns={"label": Label(tuple(TUMORS.values())), "plane": TEXT}),),
        not_used=((r"[^/]+\.(?:md|txt|csv|json)", "text about the data"),),
    ),
    cases,
    signature=(rf"{STEM}\.(?i:jpe?g|png)",),
    ids=(r"brisc2025_(?:train|test)_\d{5}",),
)
