"""ALL image dataset: blood smears of acute lymphoblastic leukemia, with copies whose background an algorithm painted black."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLAG, MASK_ORIGIN, PICTURE, Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Threshold
from hf_medseg.masks.palette import Brightest
from hf_medseg.raw.tree import Raw, union

LABELS = ("benign", "early", "pre", "pro")

FILE = r"(?i:Benign|Early|Pre|Pro)/(WBC-(?:Benign|Malignant-Early|Malignant-Pre|Malignant-Pro)-\d{3})\.(?i:jpe?g)"

# Rings of the JPEG compression around the black background reach 64; hardly any pixel lies between 64 and 191.
BACKGROUND = 64


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the mask is what its segmented copy did not paint black."""
    originals = raw.find(rf"(?i:Original)/{FILE}")
    copies = raw.find(rf"(?i:Segmented)/{FILE}")
    for stem in union(originals, copies):
        label = stem.split("-")[-2].lower()
        original = originals.need(stem, f"Original/{label.title()}/{stem}.jpg")
        copy = copies.need(stem, f"Segmented/{label.title()}/{stem}.jpg")
        folders = {file.path.split("/")[1].lower() for file in (original, copy)}
        yield Case(
            stem,
            {
                "image": Picture(original),
                "mask": Threshold(Brightest(Picture(copy)), BACKGROUND, drawn=False),
                "segmented": Picture(copy),
            },
            {"label": label, "malignant": label != "benign", "mask_origin": "derived"},
            problem=Problem.of(
                "" if folders == {label} else f"it lies in the folder {' or '.join(sorted(folders))}, its name says {label}."
            ),
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"(?i:Original)/{FILE}", rf"(?i:Segmented)/{FILE}"),
        configs=(Config(columns={"label": Label(LABELS), "malignant": FLAG, "mask_origin": MASK_ORIGIN, "segmented": PICTURE}),),
    ),
    cases,
    signature=(r"WBC-(?:Benign|Malignant-(?:Early|Pre|Pro))-\d{3}\.(?i:jpe?g)",),
    ids=(r"WBC_(?:Benign|Malignant_(?:Early|Pre|Pro))_\d{3}",),
)
