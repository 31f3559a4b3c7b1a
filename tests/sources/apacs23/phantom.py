"""APACS23: <split>/APACS23_<Split>_{Input,GroundTruth}/<name>, some names without a partner."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, colour, disc, save, save_jpeg

VARIANTS: dict[str, str] = {
    "clean": "both splits, with a misspelt name in each",
    "zip": "the archive as the store packs it",
    "ones": "masks of 0 and 1",
    "cut": "more masks are missing than the owners' names explain",
    "two_values": "one mask holds two values besides 0",
}


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "osfstorage"
    phantom = Phantom(raw=raw, rows=[])
    for split, token, where in (("train", "Training", "training"), ("test", "Test", "test")):
        top = raw / where
        for stem in ("0001", "0002"):
            odd, inside = (split, stem) == ("train", "0002"), disc(40, 40, 14, 16, 6) | disc(40, 40, 28, 25, 7)
            name = f"APACS23_{token}_Input/{stem}.jpg"
            image = save_jpeg(top / name, colour(f"{split} {stem}", 40, 40))
            stored = inside.astype(np.uint8) * np.uint8(1 if variant == "ones" else 255)
            if odd and variant == "two_values":
                stored[14, 16] = 90
                phantom.rejected.append(f"APACS23_{token}_GroundTruth/{stem}.png")
            save(top / f"APACS23_{token}_GroundTruth" / f"{stem}.png", stored)
            if not (odd and phantom.rejected):
                phantom.rows.append(Row(f"{split}_{stem}", image, inside.astype(np.uint8), name, split))
        save_jpeg(top / f"APACS23_{token}_Input" / "0003.jpg", colour("alone", 40, 40))
        save(top / f"APACS23_{token}_GroundTruth" / "00O3.png", np.zeros((40, 40), np.uint8))
        phantom.not_used.append(f"APACS23_{token}_GroundTruth/00O3.png")
        if variant == "cut" and split == "test":
            for number in range(4, 9):
                save_jpeg(top / f"APACS23_{token}_Input" / f"000{number}.jpg", colour("alone", 40, 40))
            phantom.rejected += [f"APACS23_{token}_GroundTruth/000{number}.png" for number in range(3, 9)]
        else:
            phantom.not_used.append(f"APACS23_{token}_Input/0003.jpg")
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "osfstorage-archive.zip")
    return phantom
