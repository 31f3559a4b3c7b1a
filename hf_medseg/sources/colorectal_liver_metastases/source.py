"""Colorectal-Liver-Metastases: liver, vessels and single metastases in CT, as DICOM SEG."""

from __future__ import annotations

from hf_medseg.masks.dicom_select import Select
from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names={"Liver": "liver", "Hepatic": "hepatic_vein", "Portal": "portal_vein", "Tumor_*": "tumor"},
        ignore=("Liver Remnant",),
        patients=r"CRLM-CT-\d{4}",
        select=Select(description=("Segmentation",)),
    ),
    ids=(r"CRLM_CT_\d{4}",),
)
