"""PSFHS: image_mha/<number>.mha of 3 x height x width samples, label_mha/<number>.mha of 0, 1 and 2."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as Itk

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc

VARIANTS: dict[str, str] = {
    "clean": "the two folders; colours lie on the third axis",
    "zip": "the archive as downloaded",
    "vectors": "colours are components of each sample",
    "missing_mask": "one picture has no mask",
    "missing_picture": "one mask has no picture",
    "codes": "one mask has the codes 7 and 8 of another set",
    "volume": "one picture holds five slices",
    "wide": "one picture has colours of 16 bits",
    "sister": "the set of the same tree under another license: refused",
}

_NUMBERS = ["00012", "00105", "03744"]
_ODD, _HEIGHT, _WIDTH = "00105", 20, 24


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "raw"
    top = "Pubic Symphysis-Fetal Head Segmentation and Angle of Progression" if variant == "sister" else "PSFHS"
    phantom = Phantom(raw=raw, rows=[], refused=variant == "sister")
    for place, number in enumerate(_NUMBERS):
        odd = number == _ODD
        image = colour(f"psfhs {number}", _HEIGHT, _WIDTH)
        mask = disc(_HEIGHT, _WIDTH, 6, 7, 3).astype(np.uint8) + 2 * disc(_HEIGHT, _WIDTH, 13, 14 + place, 4).astype(np.uint8)
        planes: Array = image.transpose(2, 0, 1)
        if odd and variant == "volume":
            planes = np.concatenate([planes, planes[:2]])
        if odd and variant == "wide":
            planes = planes.astype(np.uint16) * np.uint16(200)
        drawn = np.where(mask > 0, mask + 6, 0).astype(np.uint8) if odd and variant == "codes" else mask
        if not (odd and variant == "missing_picture"):
            vectors = variant == "vectors"
            _save(raw / top / f"image_mha/{number}.mha", image if vectors else planes, vectors)
        if not (odd and variant == "missing_mask"):
            _save(raw / top / f"label_mha/{number}.mha", drawn)
        if variant == "sister":
            continue
        if odd and variant not in ("clean", "zip", "vectors"):
            side = "label" if variant in ("missing_mask", "codes") else "image"
            phantom.rejected.append(f"{side}_mha/{number}.mha")
            continue
        phantom.rows.append(Row(number, image, mask, f"image_mha/{number}.mha"))
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "download/PSFHS.zip")
    return phantom


def _save(path: Path, array: Array, vectors: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Itk.GetImageFromArray(array, isVector=vectors)
    Itk.WriteImage(image, str(path), useCompression=not vectors)
