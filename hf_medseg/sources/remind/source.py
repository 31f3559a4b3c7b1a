"""ReMIND: tumor, cavity, ventricles and cerebrum in MRI around the resection of brain tumors, as DICOM SEG."""

from __future__ import annotations

from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names={
            "Cerebrum": "cerebrum",
            "Ventricle*": "ventricles",
            "*resection cavity": "previous_resection_cavity",
            "Tumor": "tumor",
            "Tumor target": "tumor_target",
            "Target tumor": "tumor_target",
            "Tumor residual": "residual_tumor",
            "Residual tumor": "residual_tumor",
        },
        patients=r"ReMIND-\d{3}",
    ),
    ids=(r"ReMIND_\d{3}",),
)
