"""HVSMR-2.0: hearts with congenital disease in MRI, as scanned."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union


def cases(raw: Raw) -> Iterator[Case]:
    """One case a patient."""
    images, masks = raw.find(rf"(pat\d+)_orig{NIFTI}"), raw.find(rf"(pat\d+)_orig_seg{NIFTI}")
    for name in union(images, masks):
        image = images.need(name, f"{name}_orig.nii.gz")
        mask = masks.need(name, f"{name}_orig_seg.nii.gz")
        yield Case(
            name,
            {"image": NiftiVolume(image), "mask": Values(NiftiVolume(mask), {value: value for value in range(9)})},
            patient_id=name,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"pat\d+_orig{NIFTI}", rf"pat\d+_orig_seg{NIFTI}"),
        configs=volume_configs(),
        not_used=(
            (rf"pat\d+_[a-z_]+_seg_endpoints{NIFTI}", "how far vessels may reach; no column is made from it"),
            (rf"pat\d+_cropped(?:_norm)?(?:_seg)?{NIFTI}", "a part of a scan that is in orig/ whole"),
            (r"[^/]+\.(?:csv|xlsx)", "what is known of the patients; no column is made from it"),
        ),
    ),
    cases,
    signature=(rf"pat\d+_orig_seg(?:_endpoints)?{NIFTI}",),
    ids=(r"pat\d{1,2}_cropped_norm", r"pat\d{1,2}_orig_seg"),
)
