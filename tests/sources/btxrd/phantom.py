"""BTXRD: images/IMG<6 digits>.jpeg or .jpg, Annotations/*.json of LabelMe, dataset.xlsx."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl

from tests.support.kit import Phantom, Row, as_zip, grey, save_jpeg, write
from tests.support.labelme import Box, paint, polygon, rectangle, sheet

VARIANTS: dict[str, str] = {
    "clean": "pictures, outlines and table",
    "zip": "BTXRD.zip",
    "no_table": "without dataset.xlsx: nobody says which picture has no tumour",
    "missing_outlines": "the table speaks of a tumour that nobody outlined",
    "two_lines": "the table has two lines of one picture, with other endings, which contradict each other",
    "missing_picture": "outlines without their picture",
    "strange_type": "an outline has a name that the paper does not have",
    "damaged": "one JSON is cut",
    "resized": "one picture is smaller than the one that was drawn on",
}

CLASSES = [
    "osteochondroma",
    "multiple_osteochondromas",
    "simple_bone_cyst",
    "giant_cell_tumor",
    "synovial_osteochondroma",
    "osteofibroma",
    "osteosarcoma",
    "other_bt",
    "other_mt",
]
_H, _W = 30, 24
_PICTURES: list[tuple[str, str, list[tuple[str, Box]]]] = [
    ("IMG000001", "jpeg", [("other mt", (3, 4, 15, 20))]),
    ("IMG000002", "jpg", [("osteochondroma", (-2, 2, 6, 9)), ("giant cell tumor", (10, 10, 20, 28))]),
    ("IMG000003", "jpeg", []),
]
_ODD = "IMG000002"


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "BTXRD"
    phantom = Phantom(raw=raw, rows=[])
    book = openpyxl.Workbook()
    table = book.active
    assert table is not None
    table.append(["image_id", "center", "age", "gender", "femur", "hip bone", "tumor", "benign", "malignant", "frontal", "lateral"])
    for stem, suffix, lesions in _PICTURES:
        odd = stem == _ODD
        malignant = int(any(name == "other mt" for name, _ in lesions))
        line = [2, 47, "F", malignant, 1 - malignant, int(bool(lesions)), int(bool(lesions)) - malignant, malignant, 1, int(odd)]
        table.append([f"{stem}.jpeg", *line])
        if odd and variant == "two_lines":
            table.append([f"{stem}.jpg", *line[:5], 0, *line[6:]])
        path = raw / f"images/{stem}.{suffix}"
        size = (_H // 2, _W // 2) if odd and variant == "resized" else (_H, _W)
        image = save_jpeg(path, grey(f"btxrd {stem}", *size))
        if odd and variant == "missing_picture":
            path.unlink()
        mask, instances = np.zeros((_H, _W), np.uint8), np.zeros((_H, _W), np.uint16)
        shapes = []
        for number, (name, box) in enumerate(lesions, 1):
            called = "chordoma" if odd and variant == "strange_type" else name
            left, top, right, bottom = box
            shapes += [rectangle(called, (left - 1, top - 1, right + 1, bottom + 1)), polygon(called, box)]
            paint(mask, box, CLASSES.index(name.replace(" ", "_")) + 1)
            paint(instances, box, number)
        if shapes and not (odd and variant == "missing_outlines"):
            text = sheet(path.name, _H, _W, *shapes)
            write(raw / f"Annotations/{stem}.json", text[:90] if odd and variant == "damaged" else text)
        if odd and variant not in ("clean", "zip", "no_table"):
            phantom.rejected.append(stem)
            continue
        known = variant != "no_table"
        unseen = not lesions and not known
        told = {
            "tumor": bool(lesions),
            "label": "malignant" if malignant else "benign" if lesions else "normal",
            "site": "femur" if malignant else "hip_bone",
            "view": None if odd else "frontal",  # two are marked
            "center": 2,
            "age": 47.0,
            "sex": "female",
        }
        columns = {**(told if known else dict.fromkeys(told)), "instances": None if unseen else instances}
        phantom.rows.append(Row(stem, image, None if unseen else mask, f"images/{stem}.{suffix}", columns=columns))
    if variant != "no_table":
        book.save(raw / "dataset.xlsx")
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "download" / "BTXRD.zip", top="BTXRD/")
    return phantom
