"""STS-2D-Tooth: teeth in panoramic radiographs of adults and children."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import TEXT
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

GROUPS = {"A": "adult", "C": "child"}
PICTURES, MASKS, UNLABELED = (rf"([AC])-PXI/{folder}/([^/]+)\.(?i:png)" for folder in ("Labeled/Image", "Labeled/Mask", "Unlabeled/Image"))


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the same name may be used for an adult and for a child, with a mask and without."""
    pictures, masks, unlabeled = (raw.find(pattern) for pattern in (PICTURES, MASKS, UNLABELED))
    for group, stem in union(pictures, masks):
        picture = pictures.need((group, stem), f"{group}-PXI/Labeled/Image/{stem}.png")
        # Pictures of one bit are read as 0 and 255.
        mask = Values(Picture(masks.need((group, stem), f"{group}-PXI/Labeled/Mask/{stem}.png"), "L"), {0: 0, 255: 1})
        yield Case(f"{GROUPS[group]}_{stem}", {"image": Picture(picture), "mask": mask}, {"age_group": GROUPS[group]})
    for (group, stem), picture in unlabeled.items():
        pixels = {"image": Picture(picture), "mask": None}
        yield Case(f"{GROUPS[group]}_unlabeled_{stem}", pixels, {"age_group": GROUPS[group]}, split="unlabeled")


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURES, MASKS),
        configs=(Config(columns={"age_group": TEXT}),),
        not_used=((r"STS-3D-Tooth/.+", "a volume of CBCT"),),
    ),
    cases,
    signature=(r"STS-2D-Tooth/[AC]-PXI/(?:Labeled|Unlabeled)/.+", PICTURES, MASKS),
)
