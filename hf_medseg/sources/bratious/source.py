"""BraTioUS: brain tumors in ultrasound during operations, pictures of two axes in NIfTI."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLOAT64
from hf_medseg.formats.flat import FlatPicture, FlatValues
from hf_medseg.formats.nifti import NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

NAME = r"([^/]+?)\.(?i:nii(?:\.gz)?)"
PICTURES, MASKS = (rf"{folder}BraTioUS-public-dataset/{NAME}" for folder in ("images", "labels"))


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; its mask has the same name."""
    pictures, masks = raw.find(PICTURES), raw.find(MASKS)
    for name in union(pictures, masks):
        picture = pictures.need(name, f"imagesBraTioUS-public-dataset/{name}.nii.gz")
        mask = masks.need(name, f"labelsBraTioUS-public-dataset/{name}.nii.gz")
        yield Case(
            name,
            {"image": FlatPicture(picture, NiftiVolume(picture)), "mask": Values(FlatValues(NiftiVolume(mask)), {0: 0, 1: 1})},
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURES, MASKS),
        configs=(Config(columns={"rescale_slope": FLOAT64, "rescale_intercept": FLOAT64}),),
    ),
    cases,
    signature=(PICTURES, MASKS),
)
