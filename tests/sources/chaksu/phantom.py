"""Chákṣu: folders by camera and expert, TIFF masks of each expert, RGBA masks of their consensus; capital letters that differ."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, disc, natural, save, write

VARIANTS: dict[str, str] = {
    "clean": "three cameras; a photograph without a consensus, one that an expert left out",
    "experts_elsewhere": "folders of experts by another name",
    "outline_astray": "an outline without its photograph",
    "decision_unknown": "a decision that nobody declared",
    "cup_grey": "a consensus with grey areas",
    "half": "an expert's cup is not there, nor the consensus's",
    "photographs_alone": "photographs without any outline",
}

HEIGHT, WIDTH = 20, 24
MASKS, FUSED = "3.0_Doctors_Annotations_Binary_OD_OC", "5.0_OD_OC_Mean_Median_Majority_STAPLE"
PHOTOGRAPHS = (("Train", "Bosch", "P11_Image_1"), ("Train", "Remidio", "IMG_2431"), ("Test", "Forus", "22"))
LABELS = ("normal", "glaucoma_suspect")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes three photographs and says what must come out."""
    tree = folder / "raw"
    rows: list[Row] = []
    promise = Phantom(tree, rows, refused=variant in ("experts_elsewhere", "photographs_alone"))
    lines: dict[tuple[str, str], list[str]] = {}
    for number, (half, camera, name) in enumerate(PHOTOGRAPHS):
        image = colour(f"chaksu {name}", HEIGHT, WIDTH)
        save(tree / f"{half}/1.0_Original_Fundus_Images/{camera}/{name}.png", image)
        masks: dict[str, Array] = {}
        for expert in range(1, 6):
            if number == 2 and expert == 4:
                continue
            who = f"Doctor {expert}" if variant == "experts_elsewhere" else f"Expert {expert}"
            for structure, radius in (("Disc", 6), ("Cup", 3)):
                if variant == "half" and number == 0 and expert == 1 and structure == "Cup":
                    continue
                mask = disc(HEIGHT, WIDTH, 10, 12, radius + expert / 5)
                masks[f"expert_{expert}_optic_{structure.lower()}"] = mask.astype(np.uint8)
                word = structure.lower() if expert == 2 else structure
                save(tree / f"{half}/{MASKS}/{who}/{camera}/{word}/{name.lower()}.tif", (mask * 255).astype(np.uint8))
        fused = _consensus(tree, half, camera, name, number, variant)
        damaged = number == 0 and variant in ("decision_unknown", "cup_grey")
        said = "MAYBE" if damaged and variant == "decision_unknown" else "GLAUCOMA  SUSUPECT"
        lines.setdefault((half, camera), []).append(f"{name}.jpg-{name}-1.jpg,NORMAL,{said},NORMAL,NORMAL,GLAUCOMA SUSPECT,NORMAL")
        if damaged:
            promise.rejected.append(name)
        elif not promise.refused:
            columns: dict[str, Any] = {
                **{f"mask_{one}": fused.get(one) for one in ("optic_disc", "optic_cup")},
                "masks": list(masks.values()),
                "mask_names": list(masks),
                "mask_origin": "derived" if len(fused) == 2 else None,
                "camera": camera.lower(),
                "label": "normal",
                "expert_labels": ["normal", "glaucoma_suspect", "normal", "normal", "glaucoma_suspect"],
            }
            mask = np.where(fused["optic_cup"] > 0, 2, fused["optic_disc"]).astype(np.uint8) if len(fused) == 2 else None
            path = f"{half}/1.0_Original_Fundus_Images/{camera}/{name}.png"
            patient = "bosch_p11" if camera == "Bosch" else None
            rows.append(Row(f"{half}_{camera}_{name}", image, mask, path, half.lower(), patient, columns))
    if variant == "half":
        promise.known.append("by STAPLE, expert 1")
    if variant == "outline_astray":
        save(tree / f"Train/{MASKS}/Expert 1/Bosch/Disc/nobody.tif", np.zeros((HEIGHT, WIDTH), np.uint8))
        promise.rejected.append("nobody")
    for (half, camera), some in lines.items():
        consensus = "Majority Decision" if half == "Train" else "Glaucoma Decision"
        head = f"Images,{','.join(f'Expert.{number}' for number in range(1, 6))},{consensus}"
        table = f"{half}/6.0_Glaucoma_Decision/Glaucoma_Decision_Comparison_{camera}_majority.csv"
        write(tree / table, "\ufeff" + "\n".join([head, *some]) + "\n")
    save(tree / f"Train/{FUSED}/Bosch/Cup/Mean/P11_Image_1.png", np.zeros((HEIGHT, WIDTH), np.uint8))
    promise.not_used.append("Cup/Mean/P11_Image_1.png")
    if variant == "photographs_alone":
        for half in ("Train", "Test"):
            shutil.rmtree(tree / half / MASKS)
            shutil.rmtree(tree / half / FUSED)
    rows.sort(key=lambda row: natural(row.image_id))
    return promise


def _consensus(tree: Path, half: str, camera: str, name: str, number: int, variant: str) -> dict[str, Array]:
    """Writes the consensus of a photograph, RGBA; the second one has none."""
    if number == 1:
        return {}
    fused = {}
    for structure, radius in (("Disc", 7), ("Cup", 4))[: 1 if variant == "half" and number == 0 else 2]:
        inside = disc(HEIGHT, WIDTH, 10, 12, radius)
        fused[f"optic_{structure.lower()}"] = inside.astype(np.uint8)
        # Nearly black and white, as after a resampling.
        grey = np.where(inside, 254, 1)
        if number == 0 and variant == "cup_grey":
            grey[10:18, 2:12] = 120
        rgba = np.dstack([grey, grey, grey, np.full_like(grey, 255)]).astype(np.uint8)
        save(tree / f"{half}/{FUSED}/{camera}/{structure}/STAPLE/{name}.png", rgba)
    return fused
