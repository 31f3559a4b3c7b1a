"""TN3K: JPEG pictures and JPEG masks in folders of two splits, five fold lists, and two other sets in the same archive."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, disc, grey, save_jpeg, write

VARIANTS: dict[str, str] = {
    "clean": "the archive, unpacked: with TG3K and DDTI beside it",
    "zip": "the zip as downloaded",
    "no_folds": "without the fold lists",
    "missing_mask": "one picture has no mask",
    "ids_for_white": "one mask re-saved with 0 and 1: black to the eye",
}

_NUMBERS = {"trainval": ["0000", "0001", "0002"], "test": ["0000", "0613"]}
_SPLITS = {"trainval": "train", "test": "test"}
_FOLDS = {0: 0, 1: 1, 2: 2}  # picture -> fold in which it validates
_ODD = ("trainval", "0001")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "Thyroid Dataset"
    phantom = Phantom(raw=raw, rows=[])
    for split, numbers in _NUMBERS.items():
        for number in numbers:
            odd = (split, number) == _ODD
            image = save_jpeg(raw / "tn3k" / f"{split}-image" / f"{number}.jpg", grey(f"tn3k {split} {number}", 32, 40))
            stored = disc(32, 40, 16, 20, 8).astype(np.uint8) * np.uint8(1 if odd and variant == "ids_for_white" else 255)
            mask = raw / "tn3k" / f"{split}-mask" / f"{number}.jpg"
            decoded = save_jpeg(mask, stored, quality=75)
            if odd and variant == "missing_mask":
                mask.unlink()
            if odd and variant in ("missing_mask", "ids_for_white"):
                phantom.rejected.append(f"{split}-{'image' if variant == 'missing_mask' else 'mask'}/{number}.jpg")
                continue
            fold = _FOLDS[int(number)] if split == "trainval" and variant != "no_folds" else None
            phantom.rows.append(
                Row(
                    f"{split}_{number}",
                    image,
                    (decoded > 127).astype(np.uint8),
                    f"{split}-image/{number}.jpg",
                    _SPLITS[split],
                    columns={"fold": fold},
                )
            )
    for fold in range(5) if variant != "no_folds" else ():
        lists = {"val": [n for n, f in _FOLDS.items() if f == fold], "train": [n for n, f in _FOLDS.items() if f != fold]}
        write(raw / "tn3k" / f"tn3k-trainval-fold{fold}.json", json.dumps(lists))
    write(raw / "tn3k" / "label4test.csv", "0000,1\n0613,0\n")
    save_jpeg(raw / "tg3k" / "thyroid-image" / "0000.jpg", grey("tg3k", 20, 20))
    save_jpeg(raw / "tg3k" / "thyroid-mask" / "0000.jpg", grey("tg3k mask", 20, 20))
    phantom.not_used += ["label4test.csv", "tg3k/thyroid-image/0000.jpg", "tg3k/thyroid-mask/0000.jpg"]
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "Thyroid Dataset.zip", top="Thyroid Dataset/")
    return phantom
