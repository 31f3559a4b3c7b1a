"""RVO-ME: RVO-Lesion/Image_Seg/images/<volume>_<scan>.jpg and masks/<the same>.png, lists of names with endings, masks of 0 to 4."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, grey, save, save_jpeg, save_palette, write

VARIANTS: dict[str, str] = {
    "clean": "the archive, unpacked, with its other part",
    "zip": "the archive as downloaded",
    "missing_mask": "one B-scan has no mask",
    "unlisted": "one B-scan is in no list",
    "white": "one mask was saved for the eye",
}

_NAMES = {"1_1": "train", "1_2": "train", "2_1": "test"}
_ODD = "1_2"


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "download"
    top = raw / "RVO-Lesion" / "Image_Seg"
    phantom = Phantom(raw=raw, rows=[])
    lists: dict[str, list[str]] = {"train": [], "test": []}
    for place, (name, split) in enumerate(_NAMES.items()):
        odd = name == _ODD
        truth = np.zeros((30, 40), np.uint8)
        truth[4:10, 5 : 15 + place], truth[8:14, 20:30], truth[20], truth[23, 3:] = 1, 2, 3, 4
        image = save_jpeg(top / "images" / f"{name}.jpg", grey(name, 30, 40))
        if place == 2:
            save_palette(top / "masks" / f"{name}.png", truth, [(0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)])
        elif not (odd and variant == "missing_mask"):
            save(top / "masks" / f"{name}.png", truth * np.uint8(60 if odd and variant == "white" else 1))
        if not (odd and variant == "unlisted"):
            lists[split].append(f"{name}.jpg")
        if odd and variant in ("missing_mask", "white", "unlisted"):
            phantom.rejected.append(name if variant == "unlisted" else f"masks/{name}.png")
            continue
        phantom.rows.append(Row(name, image, truth, f"Image_Seg/images/{name}.jpg", split))
    for split, names in lists.items():
        write(top / f"{split}.txt", "\n".join(names) + "\n")
    save(raw / "RVO-Lesion" / "Image_Cls" / "a.png", grey("other", 20, 20))
    phantom.not_used.append("Image_Cls/a.png")
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "RVO-Lesion.zip")
    return phantom
