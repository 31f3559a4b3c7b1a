"""Spine-Mets-CT-SEG: every vertebra of spines with metastases in CT, as DICOM SEG."""

from __future__ import annotations

from hf_medseg.sources.collections import Collection, collection_of

VERTEBRAE = (*(f"C{n}" for n in range(1, 8)), *(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 6)), "S1")

SOURCE = collection_of(
    __file__,
    Collection(
        names={form.format(name): name for name in VERTEBRAE for form in ("{}", "{} vertebra", "vertebra {}")},
        patients=r"\d{5}",
    ),
    folders=("Spine-Mets-CT-SEG", "spine_mets_ct_seg"),
)
