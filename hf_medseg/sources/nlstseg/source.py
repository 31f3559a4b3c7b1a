"""NLSTseg: tumours and nodules of the lung in low-dose CT, numbered."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.dataset.columns import PICTURE
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.objects import AnyObject, ObjectNumbers
from hf_medseg.raw.tree import Raw, union

PERSON = r"([^/]+)/\1"

ARCHIVE = r"(?:NLSTseg_\d+_LungTumor/)?"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a person."""
    images, masks = raw.find(rf"{ARCHIVE}{PERSON}_CT{NIFTI}"), raw.find(rf"{ARCHIVE}{PERSON}_tumor{NIFTI}")
    for name in union(images, masks):
        image = images.need(name, f"{name}/{name}_CT.nii.gz")
        mask = NiftiVolume(masks.need(name, f"{name}/{name}_tumor.nii.gz"))
        yield Case(name, {"image": NiftiVolume(image), "mask": AnyObject(mask), "instances": ObjectNumbers(mask)}, patient_id=name)


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{ARCHIVE}{PERSON}_CT{NIFTI}", rf"{ARCHIVE}{PERSON}_tumor{NIFTI}"),
        configs=volume_configs({"instances": PICTURE}),
        not_used=((r"[^/]+\.xlsx", "kinds of lesions; no column is made from it"),),
    ),
    cases,
    signature=(rf"NLSTseg_\d+_LungTumor/{PERSON}_(?:CT|tumor){NIFTI}",),
)
