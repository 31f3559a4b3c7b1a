"""DPRD: <folder with an apostrophe>/{Train,Test}/{images,mask}/<n>.png, caries painted in one colour on black."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc, grey, save

VARIANTS: dict[str, str] = {
    "clean": "the caries part of the archive, beside the other parts; one mask has an opaque fourth channel",
    "zip": "the archive as downloaded",
    "typographic": "the folder's name has a typographic apostrophe",
    "pseudo": "masks end in _pseudo, and the numbers of their classes lie beside them",
    "inside": "RAW is the folder with Train and Test, under another name",
    "missing_mask": "one picture has no mask",
    "missing_picture": "one mask has no picture",
    "other_colour": "one mask has a second colour",
    "resized": "one mask is half as large",
}

_ROWS = [("Train", "1"), ("Train", "10"), ("Test", "1"), ("Supplemental content-93", "1")]
_ODD = ("Train", "10")
_BLUE = (53, 119, 181)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "Dental_dataset"
    apostrophe = "\u2019" if variant == "typographic" else "'"
    part = "caries" if variant == "inside" else f"Children{apostrophe}s dental caries segmentation dataset"
    phantom = Phantom(raw=raw, rows=[])
    shown = "" if variant == "inside" else f"{part}/"
    for place, (split, name) in enumerate(_ROWS):
        odd = (split, name) == _ODD
        image = (grey if place else colour)(f"dprd {split} {name}", 20, 32)
        caries = disc(20, 32, 9, 8 + 4 * place, 4).astype(np.uint8)
        painted: Array = caries[..., np.newaxis] * np.array(_BLUE, np.uint8)
        if odd and variant == "other_colour":
            painted[0, 0] = (230, 120, 20)
        if odd and variant == "resized":
            painted = painted[::2, ::2]
        if odd:
            painted = np.dstack([painted, np.full(painted.shape[:2], 255, np.uint8)])
        if not (odd and variant == "missing_picture"):
            save(raw / part / f"{split}/images/{name}.png", image)
        if not (odd and variant == "missing_mask"):
            ending = "_pseudo" if variant == "pseudo" else ""
            save(raw / part / f"{split}/mask/{name}{ending}.png", painted)
            if ending:
                save(raw / part / f"{split}/mask/{name}.png", caries)
                phantom.not_used.append(f"{split}/mask/{name}.png")
        if odd and variant in ("missing_mask", "missing_picture", "other_colour", "resized"):
            phantom.rejected.append(f"{split}/{'images' if variant == 'missing_picture' else 'mask'}/{name}.png")
            continue
        source_file = f"{split}/images/{name}.png" if variant == "inside" else f"{part}/{split}/images/{name}.png"
        said = split.split()[0].lower()
        phantom.rows.append(Row(f"{said}_{name}", image, caries, source_file, said))
    if shown:
        save(raw / "Pediatric dental disease detection dataset/Train/images/1.png", grey("other part", 20, 32))
        phantom.not_used.append("Pediatric dental disease detection dataset/Train/images/1.png")
    else:
        phantom.raw = raw / part
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "Dental_dataset.zip", top="Dental_dataset/")
    return phantom
