"""CT Lymph Nodes: nodes of the mediastinum or the abdomen in CT, as DICOM SEG."""

from __future__ import annotations

from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names={"*lymph*": "lymph_node", "*node*": "lymph_node"},
        patients=r"(?:ABD|MED)_LYMPH_\d{3}",
    ),
    ids=(r"(?:ABD|MED)_LYMPH_\d{3}",),
)
