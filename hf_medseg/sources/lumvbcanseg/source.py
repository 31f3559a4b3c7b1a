"""LumVBCanSeg: cancellous bone of the lumbar vertebrae in CT."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union


def cases(raw: Raw) -> Iterator[Case]:
    """One case a scan."""
    images, masks = raw.find(rf"Task908/([^/]+?(?<!_seg)){NIFTI}"), raw.find(rf"Task908/([^/]+)_seg{NIFTI}")
    for name in union(images, masks):
        image = images.need(name, f"Task908/{name}.nii.gz")
        mask = masks.need(name, f"Task908/{name}_seg.nii.gz")
        yield Case(
            name,
            {"image": NiftiVolume(image), "mask": Values(NiftiVolume(mask), {value: value for value in range(6)})},
            patient_id=name,
        )


SOURCE = source_of(
    __file__,
    Reading(landmarks=(rf"Task908/[^/]+_seg{NIFTI}",), configs=volume_configs()),
    cases,
    signature=(rf"Task908/[^/]+_seg{NIFTI}",),
    begins=(rf"Task908/[^/]+{NIFTI}",),
)
