"""NSCLC-Radiomics (Lung1): gross tumor volumes and organs of the chest in planning CT, as RTSTRUCT."""

from __future__ import annotations

from hf_medseg.masks.dicom_select import Select
from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names={
            "Lungs-Total": "lungs",
            "Lung-Left": "lung_left",
            "Lung-Right": "lung_right",
            "Heart": "heart",
            "Esophagus": "esophagus",
            "Spinal-Cord": "spinal_cord",
            "GTV*": "tumor",
        },
        patients=r"LUNG1-\d{3}",
        select=Select(kind="RTSTRUCT"),
    ),
    ids=(r"LUNG1_\d{3}",),
)
