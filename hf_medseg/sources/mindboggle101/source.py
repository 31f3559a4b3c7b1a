"""Mindboggle-101: regions of the cortex, labelled by hand in T1-weighted MRI."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.dataset.columns import TEXT
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

SCAN = r"([^/]+)_volumes/([^/]+)/"

REGIONS = (2, 3, *range(5, 32), 34, 35)
"""Numbers of the regions of the DKT protocol on one side."""

CLASSES = {0: 0} | {side + region: index for index, (side, region) in enumerate(((s, r) for s in (1000, 2000) for r in REGIONS), 1)}
"""Numbers in the files, and the classes that they are."""


def cases(raw: Raw) -> Iterator[Case]:
    """One case a scan."""
    images, masks = (raw.find(rf"{SCAN}{name}{NIFTI}") for name in ("t1weighted", r"labels\.DKT31\.manual"))
    for key in union(images, masks):
        cohort, name = key
        image = images.need(key, f"{cohort}_volumes/{name}/t1weighted.nii.gz")
        mask = masks.need(key, f"{cohort}_volumes/{name}/labels.DKT31.manual.nii.gz")
        yield Case(name, {"image": NiftiVolume(image), "mask": Values(NiftiVolume(mask), CLASSES)}, {"cohort": cohort}, patient_id=name)


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{SCAN}t1weighted{NIFTI}", rf"{SCAN}labels\.DKT31\.manual{NIFTI}"),
        configs=volume_configs({"cohort": TEXT}),
        not_used=(
            (rf"labels\.DKT31\.manual\+aseg{NIFTI}", "the same regions with structures that software found"),
            (rf"(?:labels|t1weighted)[^/]+{NIFTI}", "a copy without the skull, or on another grid"),
        ),
    ),
    cases,
    signature=(rf"{SCAN}labels\.DKT31\.manual(?:\+aseg)?{NIFTI}",),
    ids=(r"OASIS-TRT-20-\d{1,2}", r"NKI-TRT-20-\d{1,2}", r"NKI-RS-22-\d{1,2}", r"MMRR-21-\d{1,2}"),
)
