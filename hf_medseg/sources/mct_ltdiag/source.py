"""MCT-LTDiag: liver and tumours in the portal venous phase of CT."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.dataset.columns import PICTURE
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Painted, Values
from hf_medseg.raw.tree import Raw, union

SCAN = rf"NIFTI/pvp{NIFTI}"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a patient."""
    scans, livers, tumours = (raw.find(rf"([^/]+)/{file}{NIFTI}") for file in ("NIFTI/pvp", "liver_mask_pvp", "mask_pvp"))
    for name in union(scans, livers, tumours):
        liver = Values(NiftiVolume(livers.need(name, f"{name}/liver_mask_pvp.nii.gz")), {0: 0, 1: 1})
        tumour = Values(NiftiVolume(tumours.need(name, f"{name}/mask_pvp.nii.gz")), {0: 0, 1: 1})
        yield Case(
            name,
            {
                "image": NiftiVolume(scans.need(name, f"{name}/NIFTI/pvp.nii.gz")),
                "mask": Painted((liver, tumour), (1, 2)),
                "mask_liver": liver,
                "mask_tumour": tumour,
            },
            patient_id=name,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"[^/]+/{SCAN}", rf"[^/]+/liver_mask_pvp{NIFTI}"),
        configs=volume_configs({"mask_liver": PICTURE, "mask_tumour": PICTURE}),
        not_used=(
            (rf"NIFTI/(?:nc|art|delay){NIFTI}", "a phase in which nothing is outlined"),
            (r"[^/]+\.(?:tab|xlsx?|csv)", "what is known of the patients; no column is made from it"),
        ),
    ),
    cases,
    signature=(rf"liver_mask_pvp{NIFTI}",),
    begins=(rf"[^/]+/(?:{SCAN}|(?:liver_)?mask_pvp{NIFTI})",),
)
