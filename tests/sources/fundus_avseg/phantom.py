"""Fundus-AVSeg: images/ and annotation/ of the same names, five exact colours, two lists of names."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, colour, disc, save, write

VARIANTS: dict[str, str] = {
    "clean": "the archive, unpacked: lists with endings and without a heading",
    "zip": "the archive as downloaded",
    "heading": "lists with a heading and without endings",
    "soft": "one mask has an edge between two colours",
    "unlisted": "one photograph is in no list",
    "twice": "one photograph is in both lists",
    "missing_mask": "one photograph has no mask",
}

_COLOURS = np.array([(0, 0, 0), (255, 0, 0), (0, 0, 255), (0, 255, 0), (255, 255, 255)], np.uint8)
_NAMES = {"001_A": "train", "002_N": "train", "003_G": "test"}
_REJECTED = {"soft": "annotation/002_N.png", "missing_mask": "annotation/002_N.png", "unlisted": "002_N", "twice": "002_N"}


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "download" / "Fundus-AVSeg"
    phantom = Phantom(raw=raw.parent, rows=[], not_used=["metadata.xlsx"])
    lists: dict[str, list[str]] = {"train": [], "test": []}
    for place, (name, split) in enumerate(_NAMES.items()):
        odd = name == "002_N"
        image, truth = colour(name, 40, 50), np.zeros((40, 50), np.uint8)
        for index in range(1, 5):
            truth[disc(40, 50, 8 + 6 * index, 12 + 7 * index, 4)] = index
        save(raw / "images" / f"{name}.png", image)
        stored = _COLOURS[truth]
        if place == 2:
            stored = np.dstack([stored, np.full(truth.shape, 255, np.uint8)])
        if odd and variant == "soft":
            stored[14, 15] = (128, 0, 0)
        if not (odd and variant == "missing_mask"):
            save(raw / "annotation" / f"{name}.png", stored)
        if not (odd and variant == "unlisted"):
            lists[split].append(name)
        if odd and variant == "twice":
            lists["test"].append(name)
        if odd and variant in _REJECTED:
            phantom.rejected.append(_REJECTED[variant])
            continue
        phantom.rows.append(Row(name, image, truth, f"images/{name}.png", split))
    for split, file in (("train", "training.txt"), ("test", "testing.txt")):
        ending, heading = ("", "image\n") if variant == "heading" else (".png", "")
        write(raw / file, heading + "".join(f"{name}{ending}\r\n" for name in lists[split]))
    write(raw / "metadata.xlsx", "a table")
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "Fundus_AVSeg.zip", top="Fundus-AVSeg/")
    return phantom
