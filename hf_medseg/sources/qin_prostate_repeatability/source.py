"""QIN-PROSTATE-Repeatability: prostate, peripheral zone and lesion in MRI of two days, as DICOM SEG."""

from __future__ import annotations

from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names={
            "Prostate": "prostate",
            "Peripheral zone of the prostate": "peripheral_zone",
            "Normal": "normal_tissue",
            "Lesion": "lesion",
        },
        patients=r"PCAMPMRI-\d{5}",
    ),
    ids=(r"PCAMPMRI_\d{5}",),
)
