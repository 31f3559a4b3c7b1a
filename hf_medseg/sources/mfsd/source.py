"""MFSD (MSFD): face masks worn by people in photographs; not medical imaging."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Threshold
from hf_medseg.raw.tree import Raw, union


def cases(raw: Raw) -> Iterator[Case]:
    """One case a face; a face without a file of its own among the masks was not annotated."""
    crops = raw.find(r"face_crop/([^/]+)\.(?i:jpe?g)")
    masks = raw.find(r"face_crop_segmentation/([^/]+)\.[^./]+")  # a mask in another form is no face without one
    for stem in union(crops, masks):
        yield Case(
            stem,
            {
                "image": Picture(crops.need(stem, f"face_crop/{stem}.jpg")),
                "mask": Threshold(Picture(masks[stem])) if stem in masks else None,
            },
            patient_id=stem.rpartition("_")[0] or stem,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"face_crop/[^/]+\.(?i:jpe?g)", r"face_crop_segmentation/[^/]+\.(?i:jpe?g)"),
        not_used=(
            (r"1/img/[^/]+", "a whole photograph; the rows are the faces cut from it"),
            (r"2/img/[^/]+", "a photograph without labels"),
            (r"img/[^/]+", "a whole photograph; the rows are the faces cut from it"),
            (r"dataset\.csv", "boxes of faces on the whole photographs, which are no rows"),
        ),
    ),
    cases,
    signature=(r"face_crop_segmentation/\d+_\d+\.(?i:jpe?g)",),
    image_mode="RGB",
)
