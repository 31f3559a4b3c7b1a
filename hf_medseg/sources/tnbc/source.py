"""TNBC: nuclei in slides of triple negative breast cancer."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

SLIDES, TRUTHS = r"Slide_(\d{2})/(\d{2}_\d+)\.(?i:png)", r"GT_(\d{2})/(\d{2}_\d+)\.(?i:png)"
INSIDE = {0: 0, 255: 1}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; each slide is a patient."""
    pictures, truths = raw.find(SLIDES), raw.find(TRUTHS)
    for slide, stem in union(pictures, truths):
        key = (slide, stem)
        yield Case(
            stem,
            {
                "image": Picture(pictures.need(key, f"Slide_{slide}/{stem}.png"), drop_alpha=True),
                "mask": Values(Picture(truths.need(key, f"GT_{slide}/{stem}.png"), "L"), INSIDE),
            },
            patient_id=slide,
        )


SOURCE = source_of(
    __file__,
    Reading(landmarks=(SLIDES, TRUTHS), not_used=((r"[^/]+\.(?:md|txt|pdf)", "text about the data"),)),
    cases,
    signature=(r"TNBC_NucleiSegmentation/(?:Slide|GT)_\d{2}/\d{2}_\d+\.(?i:png)", TRUTHS),
    image_mode="RGB",
)
