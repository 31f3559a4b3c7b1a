"""HCC-TACE-Seg: liver, hepatocellular carcinoma and vessels in CT, as DICOM SEG."""

from __future__ import annotations

from hf_medseg.masks.dicom_select import Select
from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names={
            "Liver": "liver",
            "Mass": "tumor",
            "Necrosis": "necrosis",
            "Portal vein": "portal_vein",
            "Abdominal aorta": "abdominal_aorta",
        },
        patients=r"HCC_\d{3}",
        select=Select(description=("Segmentation",)),
    ),
    folders=("HCC-TACE-Seg", "hcc_tace_seg"),
)
