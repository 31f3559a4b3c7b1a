"""Herlev: single cells of Pap smears, nucleus and cytoplasm in masks with a palette."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLAG, Label
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Colours
from hf_medseg.masks.palette import Indexed
from hf_medseg.raw.tree import Raw, union

LABELS = {
    "superficiel": "normal_superficiel",
    "intermediate": "normal_intermediate",
    "columnar": "normal_columnar",
    "light": "light_dysplastic",
    "moderate": "moderate_dysplastic",
    "severe": "severe_dysplastic",
    "carcinoma": "carcinoma_in_situ",
    "carcinima": "carcinoma_in_situ",
}

FOLDER = r"(?i:(?:\d+_)?(?:normal_(?:superficiel|intermediate|columnar)|(?:light|moderate|severe)_dysplastic|carcin[io]ma_in_situ))"

CELL = r"\d{9}-\d{9}-\d{3}"

COLOURS = {(255, 0, 0): 0, (0, 0, 128): 1, (0, 0, 255): 2, (128, 128, 128): NOT_ANNOTATED, (0, 0, 0): NOT_ANNOTATED}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a cell; a renamed picture stands in where the plain name is missing."""
    pictures = raw.find(rf"({FOLDER})/({CELL})\.(?i:bmp)")
    renamed = raw.find(rf"({FOLDER})/({CELL})_2\.(?i:bmp)")
    masks = raw.find(rf"({FOLDER})/({CELL})-d\.(?i:bmp)")
    for folder, cell in union(pictures, renamed, masks):
        words = folder.lower().split("_")
        label = next(label for word, label in LABELS.items() if word in words)
        picture = pictures.get((folder, cell)) or renamed.need((folder, cell), f"{folder}/{cell}.BMP")
        yield Case(
            cell,
            {
                "image": Picture(picture),
                "mask": Colours(Indexed(masks.need((folder, cell), f"{folder}/{cell}-d.bmp")), COLOURS),
            },
            {"label": label, "abnormal": not label.startswith("normal")},
            patient_id=cell[:19],
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{FOLDER}/{CELL}(?:_2)?\.(?i:bmp)", rf"{FOLDER}/{CELL}-d\.(?i:bmp)"),
        configs=(Config(columns={"label": Label(tuple(dict.fromkeys(LABELS.values()))), "abnormal": FLAG}),),
        not_used=(
            (r"[^/]*-cyt\.(?i:bmp)", "a cytoplasm file of a re-host; the mask holds the cytoplasm"),
            (rf"{CELL}_2\.(?i:bmp)", "a renamed copy of a picture that is there under its plain name"),
            (r"new_database_results\.xls", "20 measured features of each cell, not pictures"),
        ),
        uncertain=True,
    ),
    cases,
    signature=(rf"{CELL}-d\.(?i:bmp)",),
    ids=(CELL,),
)
