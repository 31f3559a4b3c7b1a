"""PSMA-PET-CT-Lesions: tumor lesions in whole-body PSMA-PET, as DICOM SEG."""

from __future__ import annotations

from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names=dict.fromkeys(("*lesion*", "*tumor*", "*tumour*", "*neoplasm*"), "lesion"),
        patients=r"PSMA_[0-9a-f]{16}",
    ),
    ids=(r"PSMA_[0-9a-f]{16}",),
)
