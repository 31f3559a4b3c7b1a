"""PU2756: {images,masks}/{benign,malignant}/<name>.png, names that recur."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, disc, grey, save

VARIANTS: dict[str, str] = {
    "clean": "both archives unpacked beside each other",
    "zips": "both archives as downloaded",
    "ones": "masks of 0 and 1",
    "missing_mask": "one picture has no mask",
    "two_values": "one mask holds two values besides 0",
    "other_folders": "folders of other names",
}

_FILES = [("benign", "1"), ("malignant", "1"), ("malignant", "2")]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "download" / "PU2756"
    phantom = Phantom(raw=raw.parent, rows=[], refused=variant == "other_folders")
    for place, (label, stem) in enumerate(_FILES):
        odd, where = place == 1, f"{label[0].upper()}1" if phantom.refused else label
        image, inside = grey(f"{label} {stem}", 30, 40), disc(30, 40, 14, 18, 5 + place)
        stored = inside.astype(np.uint8) * np.uint8(1 if variant == "ones" else 255)
        if odd and variant == "two_values":
            stored[14, 18] = 7
        save(raw / "images" / where / f"{stem}.png", image)
        if not (odd and variant == "missing_mask"):
            save(raw / "masks" / where / f"{stem}.png", stored)
        if odd and variant in ("two_values", "missing_mask"):
            phantom.rejected.append(f"masks/{label}/{stem}.png")
            continue
        row = Row(f"{label}_{stem}", image, inside.astype(np.uint8), f"images/{label}/{stem}.png", columns={"label": label})
        phantom.rows.append(row)
    if phantom.refused:
        phantom.rows = []
    if variant == "zips":
        for name in ("images", "masks"):
            as_zip(raw, folder / "zips" / f"{name}.zip", only=[name])
        phantom.raw = folder / "zips"
    return phantom
