"""PanNuke: Fold <k>/{images,masks}/fold<k>/*.npy of floats, six channels of masks, numbers that run on from channel to channel."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc, write

VARIANTS: dict[str, str] = {
    "clean": "two folds unpacked: floats of 64 bits",
    "bytes": "a copy that keeps bytes",
    "zip": "a fold in its zip",
    "no_types": "without the list of tissues",
    "fraction": "one patch was resized: fractions",
    "half_number": "one nucleus has a fraction for a number",
    "no_masks": "a fold without its masks",
    "five_channels": "masks without the channel of the background",
}

_CLASSES = ("neoplastic", "inflammatory", "connective", "dead_cell", "epithelial")
_TISSUES = ["Breast", "Adrenal_gland", "Bile-duct"]
_ODD = ("fold1", 1)


def _masks(place: int) -> Array:
    """(64, 64, 6): two neoplastic nuclei, an epithelial one that overlaps the second, and the background."""
    ids = np.zeros((64, 64, 6), np.float64)
    ids[disc(64, 64, 12, 12 + place, 4), 0] = 3
    ids[disc(64, 64, 40, 40, 9), 0] = 8
    ids[disc(64, 64, 48, 44, 6), 4] = 11
    ids[..., 5] = (ids[..., :5] == 0).all(axis=2)
    return ids


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "PanNuke"
    phantom = Phantom(raw=raw, rows=[], refused=variant in ("no_masks", "five_channels"))
    for fold, count in (("fold1", 3), ("fold3", 2)):
        images = np.stack([colour(f"{fold} {k}", 64, 64) for k in range(count)])
        masks = np.stack([_masks(k) for k in range(count)])
        stored = images.astype(np.uint8 if variant == "bytes" else np.float64)
        if fold == _ODD[0]:
            if variant == "fraction":
                stored[1, 0, 0, 0] = 0.5
            if variant == "half_number":
                masks[1, 12, 12, 0] = 3.5
        top = raw / f"Fold {fold[-1]}"
        for path in (top / "images" / fold, top / "masks" / fold):
            path.mkdir(parents=True)
        np.save(top / "images" / fold / "images.npy", stored)
        if variant != "no_types":
            np.save(top / "images" / fold / "types.npy", np.array(_TISSUES[:count]))
        if not (variant == "no_masks" and fold == "fold3"):
            kept = masks[..., :5] if variant == "five_channels" else masks
            np.save(top / "masks" / fold / "masks.npy", kept.astype(np.uint16 if variant == "bytes" else np.float64))
        write(top / "README.md", "CC BY-NC-SA 4.0\n")
        phantom.not_used.append("README.md")
        for k in range(count):
            if (fold, k) == _ODD and variant in ("fraction", "half_number"):
                phantom.rejected.append("images.npy" if variant == "fraction" else "masks.npy")
                continue
            truth, instances = np.zeros((64, 64), np.uint8), np.zeros((64, 64), np.uint16)
            for number, (channel, stored_number) in enumerate(((0, 3), (0, 8), (4, 11)), 1):
                inside = masks[k, ..., channel] == stored_number
                truth[inside], instances[inside] = channel + 1, number
            columns = {
                "instances": instances,
                "mask_overlap": True,
                "tissue": None if variant == "no_types" else _TISSUES[k],
                **{f"instances_{name}": masks[k, ..., channel].astype(np.uint16) for channel, name in enumerate(_CLASSES)},
            }
            phantom.rows.append(Row(f"{fold}_{k:04}", images[k], truth, f"images/{fold}/images.npy", fold, columns=columns))
    if phantom.refused:
        phantom.rows = []
    if variant == "zip":
        for k in (1, 3):
            as_zip(raw, folder / "zips" / f"fold_{k}.zip", only=[f"Fold {k}"])
        phantom.raw = folder / "zips"
    return phantom
