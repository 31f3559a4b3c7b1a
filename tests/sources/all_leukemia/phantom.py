"""ALL image dataset: Original/<Class>/ and Segmented/<Class>/ hold JPEGs of the same names, 224 x 224.

`Segmented` is no mask but a picture with a black background; the mask is max(R, G, B) > 64 of its decoded pixels.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, disc, grey, natural, rng, save_jpeg, write

VARIANTS: dict[str, str] = {
    "clean": "the Kaggle download: Original/ and Segmented/ with four class folders; a duplicate pair; an empty mask",
    "lower_case": "re-host: class folders in lower case",
    "renamed_root": "the user's folder ALL dataset/ around it",
    "early_only": "a copy of the Early class alone",
    "missing_segmented": "one picture has no segmented copy",
    "missing_original": "one segmented copy has no picture",
    "size_differs": "one segmented copy has another size",
    "truncated": "one segmented copy is cut short",
    "empty_file": "one picture of zero bytes",
}

_SIDE = 224

# class folder, file, kind of segmented copy; Pro 012 repeats Pro 011 byte for byte
_PICTURES = [
    ("Benign", "WBC-Benign-001", "cells"),
    ("Benign", "WBC-Benign-504", "cells"),
    ("Early", "WBC-Malignant-Early-003", "levels"),
    ("Early", "WBC-Malignant-Early-985", "cells"),
    ("Pre", "WBC-Malignant-Pre-001", "cells"),
    ("Pro", "WBC-Malignant-Pro-011", "rim"),
    ("Pro", "WBC-Malignant-Pro-012", "rim"),
    ("Pro", "WBC-Malignant-Pro-804", "empty"),
]
_ODD = "WBC-Malignant-Early-985"  # the picture that the variants about one file change


def _picture(seed: str) -> Array:
    """A smear: coarse noise with a burnt-in scale bar at the lower right."""
    image = np.kron(colour(seed, 28, 28), np.ones((8, 8, 1), np.uint8)) // 2 + 110
    image[206:210, 160:210] = (200, 0, 0)
    return np.asarray(image)


def _segmented(seed: str, kind: str) -> Array:
    """The copy with a black background and cells in transformed colours."""
    image = np.zeros((_SIDE, _SIDE, 3), np.uint8)
    red, green, blue = (grey(f"{seed} {high}", _SIDE, _SIDE, high) for high in (20, 60, 140))
    tint = np.stack([230 + red, 90 + green, blue], axis=2)
    whole = np.zeros((_SIDE, _SIDE), bool)
    y, x = (int(value) for value in rng(f"{seed} place").integers(-12, 13, 2))
    if kind == "cells":
        whole = disc(_SIDE, _SIDE, 90 + y, 60 + x, 30) & ~disc(_SIDE, _SIDE, 80 + y, 65 + x, 6)
        whole |= disc(_SIDE, _SIDE, 150, 170, 22)
    elif kind == "rim":
        whole = disc(_SIDE, _SIDE, 70 + y, 140 + x, 14) & ~disc(_SIDE, _SIDE, 70 + y, 142 + x, 12)
    elif kind == "levels":
        # Flat blocks at and beside the threshold: 64 is background, 66 is foreground.
        for left, level in ((16, 64), (64, 66), (112, 62), (160, 190)):
            image[32:80, left : left + 32] = level
        whole = disc(_SIDE, _SIDE, 160, 60, 25)
    elif kind == "empty":
        image[96:112, 32:64] = 50
    image[whole] = tint.astype(np.uint8)[whole]
    return image


def _derived(segmented: Array, kind: str) -> Array:
    """The mask of a decoded segmented copy."""
    brightest = segmented.max(axis=2)
    mask: Array = (brightest > 64).astype(np.uint8)
    if bool(mask.any()) == (kind == "empty") or not (brightest > 0).any() or np.array_equal(mask, brightest > 0):
        raise ValueError("unsuited segmented copy")
    return mask


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / ("download" if variant == "renamed_root" else "archive")
    base = raw / "ALL dataset" if variant == "renamed_root" else raw
    phantom = Phantom(raw=raw, rows=[])
    for label, stem, kind in _PICTURES:
        if variant == "early_only" and label != "Early":
            continue
        name, place = f"{stem}.jpg", label.lower() if variant == "lower_case" else label
        odd = stem == _ODD
        seed = f"leukemia {stem}".replace("Pro-012", "Pro-011")
        original, copy = base / "Original" / place / name, base / "Segmented" / place / name
        image = save_jpeg(original, _picture(seed), quality=92)
        pixels = _segmented(seed, kind)
        if variant == "size_differs" and odd:
            pixels = np.ascontiguousarray(pixels[::2, ::2])
        segmented = save_jpeg(copy, pixels, quality=96)
        if variant == "missing_segmented" and odd:
            copy.unlink()
        elif variant == "missing_original" and odd:
            original.unlink()
        elif variant == "truncated" and odd:
            write(copy, copy.read_bytes()[:-600])
        elif variant == "empty_file" and odd:
            write(original, b"")
        if odd and variant in ("missing_segmented", "missing_original", "size_differs", "truncated", "empty_file"):
            phantom.rejected.append(name)
            continue
        columns = {
            "label": label.lower(),
            "malignant": label != "Benign",
            "mask_origin": "derived",
            "segmented": segmented,
        }
        row = Row(stem, image, _derived(segmented, kind), f"Original/{place}/{name}", columns=columns)
        phantom.rows.append(row)
    if variant != "early_only":
        # ASSUMED: both rows of a byte-identical pair stay; the later file is listed.
        phantom.duplicate.append("WBC-Malignant-Pro-012.jpg")
    phantom.rows.sort(key=lambda row: natural(row.image_id))
    return phantom
