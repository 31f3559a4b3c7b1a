"""Muscle ultrasound: <muscle>/<group>/{Images,Masks}/<name>.png; names recur, one picture has no mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, disc, grey, save, save_jpeg

VARIANTS: dict[str, str] = {
    "clean": "the archive, unpacked",
    "zip": "the archive as downloaded",
    "ones": "masks of 0 and 1",
    "missing_picture": "a mask without its picture",
    "two_values": "one mask holds two values besides 0",
    "lossy": "one mask was saved as JPEG: its picture is not one of those without a mask",
}

_FILES = [
    ("BB", "biceps_brachii", "Healthy", "001"),
    ("BB", "biceps_brachii", "Pathological", "001"),
    ("GM", "gastrocnemius_medialis", "Healthy", "001"),
    ("TA", "tibialis_anterior", "Pathological", "007"),
]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "Polito-Radboud-DeepLearningUS"
    phantom = Phantom(
        raw=raw,
        rows=[],
        not_used=["Segmentation_models/data/MuscleCNN/train/001.png", "Segmentation_models/data/MuscleCNN/trainannot/001.png"],
    )
    for place, (muscle, name, group, stem) in enumerate(_FILES):
        leaf, odd = f"{muscle}/{group}", place == 1
        image, inside = grey(f"{leaf} {stem}", 30, 40), disc(30, 40, 14, 20, 6 + place)
        stored = inside.astype(np.uint8) * np.uint8(1 if variant == "ones" else 255)
        if odd and variant == "two_values":
            stored[14, 20] = 128
        if not (odd and variant == "missing_picture"):
            save(raw / leaf / "Images" / f"{stem}.png", image)
        if odd and variant == "lossy":
            save_jpeg(raw / leaf / "Masks" / f"{stem}.jpg", stored)
        elif place != 3:
            save(raw / leaf / "Masks" / f"{stem}.png", stored)
        wrong = {"two_values": f"Masks/{stem}.png", "missing_picture": f"Images/{stem}.png", "lossy": f"Masks/{stem}.jpg"}
        if odd and variant in wrong:
            phantom.rejected.append(f"{leaf}/{wrong[variant]}")
            continue
        truth = inside.astype(np.uint8) if place != 3 else None
        columns = {"muscle": name, "label": group.lower()}
        phantom.rows.append(Row(f"{muscle}_{group}_{stem}", image, truth, f"{leaf}/Images/{stem}.png", columns=columns))
    for part in ("train", "trainannot"):
        save(raw / "Segmentation_models" / "data" / "MuscleCNN" / part / "001.png", grey(part, 30, 40))
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "Polito.zip", top="Polito-Radboud-DeepLearningUS/")
    return phantom
