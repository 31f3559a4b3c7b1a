"""FLARE22: thirteen abdominal organs in CT."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

NAME = r"(FLARE22_Tr_\d{4}|FLARE(?:22)?Ts_\d{4})"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a labelled scan."""
    images, labels = raw.find(rf"images/{NAME}_0000{NIFTI}"), raw.find(rf"labels/{NAME}{NIFTI}")
    for name in union(images, labels):
        image = images.need(name, f"images/{name}_0000.nii.gz")
        label = labels.need(name, f"labels/{name}.nii.gz")
        yield Case(
            name,
            {"image": NiftiVolume(image), "mask": Values(NiftiVolume(label), {value: value for value in range(14)})},
            split="train" if name.startswith("FLARE22_Tr_") else "validation",
            patient_id=name,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"images/{NAME}_0000{NIFTI}", rf"labels/{NAME}{NIFTI}"),
        configs=volume_configs(),
        not_used=(
            (r"FLARE22_UnlabeledCase[^/]*/.+", "a case without labels"),
            (rf"Testing/.+{NIFTI}", "a case of the test set, whose labels are not released"),
        ),
    ),
    cases,
    signature=(rf"(?:images/FLARE22_Tr_\d{{4}}_0000|labels/FLARE22_Tr_\d{{4}}){NIFTI}",),
    ids=(r"FLARE22_Tr_\d{4}", r"FLARETs_\d{4}"),
)
