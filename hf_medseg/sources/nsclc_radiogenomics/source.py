"""NSCLC Radiogenomics: lung tumors in CT, as DICOM SEG whose only segment has the drawing program's name."""

from __future__ import annotations

from hf_medseg.masks.dicom_select import Select
from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names=dict.fromkeys(("Heart", "Tissue", "Segmentation", "*tumor*", "*neoplasm*"), "tumor"),
        patients=r"(?:AMC|R01)-\d{3}",
        select=Select(description=("3D Slicer segmentation result", "ePAD*")),
    ),
    folders=("NSCLC Radiogenomics", "nsclc_radiogenomics"),
)
