"""BUS-UCLM: benign and malignant lesions in breast ultrasound, in colours."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Colours
from hf_medseg.raw.tree import Raw, union

STEM = r"([A-Z]{4}_\d+)\.(?i:png)"
PICTURES, MASKS = rf"images/{STEM}", rf"masks/{STEM}"
COLOURS = {(0, 0, 0): 0, (0, 255, 0): 1, (255, 0, 0): 2}
# The patients that the owner's script sets aside for testing.
TEST = ("COPE", "ANFO", "ELCO", "CRCI", "FLKA")


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the first four letters of a name are the patient."""
    pictures, masks = raw.find(PICTURES), raw.find(MASKS)
    for stem in union(pictures, masks):
        patient = stem[:4]
        yield Case(
            stem,
            {
                "image": Picture(pictures.need(stem, f"images/{stem}.png")),
                "mask": Colours(Picture(masks.need(stem, f"masks/{stem}.png"), "RGB"), COLOURS),
            },
            split="test" if patient in TEST else "train",
            patient_id=patient,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURES, MASKS),
        not_used=(
            (r"INFO\.csv", "a table whose columns were never seen, so it is not read"),
            (r"[^/]+\.(?:md|txt|json)", "text about the data"),
        ),
    ),
    cases,
    signature=(rf"BUS-UCLM/(?:images|masks)/{STEM}", rf"(?:images|masks)/(?:{'|'.join(TEST)})_\d+\.(?i:png)"),
    ids=(rf"(?:{'|'.join(TEST)})_\d{{3}}",),
)
