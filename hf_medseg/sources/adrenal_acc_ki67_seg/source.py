"""Adrenal-ACC-Ki67-Seg: adrenocortical carcinoma in CT, as DICOM SEG."""

from __future__ import annotations

from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names=dict.fromkeys(("*tumor*", "*tumour*", "*mass*", "*carcinoma*", "*neoplasm*", "*lesion*"), "tumor"),
        patients=r"Adrenal_Ki67_Seg_\d{3}",
    ),
    ids=(r"Adrenal_Ki67_Seg_\d{3}",),
)
