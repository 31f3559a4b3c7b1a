"""Pictures with the JSON of Datumaro: polygon, box and mask, packed or not, in an order of painting of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, save, write

VARIANTS: dict[str, str] = {
    "clean": "annotations/train.json and val.json with images/; about file with a license",
    "no_about": "the export of CVAT: default.json, run lengths packed as COCO does",
    "odd_shape": "a shape that is not read",
    "damaged": "the JSON is cut: refused",
}

_LICENSE = 'title = "Cells"\nlicense = "cc-by-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\n'
_H, _W = 20, 40


def _truth() -> tuple[Array, Array]:
    """(label map with cell 1 and nucleus 2, numbers of objects): a rectangle of cell, one of nucleus over it, a cross of cell."""
    mask, numbers = np.zeros((_H, _W), np.uint8), np.zeros((_H, _W), np.uint16)
    mask[2:12, 4:24], numbers[2:12, 4:24] = 1, 1
    mask[4:8, 8:16], numbers[4:8, 8:16] = 2, 2
    mask[15:18, 30:35][_CROSS], numbers[15:18, 30:35][_CROSS] = 1, 3
    return mask, numbers


_CROSS = np.array([[0, 0, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 1, 0, 0]], bool)


def _rows(phantom: Phantom, names: dict[str, tuple[str, str]]) -> None:
    """The rows of pictures by id: path and split; `a` has all objects, the others none."""
    mask, numbers = _truth()
    for name, (path, split) in names.items():
        image, there = colour(f"drawn {name}", _H, _W), name == "a"
        save(phantom.raw / path, image)
        objects = [{"label": k, "instance": n, "crowd": False} for n, k in enumerate(("cell", "nucleus", "cell"), 1)] if there else []
        columns = {"instances": numbers * there, "mask_overlap": there, "objects": objects}
        phantom.rows.append(Row(name, image, mask * np.uint8(there), path, split, columns=columns))


def _annotations(packed: bool) -> list[dict[str, Any]]:
    whole = np.zeros((_H, _W), np.uint8)
    whole[15:18, 30:35][_CROSS] = 1
    flat = whole.ravel(order="F")
    turns = [0, *(np.flatnonzero(np.diff(flat)) + 1).tolist(), flat.size]
    counts: Any = np.diff(turns).tolist()
    if packed:
        from pycocotools import mask as oracle

        counts = oracle.encode(np.asfortranarray(whole))["counts"].decode()
    made: list[dict[str, Any]] = [
        {"type": "bbox", "label_id": 1, "bbox": [8.0, 4.0, 8.0, 4.0], "z_order": 1, "group": 3},
        {"type": "mask", "label_id": 0, "rle": {"counts": counts, "size": [_H, _W]}, "z_order": 2},
        {"type": "polygon", "label_id": 0, "points": [4.0, 2.0, 24.0, 2.0, 24.0, 12.0, 4.0, 12.0], "z_order": 0},
        {"type": "label", "label_id": 1},
    ]
    return [{"id": k, "attributes": {}, "group": 0, **one} for k, one in enumerate(made)]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    phantom = Phantom(folder / "my_cells", [], about=None if variant == "no_about" else write(folder / "about.toml", _LICENSE))
    two = variant != "no_about"
    subsets = {"train": "ab", "val": "c"} if two else {"default": "abc"}
    known = {"train": "train", "val": "validation", "default": "train"}
    _rows(phantom, {name: (f"images/{subset}/{name}.png", known[subset]) for subset, names in subsets.items() for name in names})
    labels = {"labels": [{"name": "cell", "parent": "", "attributes": []}, {"name": "nucleus", "parent": "", "attributes": []}]}
    for subset, names in subsets.items():
        items = []
        for name in names:
            given = _annotations(packed=not two) if name == "a" else []
            if variant == "odd_shape" and name == "a":
                given.append({**given[0], "type": "cuboid_3d"})
            items.append({"id": name, "annotations": given, "image": {"path": f"{name}.png", "size": [_H, _W]}})
        text = json.dumps({"info": {}, "categories": {"label": labels}, "items": items})
        write(phantom.raw / f"annotations/{subset}.json", text[:-9] if variant == "damaged" else text)
    if variant == "odd_shape":
        phantom.rejected, phantom.rows = ["train.json"], phantom.rows[1:]
    elif variant == "damaged":
        phantom.rows, phantom.refused = [], True
    return phantom
