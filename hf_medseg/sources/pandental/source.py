"""Panoramic dental X-rays with the mandible as two experts saw it."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import PICTURE
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Threshold
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw, union


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture, with the masks of both experts."""
    pictures, *masks = (raw.find(rf"{folder}/(\d+)\.(?i:png)") for folder in ("Images", "Segmentation1", "Segmentation2"))
    for number in union(pictures, *masks):
        first, second = (_cut_out(one.need(number, f"Segmentation{k}/{number}.png")) for k, one in enumerate(masks, 1))
        yield Case(number, {"image": Picture(pictures.need(number, f"Images/{number}.png")), "mask": first, "mask_2": second})


def _cut_out(file: RawFile) -> Threshold:
    """The mask is the picture itself with black around the mandible, so that it may hold any grey."""
    return Threshold(Picture(file, "L"), above=0, drawn=False)


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"Images/\d+\.(?i:png)", r"Segmentation1/\d+\.(?i:png)", r"Segmentation2/\d+\.(?i:png)"),
        configs=(Config(columns={"mask_2": PICTURE}),),
    ),
    cases,
    signature=(r"Segmentation[12]/\d+\.(?i:png)",),
)
