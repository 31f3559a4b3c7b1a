"""EMIDEC: heart muscle, infarction and no-reflow in MRI with late enhancement."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.dataset.columns import Label
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

CASE = r"Case_([NP])(\d{3})/"


def cases(raw: Raw) -> Iterator[Case]:
    """One case an exam; image and mask have one name in two folders."""
    images, masks = (raw.find(rf"{CASE}{folder}/Case_\1\2{NIFTI}") for folder in ("Images", "Contours"))
    for key in union(images, masks):
        kind, number = key
        name = f"Case_{kind}{number}"
        image = images.need(key, f"{name}/Images/{name}.nii.gz")
        mask = masks.need(key, f"{name}/Contours/{name}.nii.gz")
        yield Case(
            name,
            {"image": NiftiVolume(image), "mask": Values(NiftiVolume(mask), {value: value for value in range(5)})},
            {"diagnosis": {"N": "normal", "P": "pathological"}[kind]},
            patient_id=name,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{CASE}Images/Case_\1\2{NIFTI}", rf"{CASE}Contours/Case_\1\2{NIFTI}"),
        configs=volume_configs({"diagnosis": Label(("normal", "pathological"))}),
        not_used=(
            (rf"Case_\d+/Images/[^/]+{NIFTI}", "a case of the test set, whose contours are not released"),
            (r"[^/]+\.txt", "facts of the patient; no column is made from it"),
        ),
    ),
    cases,
    signature=(rf"{CASE}(?:Images|Contours)/Case_\1\2{NIFTI}",),
    begins=(rf"{CASE}.+",),
)
