"""ISIC 2018: inputs of Tasks 1 and 2, one lesion mask and five attribute masks a picture; Training alone has `_v3` in a name."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc, save, save_jpeg, write

# Which editions may be published, by whoever read their terms: the facts must agree.
TIERS = {"": "open"}

VARIANTS: dict[str, str] = {
    "clean": "both tasks, unpacked side by side, with the owner's text files in each folder",
    "zips": "the zips as downloaded",
    "task1_only": "without Task 2: the attributes are null",
    "missing_attribute": "one picture lacks one of its five attribute masks",
    "missing_mask": "one picture has attributes and no lesion mask",
    "soft_attribute": "one attribute mask re-saved with a value between",
    "task3": "the pictures of Task 3 beside them, which have another license",
}

_PICTURES = {
    "Training": [("ISIC_0000000", 30, 40), ("ISIC_0000001", 27, 36)],
    "Validation": [("ISIC_0012255", 24, 32)],
    "Test": [("ISIC_0012169", 26, 39)],
}
_SPLITS = {"Training": "train", "Validation": "validation", "Test": "test"}
_ATTRIBUTES = ("globules", "milia_like_cyst", "negative_network", "pigment_network", "streaks")
_ODD = "ISIC_0000001"
_FAULTS = {
    "missing_attribute": f"{_ODD}_attribute_",
    "missing_mask": f"{_ODD}.jpg",
    "soft_attribute": f"{_ODD}_attribute_streaks.png",
}


def _attributes(height: int, width: int) -> dict[str, Array]:
    """Discs that overlap, and an attribute that was looked for and not found."""
    drawn = {name: disc(height, width, 8 + 2 * place, 10 + place, 6) for place, name in enumerate(_ATTRIBUTES)}
    return {**drawn, "milia_like_cyst": np.zeros((height, width), bool)}


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "isic-2018"
    phantom = Phantom(raw=raw, rows=[])
    for token, pictures in _PICTURES.items():
        data, truth = f"ISIC2018_Task1-2_{token}_Input", f"ISIC2018_Task1_{token}_GroundTruth"
        task2 = f"ISIC2018_Task2_{token}_GroundTruth" + ("_v3" if token == "Training" else "")
        for name in ("LICENSE.txt", "ATTRIBUTION.txt"):
            write(raw / data / name, "CC-0")
            phantom.not_used.append(f"{data}/{name}")
        for image_id, height, width in pictures:
            odd = image_id == _ODD
            image = save_jpeg(raw / data / f"{image_id}.jpg", colour(f"2018 {image_id}", height, width))
            lesion = disc(height, width, height * 0.5, width * 0.4, height * 0.3)
            if not (odd and variant == "missing_mask"):
                save(raw / truth / f"{image_id}_segmentation.png", lesion.astype(np.uint8) * np.uint8(255))
            columns: dict[str, Array | None] = dict.fromkeys(f"mask_{name}" for name in _ATTRIBUTES)
            for name, there in _attributes(height, width).items() if variant != "task1_only" else ():
                columns[f"mask_{name}"] = there.astype(np.uint8)
                stored = there.astype(np.uint8) * np.uint8(255)
                if odd and name == "streaks" and variant == "soft_attribute":
                    stored[0, 0] = 128
                if not (odd and name == "streaks" and variant == "missing_attribute"):
                    save(raw / task2 / f"{image_id}_attribute_{name}.png", stored)
            if odd and variant in _FAULTS:
                phantom.rejected.append(_FAULTS[variant])
                continue
            row = Row(image_id, image, lesion.astype(np.uint8), f"{data}/{image_id}.jpg", _SPLITS[token], columns=columns)
            phantom.rows.append(row)
    if variant == "task3":
        save_jpeg(raw / "ISIC2018_Task3_Training_Input" / "ISIC_0024306.jpg", colour("task 3", 20, 20))
        phantom.not_used.append("ISIC_0024306.jpg")
    if variant == "zips":
        for child in sorted(raw.iterdir()):
            as_zip(child, raw / f"{child.name}.zip", top=f"{child.name}/")
            shutil.rmtree(child)
    return phantom
