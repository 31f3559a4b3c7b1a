"""BUS-UCLM: BUS-UCLM/{images,masks}/<4 letters>_<number>.png, green and red lesions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, disc, grey, save, write

VARIANTS: dict[str, str] = {
    "clean": "the archive, unpacked",
    "zip": "the archive as downloaded",
    "missing_mask": "one picture has no mask",
    "smaller_mask": "one mask has another size",
    "nearly_green": "one mask was saved with loss",
}

_COLOURS = np.array([(0, 0, 0), (0, 255, 0), (255, 0, 0)], np.uint8)
_STEMS = {"ALWI_000": (), "ALWI_001": (1,), "VITR_012": (2,), "COPE_003": (1, 2), "FLKA_100": ()}
_ODD = "ALWI_001"


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "BUS-UCLM Breast ultrasound lesion segmentation dataset"
    top = raw / "BUS-UCLM"
    phantom = Phantom(raw=raw, rows=[])
    for stem, lesions in _STEMS.items():
        odd, truth = stem == _ODD, np.zeros((32, 40), np.uint8)
        for lesion in lesions:
            truth[disc(32, 40, 8 * lesion + 4, 12 * lesion, 5)] = lesion
        image, stored = grey(stem, 32, 40), _COLOURS[truth]
        save(top / "images" / f"{stem}.png", image)
        if odd and variant == "smaller_mask":
            stored = stored[:-1]
        if odd and variant == "nearly_green":
            stored = np.where(stored == 255, 250, stored).astype(np.uint8)
        if not (odd and variant == "missing_mask"):
            save(top / "masks" / f"{stem}.png", stored)
        if odd and variant in ("missing_mask", "smaller_mask", "nearly_green"):
            phantom.rejected.append(f"masks/{stem}.png")
            continue
        split = "test" if stem[:4] in ("COPE", "FLKA") else "train"
        phantom.rows.append(Row(stem, image, truth, f"images/{stem}.png", split, patient_id=stem[:4]))
    write(top / "INFO.csv", "Image;Label\n")
    phantom.not_used.append("INFO.csv")
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "7fvgj4jsp7-1.zip", top=f"{raw.name}/")
    return phantom
