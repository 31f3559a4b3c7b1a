"""AIDK: partial and full frames as BMP, LabelMe polygons of Cornea, Lesion and Iris."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, grey, save, write
from tests.support.labelme import Box, paint, polygon, rectangle, sheet

VARIANTS: dict[str, str] = {
    "clean": "both parts, with macOS litter, outlines without a scan and a scan without outlines",
    "zip": "AIDK_Dataset.zip",
    "strange_structure": "one polygon is of no structure that the owner names",
    "resized": "one scan is smaller than the one that was drawn on",
}

CLASSES = ("cornea", "lesion", "iris")
_H, _W = 26, 34
_SCANS: list[tuple[str, str, dict[str, Box] | None]] = [
    ("Partial", "7", {"Cornea": (2, 2, 30, 12), "Lesion": (10, 4, 16, 9)}),
    ("Partial", "8", {"Cornea": (1, 1, 20, 9)}),
    ("Full", "7", {"Cornea": (2, 2, 30, 10), "Iris": (4, 15, 14, 20)}),
    ("Full", "9", None),
]
_ODD = ("Full", "7")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "AIDK_Dataset"
    phantom = Phantom(raw=raw, rows=[], not_used=["orphan.json"])
    for frame, stem, drawn in _SCANS:
        odd, part = (frame, stem) == _ODD, f"{frame}-frame_Dataset"
        size = (_H // 2, _W // 2) if odd and variant == "resized" else (_H, _W)
        image = grey(f"aidk {frame} {stem}", *size)
        save(raw / f"{part}/Original_AS-OCT_Images/{stem}.bmp", image)
        maps: dict[str, Array | None] = dict.fromkeys(CLASSES)
        shapes = [rectangle("note", (0, 0, 3, 3))]
        for name, box in (drawn or {}).items():
            one = np.zeros((_H, _W), np.uint8)
            paint(one, box, 1)
            maps[name.lower()] = one
            shapes.append(polygon("Pupil" if odd and variant == "strange_structure" and name == "Iris" else name, box))
        if drawn is not None:
            write(raw / f"{part}/Experts_Annotations/{stem}.json", sheet(f"{stem}.bmp", _H, _W, *shapes))
        if odd and variant in ("strange_structure", "resized"):
            phantom.rejected.append(f"{part}/Experts_Annotations/{stem}.json")
            continue
        mask = np.zeros((_H, _W), np.uint8)
        for index, name in enumerate(CLASSES, 1):
            if (found := maps[name]) is not None:
                mask[found > 0] = index
        columns = {
            **{f"mask_{name}": found for name, found in maps.items()},
            "annotated_classes": [name for name in CLASSES if maps[name] is not None],
            "frame": frame.lower(),
        }
        source_file = f"{part}/Original_AS-OCT_Images/{stem}.bmp"
        phantom.rows.append(Row(f"{frame.lower()}_{stem}", image, None if drawn is None else mask, source_file, columns=columns))
    write(raw / "Full-frame_Dataset/Experts_Annotations/._7.json", b"\x00\x05\x16\x07")
    write(raw / "Full-frame_Dataset/Experts_Annotations/orphan.json", sheet("orphan.bmp", _H, _W))
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "download" / "AIDK_Dataset.zip", top="AIDK_Dataset/")
    return phantom
