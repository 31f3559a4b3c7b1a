"""ISIC 2016: Part 1 as folders of JPEG pictures and `_Segmentation.png` masks, Part 3 as tables without a first line of names."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, colour, disc, save, save_jpeg, write

# Which editions may be published, by whoever read their terms: the facts must agree.
TIERS = {"": "open"}

VARIANTS: dict[str, str] = {
    "clean": "Parts 1 and 3, unpacked side by side",
    "zips": "the zips and tables as downloaded",
    "part1_only": "without the tables of Part 3: no diagnosis",
    "small_suffix": "masks called <id>_segmentation.png, as later years write",
    "part3b": "the folder of Part 3B beside them: the same pictures mixed with masks",
    "soft_mask": "one mask re-saved with a value between",
    "missing_mask": "one picture has no mask",
}

# token: id, height, width, what the table of Part 3 says, diagnosis
_PICTURES = {
    "Training": [("ISIC_0000000", 30, 40, "benign", "benign"), ("ISIC_0000002", 27, 36, "malignant", "malignant")],
    "Test": [("ISIC_0000003", 24, 32, "0.0", "benign"), ("ISIC_0000012", 26, 39, "1.0", "malignant")],
}
_SPLITS = {"Training": "train", "Test": "test"}
_ODD = "ISIC_0000002"


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "isic-2016"
    phantom = Phantom(raw=raw, rows=[])
    suffix = "_segmentation" if variant == "small_suffix" else "_Segmentation"
    for token, pictures in _PICTURES.items():
        data, truth = f"ISBI2016_ISIC_Part1_{token}_Data", f"ISBI2016_ISIC_Part1_{token}_GroundTruth"
        if variant != "part1_only":
            lines = "".join(f"{image_id},{said}\n" for image_id, _, _, said, _ in pictures)
            write(raw / f"ISBI2016_ISIC_Part3_{token}_GroundTruth.csv", lines)
        for image_id, height, width, _, diagnosis in pictures:
            odd = image_id == _ODD
            image = save_jpeg(raw / data / f"{image_id}.jpg", colour(f"2016 {image_id}", height, width))
            lesion = disc(height, width, height * 0.5, width * 0.4, height * 0.3)
            stored = lesion.astype(np.uint8) * np.uint8(255)
            if variant == "part3b":
                for name in (f"{image_id}.jpg", f"{image_id}_Segmentation.png"):
                    write(raw / f"ISBI2016_ISIC_Part3B_{token}_Data" / name, b"again")
                    phantom.not_used.append(f"Part3B_{token}_Data/{name}")
            if variant == "soft_mask" and odd:
                stored[0, 0] = 128
            if not (variant == "missing_mask" and odd):
                save(raw / truth / f"{image_id}{suffix}.png", stored)
            if odd and variant in ("soft_mask", "missing_mask"):
                phantom.rejected.append(f"{image_id}.jpg" if variant == "missing_mask" else f"{image_id}{suffix}.png")
                continue
            columns = {"diagnosis": None if variant == "part1_only" else diagnosis}
            row = Row(image_id, image, lesion.astype(np.uint8), f"{data}/{image_id}.jpg", _SPLITS[token], columns=columns)
            phantom.rows.append(row)
    if variant == "zips":
        for child in [child for child in sorted(raw.iterdir()) if child.is_dir()]:
            as_zip(child, raw / f"{child.name}.zip", top=f"{child.name}/")
            shutil.rmtree(child)
    return phantom
