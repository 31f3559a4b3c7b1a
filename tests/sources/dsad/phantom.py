"""DSAD: <organ>/<patient>/image<n>.png with mask<n>.png of 0 and 255, multilabel/ and files of annotators beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, colour, disc, save, write

VARIANTS: dict[str, str] = {
    "clean": "three organs, a list and the folder of several organs",
    "zip": "the archive, which has no top folder",
    "missing_mask": "one frame has no mask",
    "missing_image": "one mask has no frame",
    "numbered": "one mask holds 1",
}

_FRAMES = [("abdominal_wall", "01", "00"), ("abdominal_wall", "01", "01"), ("liver", "01", "00"), ("vesicular_glands", "32", "07")]
_ODD = ("abdominal_wall", "01", "01")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "data"
    phantom = Phantom(raw=raw, rows=[])
    for place, (organ, patient, number) in enumerate(_FRAMES):
        odd = (organ, patient, number) == _ODD
        image, mask = colour(f"dsad {place}", 20, 30), disc(20, 30, 9, 8 + 4 * place, 5).astype(np.uint8)
        if not (odd and variant == "missing_image"):
            save(raw / f"{organ}/{patient}/image{number}.png", image)
        if not (odd and variant == "missing_mask"):
            save(raw / f"{organ}/{patient}/mask{number}.png", mask * np.uint8(1 if odd and variant == "numbered" else 255))
        if odd and variant not in ("clean", "zip"):
            kind = "image" if variant == "missing_image" else "mask"
            phantom.rejected.append(f"{organ}/{patient}/{kind}{number}.png")
            continue
        row = Row(f"{organ}_{patient}_{number}", image, mask, f"{organ}/{patient}/image{number}.png", patient_id=patient)
        (phantom.rows if organ == "abdominal_wall" else phantom.configs.setdefault(organ, [])).append(row)
    save(raw / "liver/01/anno_1/mask00.png", disc(20, 30, 9, 9, 3))
    save(raw / "multilabel/01/image00.png", colour("dsad several", 20, 30))
    write(raw / "liver/01/weak_labels.csv", "image,liver\n00,1\n")
    phantom.not_used = ["liver/01/anno_1/mask00.png", "multilabel/01/image00.png"]
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "download/data.zip")
    return phantom
