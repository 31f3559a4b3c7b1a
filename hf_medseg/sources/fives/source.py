"""FIVES: retinal vessels in fundus photographs of four groups of people."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

GROUPS = {
    "N": "normal",
    "A": "age_related_macular_degeneration",
    "D": "diabetic_retinopathy",
    "G": "glaucoma",
}
STEM = r"(\d+_[ANDG])\.(?i:png)"
PICTURES, VESSELS = rf"(train|test)/Original/{STEM}", rf"(train|test)/Grou(?:n)?d truth/{STEM}"
WHITE = {0: 0, 255: 1}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a photograph; numbers restart in the test folder, so ids begin with the split."""
    photographs, vessels = raw.find(PICTURES), raw.find(VESSELS)
    for split, stem in union(photographs, vessels):
        key = (split, stem)
        yield Case(
            f"{split}_{stem}",
            {
                "image": Picture(photographs.need(key, f"{split}/Original/{stem}.png")),
                "mask": Values(Picture(vessels.need(key, f"{split}/Ground truth/{stem}.png"), "L"), WHITE),
            },
            {"label": GROUPS[stem[-1]]},
            split=split,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURES, VESSELS),
        configs=(Config(columns={"label": Label(tuple(GROUPS.values()))}),),
        not_used=((r"Quality Assessment\.xlsx", "scores of quality; its columns were never seen, so it is not read"),),
    ),
    cases,
    signature=(rf"FIVES A Fundus Image Dataset[^/]*/(?:train|test)/[^/]+/{STEM}", VESSELS),
)
