"""IDRiD part A: JPEG photographs, one TIFF a structure with a red palette, none where there is no such lesion."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc, save, save_jpeg, save_palette

VARIANTS: dict[str, str] = {
    "clean": "the unpacked archive: palettes of black and red",
    "zip": "the archive as downloaded",
    "white": "masks of 0 and 255 without a palette",
    "red": "masks saved as red on black",
    "missing_disc": "one photograph has no optic disc",
    "two_values": "one mask holds two values besides 0",
    "lossy": "one lesion was saved as JPEG: a photograph without its file would look as if it had none",
}

_FOLDERS = {
    "OD": ("5. Optic Disc", "optic_disc", disc(40, 60, 20, 44, 8)),
    "HE": ("2. Haemorrhages", "haemorrhages", disc(40, 60, 12, 14, 5)),
    "EX": ("3. Hard Exudates", "hard_exudates", disc(40, 60, 26, 40, 5)),
    "SE": ("4. Soft Exudates", "soft_exudates", disc(40, 60, 30, 10, 3)),
    "MA": ("1. Microaneurysms", "microaneurysms", disc(40, 60, 12, 12, 2)),
}
_LESIONS = {"IDRiD_01": "MA HE EX SE OD", "IDRiD_02": "MA HE EX OD", "IDRiD_55": "HE OD", "IDRiD_81": "OD MA"}


def _save(path: Path, shape: Array, variant: str) -> None:
    stored = shape.astype(np.uint8)
    if variant == "white":
        save(path, stored * np.uint8(255))
    elif variant == "red":
        save(path, np.dstack([stored * np.uint8(255), np.zeros_like(stored), np.zeros_like(stored)]))
    else:
        save_palette(path, stored, [(0, 0, 0), (255, 0, 0)])


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "A. Segmentation"
    phantom = Phantom(raw=raw, rows=[])
    for stem, kinds in _LESIONS.items():
        split, where = ("train", "a. Training Set") if stem < "IDRiD_55" else ("test", "b. Testing Set")
        odd = stem == "IDRiD_02"
        image = save_jpeg(raw / "1. Original Images" / where / f"{stem}.jpg", colour(stem, 40, 60))
        truth, columns = np.zeros((40, 60), np.uint8), {}
        for index, (kind, (place, name, shape)) in enumerate(_FOLDERS.items(), 1):
            there = kind in kinds.split()
            columns[f"mask_{name}"] = (shape if there else np.zeros_like(shape)).astype(np.uint8)
            truth[columns[f"mask_{name}"] > 0] = index
            path = raw / "2. All Segmentation Groundtruths" / where / place / f"{stem}_{kind}.tif"
            if odd and kind == "OD" and variant == "missing_disc":
                phantom.rejected.append(path.name)
            elif odd and kind == "EX" and variant == "two_values":
                stored = shape.astype(np.uint8)
                stored[26, 40] = 2
                save(path, stored)
                phantom.rejected.append(path.name)
            elif odd and kind == "EX" and variant == "lossy":
                save_jpeg(path.with_suffix(".jpg"), shape.astype(np.uint8) * np.uint8(255))
                phantom.rejected.append(f"{stem}_EX.jpg")
            elif there:
                _save(path, shape, variant)
        if not (odd and phantom.rejected):
            source_file = f"1. Original Images/{where}/{stem}.jpg"
            phantom.rows.append(Row(stem, image, truth, source_file, split, columns=columns))
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "A. Segmentation.zip", top="A. Segmentation/")
    return phantom
