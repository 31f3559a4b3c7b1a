"""PCMMD: data/segmentation/{plasma cells,non-plasma cells}/{images,masks}, LabelMe polygons; stems repeat."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, colour, save_jpeg, write
from tests.support.labelme import Box, paint, polygon, sheet

VARIANTS: dict[str, str] = {
    "clean": "both folders; one stem is in both",
    "zip": "all files in one archive",
    "missing_outline": "one crop without its JSON",
    "other_kind": "an outline is named as the other folder's cells",
    "not_labelme": "one JSON is of another kind",
}

_TOP = "PCMMD Plasma Cells for Multiple Myeloma Diagnosis/data"
_CROPS: list[tuple[str, str, int, Box]] = [
    ("plasma cells", "1", 1, (3, 3, 12, 15)),
    ("non-plasma cells", "1", 2, (5, 2, 18, 9)),
    ("non-plasma cells", "cell 20", 2, (0, 0, 6, 6)),
]
_ODD = "cell 20"


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "download"
    phantom = Phantom(raw=raw, rows=[], not_used=["boxes.csv"])
    for place, stem, index, box in _CROPS:
        odd, above = stem == _ODD, raw / _TOP / "segmentation" / place
        label = "plasma_cell" if index == 1 else "non_plasma_cell"
        image = save_jpeg(above / f"images/{stem}.jpg", colour(f"pcmmd {place} {stem}", 20, 22))
        mask = np.zeros((20, 22), np.uint8)
        paint(mask, box, index)
        text = sheet(f"{stem}.jpg", 20, 22, polygon("plasma_cell" if odd and variant == "other_kind" else label, box))
        if not (odd and variant == "missing_outline"):
            write(above / f"masks/{stem}.json", '{"boxes": []}' if odd and variant == "not_labelme" else text)
        if odd and variant not in ("clean", "zip"):
            phantom.rejected.append(_ODD)
            continue
        source_file = f"segmentation/{place}/images/{stem}.jpg"
        phantom.rows.append(Row(f"{label}_{stem}", image, mask, source_file, columns={"label": label}))
    write(raw / _TOP / "detection/boxes.csv", "a,b\n1,2\n")
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "packed" / "3v2nrxpr9s-1.zip")
    return phantom
