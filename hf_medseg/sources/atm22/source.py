"""ATM'22: the airway tree in CT of the chest."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

BATCH = r"(?:TrainBatch\d+/)?"

FILE = r"ATM_\d+(?:_\d{4})?\.nii(?:\.gz)?"

EXACT09 = {*range(242, 251), *range(501, 512)}
"""Numbers whose scans are of EXACT'09."""


def cases(raw: Raw) -> Iterator[Case]:
    """One case a scan."""
    images, masks = (raw.find(rf"{BATCH}{folder}/(ATM_(\d+)(?:_\d{{4}})?){NIFTI}") for folder in ("imagesTr", "labelsTr"))
    for key in union(images, masks):
        name, number = key
        if key not in images and int(number) in EXACT09:
            raw.skip(masks[key], "the mask of a scan of EXACT'09, which the owners do not give out")
            continue
        image = images.need(key, f"imagesTr/{name}.nii.gz")
        mask = masks.need(key, f"labelsTr/{name}.nii.gz")
        yield Case(name, {"image": NiftiVolume(image), "mask": Values(NiftiVolume(mask), {0: 0, 1: 1})}, patient_id=name)


SOURCE = source_of(
    __file__,
    Reading(landmarks=(rf"{BATCH}imagesTr/{FILE}", rf"{BATCH}labelsTr/{FILE}"), configs=volume_configs()),
    cases,
    signature=(rf"TrainBatch\d+/(?:images|labels)Tr/{FILE}",),
    ids=(r"ATM_\d{3}_0000",),
)
