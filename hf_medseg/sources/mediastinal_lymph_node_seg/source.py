"""Mediastinal-Lymph-Node-SEG (LNQ2023): lymph nodes in CT, as DICOM SEG; most are outlined in part."""

from __future__ import annotations

from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names={"*lymph*node*": "lymph_node"},
        patients=r"case_\d{4}",
        partial=("Partially*",),
    ),
    folders=("Mediastinal-Lymph-Node-SEG", "mediastinal_lymph_node_seg"),
)
