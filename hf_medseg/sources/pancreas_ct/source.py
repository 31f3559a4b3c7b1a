"""Pancreas-CT: the pancreas in portal venous CT, as DICOM SEG."""

from __future__ import annotations

from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names={"*pancreas*": "pancreas"},
        patients=r"PANCREAS_\d{4}",
    ),
    folders=("Pancreas-CT", "pancreas_ct"),
)
