"""TNBC: Slide_<n>/<n>_<k>.png, some with an empty fourth channel, GT_<n>/<n>_<k>.png of 0 and 255."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, colour, disc, grey, save, write

VARIANTS: dict[str, str] = {
    "clean": "the archive, unpacked, with what macOS leaves",
    "zip": "the archive as downloaded",
    "missing_mask": "one picture has no truth",
    "numbered": "one truth numbers the nuclei",
}

_STEMS = ["01_1", "01_2", "02_1", "11_3"]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "TNBC_NucleiSegmentation"
    phantom = Phantom(raw=raw, rows=[])
    for place, stem in enumerate(_STEMS):
        slide, odd = stem[:2], place == 1
        image, nuclei = colour(f"tnbc {stem}", 40, 40), disc(40, 40, 12, 12, 6) | disc(40, 40, 27, 24, 7)
        alpha = [None, np.zeros((40, 40), np.uint8), grey("alpha", 40, 40), np.full((40, 40), 255, np.uint8)][place]
        save(raw / f"Slide_{slide}/{stem}.png", image if alpha is None else np.dstack([image, alpha]))
        stored = nuclei.astype(np.uint8) * np.uint8(255)
        if odd and variant == "numbered":
            stored = disc(40, 40, 12, 12, 6).astype(np.uint8) + 2 * disc(40, 40, 27, 24, 7).astype(np.uint8)
        if not (odd and variant == "missing_mask"):
            save(raw / f"GT_{slide}/{stem}.png", stored)
        if odd and variant in ("missing_mask", "numbered"):
            phantom.rejected.append(f"GT_{slide}/{stem}.png")
            continue
        phantom.rows.append(Row(stem, image, nuclei.astype(np.uint8), f"Slide_{slide}/{stem}.png", patient_id=slide))
    if variant == "clean":
        write(folder / "TNBC_NucleiSegmentation/__MACOSX/Slide_01/._01_1.png", b"\x00\x05\x16\x07")
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "TNBC_NucleiSegmentation.zip", top="TNBC_NucleiSegmentation/")
    return phantom
