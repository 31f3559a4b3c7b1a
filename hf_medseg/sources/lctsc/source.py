"""LCTSC: five organs of the thorax in planning CT, outlined as RTSTRUCT."""

from __future__ import annotations

from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names={
            "Lung_L": "lung_left",
            "Lung_R": "lung_right",
            "Esophagus": "esophagus",
            "Heart": "heart",
            "SpinalCord": "spinal_cord",
        },
        patients=r"LCTSC-(?:Train|Test)-S[1-3]-\d{3}",
        splits={r"LCTSC-Train-.+": "train", r"LCTSC-Test-.+": "test"},
    ),
    ids=(r"LCTSC_(?:Train|Test)_S[1-3]_\d{3}",),
)
