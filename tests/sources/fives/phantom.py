"""FIVES: {train,test}/{Original,Ground truth}/<number>_<letter>.png, masks of 0 and 255 in one, three or four channels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, colour, disc, litter, save, write

VARIANTS: dict[str, str] = {
    "clean": "the unpacked archive, Thumbs.db and all",
    "zip": "a copy packed as zip",
    "misspelt": "the folder of masks lacks its n",
    "missing_mask": "one photograph has no mask",
    "soft": "one mask saved with soft edges",
    "transparent": "one mask is partly transparent",
}

_LABELS = {"N": "normal", "A": "age_related_macular_degeneration", "D": "diabetic_retinopathy", "G": "glaucoma"}
_STEMS = {"train": ["1_A", "2_D", "10_N"], "test": ["1_A", "3_G"]}


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "FIVES A Fundus Image Dataset for AI-based Vessel Segmentation"
    truths = "Groud truth" if variant == "misspelt" else "Ground truth"
    phantom = Phantom(raw=raw, rows=[])
    for split, stems in _STEMS.items():
        for place, stem in enumerate(stems):
            odd = (split, stem) == ("train", "2_D")
            image, vessel = colour(f"fives {split} {stem}", 48, 48), disc(48, 48, 20, 24, 7 + place)
            save(raw / split / "Original" / f"{stem}.png", image)
            white = vessel.astype(np.uint8) * np.uint8(255)
            stored = [white, np.dstack([white] * 3), np.dstack([*[white] * 3, np.full_like(white, 255)])][place]
            if odd and variant == "soft":
                stored = np.where(stored > 0, stored, 3).astype(np.uint8)
            if odd and variant == "transparent":
                stored = np.dstack([*[white] * 3, white])
            if not (odd and variant == "missing_mask"):
                save(raw / split / truths / f"{stem}.png", stored)
            if odd and variant in ("soft", "transparent", "missing_mask"):
                phantom.rejected.append(f"{split}/{truths}/{stem}.png")
                continue
            source_file = f"{split}/Original/{stem}.png"
            row = Row(f"{split}_{stem}", image, vessel.astype(np.uint8), source_file, split, columns={"label": _LABELS[stem[-1]]})
            phantom.rows.append(row)
    write(raw / "Quality Assessment.xlsx", b"PK\x03\x04")
    phantom.not_used.append("Quality Assessment.xlsx")
    if variant == "clean":
        litter(raw)
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "FIVES.zip", top=f"{raw.name}/")
    return phantom
