"""C4KC-KiTS: kidneys and their tumors in arterial CT, as DICOM SEG."""

from __future__ import annotations

from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names={"Kidney": "kidney", **dict.fromkeys(("*tumor*", "*tumour*", "*mass*", "*neoplasm*", "*lesion*"), "tumor")},
        patients=r"KiTS-\d{5}",
    ),
    ids=(r"KiTS_\d{5}",),
)
