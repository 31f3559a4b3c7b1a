"""Prostate-MRI-US-Biopsy: the prostate and targets of biopsies in MRI, as DICOM SEG made of surfaces."""

from __future__ import annotations

from hf_medseg.masks.dicom_select import Select
from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names={**dict.fromkeys(("*lesion*", "*target*", "ROI*"), "lesion"), "Prostate*": "prostate"},
        patients=r"Prostate-MRI-US-Biopsy-\d{4}",
        select=Select(description=("Segmentation of prostate*",)),
    ),
    ids=(r"Prostate_MRI_US_Biopsy_\d{4}",),
)
