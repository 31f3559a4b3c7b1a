"""Vestibular-Schwannoma-SEG: tumour and cochlea in MRI, as RTSTRUCT with names as the planners wrote them."""

from __future__ import annotations

from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names={
            **dict.fromkeys(("TV", "AN", "Rt AN", "Lt AN", "tumour", "tumor", "TvT1"), "tumor"),
            "cochlea*": "cochlea",
        },
        exceptions={"VS-SEG-063": {"Men": "tumor"}, "VS-SEG-073": {"Men": "tumor"}},
        ignore=("*",),
        patients=r"VS-SEG-\d{3}",
    ),
    ids=(r"VS_SEG_\d{3}",),
)
