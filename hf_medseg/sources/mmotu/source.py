"""MMOTU: ovarian tumours in ultrasound (OTU_2d) and contrast-enhanced ultrasound (OTU_CEUS)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Colours
from hf_medseg.raw.cells import whole
from hf_medseg.raw.tables import lines_of
from hf_medseg.raw.tree import Raw, union

# In the order of the owner's class numbers, with their colours.
TYPES = {
    "chocolate_cyst": (64, 0, 0),
    "serous_cystadenoma": (0, 64, 0),
    "teratoma": (0, 0, 64),
    "theca_cell_tumor": (64, 0, 64),
    "simple_cyst": (64, 64, 0),
    "normal_ovary": (64, 64, 64),
    "mucinous_cystadenoma": (0, 128, 0),
    "high_grade_serous_cystadenoma": (0, 0, 128),
}

NAMES = tuple(TYPES)

COLOURS = {(0, 0, 0): 0} | {colour: number for number, colour in enumerate(TYPES.values(), 1)}

FOLDERS = {"otu-2d": r"(?i:OTU[_-]2d(?:-Dataset(?:-main)?)?)", "otu-ceus": r"(?i:OTU_3d|OTU_CEUS)"}

SPLITS = {"train": "train", "val": "validation"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the owner's lists say split and tumour type."""
    folder = FOLDERS[raw.config]
    # A re-host repeats the pictures by class: compared, and reported as duplicates.
    among = rf"(?:{folder}/|(?:{folder}/)?8_layers/[^/]+/)"
    pictures = raw.find(rf"{among}images/(\d+)\.(?i:jpg)")
    masks = raw.find(rf"{among}annotations/(\d+)\.(?i:png)")
    splits: dict[str, set[str]] = {}
    types: dict[str, set[str]] = {}
    numbers = union(pictures, masks)
    listings = raw.find(rf"{folder}/(train|val)(_cls)?\.txt")
    for (name, suffix), file in listings.items():
        raw.use(file)
        lines = []
        for line in lines_of(file):
            number, *others = re.sub(r"(?i)\.jpg", "", line).split()
            codes = [other if (kind := whole(other)) is None else str(kind) for other in others]  # a spreadsheet writes 3 as 3.0
            lines.append(number)
            (types if suffix else splits).setdefault(number, set()).update(codes if suffix else [SPLITS[name]])
        if suffix:  # what the lists of the splits name and is not there is rejected
            raw.compare(file, lines, numbers)
    if types:
        raw.doubts.lacking(next(file.path for (_, suffix), file in listings.items() if suffix), sorted({*numbers} - {*types}), numbers)
    for number in union(pictures, masks, splits):
        split, code = splits.get(number, set()), types.get(number, set())
        label = min(code, default="")
        wrong = ""
        if splits and len(split) != 1:
            wrong = f"{'both' if split else 'neither'} of the lists train.txt and val.txt name it."
        elif len(code) > 1 or (label and label not in "01234567"):
            wrong = f"the lists of classes say {', '.join(sorted(code))}; one of 0 to 7 expected."
        yield Case(
            number,
            {
                "image": Picture(pictures.need(number, f"images/{number}.JPG")),
                "mask": Colours(Picture(masks.need(number, f"annotations/{number}.PNG")), COLOURS),
            },
            {"label": NAMES[int(label)] if label and not wrong else None},
            split=min(split, default="train"),
            problem=Problem.of(wrong),
        )


COLUMNS = {"label": Label(NAMES)}

SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(
            r"(?i:OTU[_-]2d(?:-Dataset(?:-main)?)?|OTU_3d|OTU_CEUS)/images/\d+\.(?i:jpg)",
            r"(?i:OTU[_-]2d(?:-Dataset(?:-main)?)?|OTU_3d|OTU_CEUS)/annotations/\d+\.(?i:png)",
        ),
        configs=(
            Config("otu-2d", COLUMNS, description="B-mode and colour Doppler."),
            Config("otu-ceus", COLUMNS, description="Contrast-enhanced."),
        ),
        not_used=(
            (r"annotations/\d+_binary_binary\.(?i:png)", "a leftover: the same bytes as the `_binary` mask"),
            (r"annotations/\d+_binary\.(?i:png)", "the area of the colour mask once more, without the class"),
            (r"[^/]+\.json", "a re-host's own lists"),
        ),
    ),
    cases,
    signature=(r"(?i:OTU[_-]2d(?:-Dataset(?:-main)?)?|OTU_3d|OTU_CEUS)/images/\d+\.(?i:jpg)", r"annotations/\d+_binary_binary\.(?i:png)"),
    image_mode="RGB",
)
