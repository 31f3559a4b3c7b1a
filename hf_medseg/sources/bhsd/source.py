"""BHSD: five kinds of bleeding in CT of the head."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union


def cases(raw: Raw) -> Iterator[Case]:
    """One case a labelled scan."""
    images, masks = (raw.find(rf"label_192/{folder}/([^/]+){NIFTI}") for folder in ("images", "ground truths"))
    for name in union(images, masks):
        image = images.need(name, f"label_192/images/{name}.nii.gz")
        mask = masks.need(name, f"label_192/ground truths/{name}.nii.gz")
        yield Case(
            name,
            {"image": NiftiVolume(image), "mask": Values(NiftiVolume(mask), {value: value for value in range(6)})},
            patient_id=name,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"label_192/images/[^/]+{NIFTI}", rf"label_192/ground truths/[^/]+{NIFTI}"),
        configs=volume_configs(),
        not_used=((rf"unlabel[^/]*/.+{NIFTI}", "a scan whose bleeding is not outlined"),),
    ),
    cases,
    signature=(rf"label_192/(?:images|ground truths)/[^/]+{NIFTI}",),
    begins=(rf"label_192/(?:images|ground truths)/[^/]+{NIFTI}",),
)
