"""Pediatric-CT-SEG: up to 29 organs in CT of children, as RTSTRUCT."""

from __future__ import annotations

from hf_medseg.masks.dicom_select import Select
from hf_medseg.sources.collections import Collection, collection_of

SPELT_OUT = (
    *(
        "Adrenal Left",
        "Adrenal Right",
        "Bladder",
        "Breast Left",
        "Breast Right",
        "Duodenum",
        "Esophagus",
        "Gall Bladder",
        "Gonads",
        "Heart",
    ),
    *("Kidney Left", "Kidney Right", "Large Intestine", "Liver", "Pancreas", "Prostate", "Rectum", "Small Intestine", "Spinal Canal"),
    *("Spleen", "Stomach", "Thymus", "Skin", "Bones"),
)

SOURCE = collection_of(
    __file__,
    Collection(
        names={
            **{name: name.lower().replace(" ", "_") for name in SPELT_OUT},
            "Lt Adrenal": "adrenal_left",
            "Rt Adrenal": "adrenal_right",
            "Femoral Head Lef*": "femoral_head_left",
            "Femoral Head Rig*": "femoral_head_right",
            "Lung_L": "lung_left",
            "Lung_R": "lung_right",
            "UteroCervix": "uterus_and_cervix",
        },
        ignore=("BODY", "Horseshoe Kidney"),
        paint=("skin", "bones"),
        patients=r"Pediatric-CT-SEG-[0-9A-F]{8}",
        select=Select(kind="RTSTRUCT", newest=True),
    ),
    ids=(r"Pediatric_CT_SEG_[0-9A-F]{8}",),
)
