"""ChestX-Det: two JSON files with parallel lists, and films in train_data and test_data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, grey, save, write

VARIANTS: dict[str, str] = {
    "clean": "both JSON files, films unpacked",
    "zips": "train_data.zip and test_data.zip as downloaded",
    "train_only": "the test films were not fetched: noted",
    "missing_film": "one film is listed and not there",
    "not_listed": "one film is in no JSON",
    "uneven_lists": "one film has a name without an outline",
    "strange_class": "one finding has a name that the owner does not use",
    "beyond": "one outline lies outside of its film: the film was made smaller",
    "twice": "a JSON lists a film twice: refused",
}

_H, _W = 40, 50
_CLASSES = [
    "atelectasis",
    "calcification",
    "cardiomegaly",
    "consolidation",
    "diffuse_nodule",
    "effusion",
    "emphysema",
    "fibrosis",
    "fracture",
    "mass",
    "nodule",
    "pleural_thickening",
    "pneumothorax",
]
_Finding = tuple[str, tuple[int, int, int, int]]  # name, (left, top, right, bottom)
_FILMS: dict[str, dict[str, list[_Finding]]] = {
    "train": {
        "36204": [("Consolidation", (5, 5, 20, 20)), ("Effusion", (10, 12, 30, 30)), ("Consolidation", (30, 30, 40, 38))],
        "70958": [("Pleural Thickening", (2, 3, 8, 9)), ("Diffuse Nodule", (0, 0, 50, 40))],
        "36310": [],
    },
    "test": {"36199": [], "36302": [("Pneumothorax", (20, 8, 33, 17))]},
}
_ODD = "70958"


def box(area: tuple[int, int, int, int]) -> Array:
    """The pixels of a rectangle: its outline runs along their edges."""
    left, top, right, bottom = area
    inside = np.zeros((_H, _W), np.uint8)
    inside[top:bottom, left:right] = 1
    return inside


def _record(stem: str, findings: list[_Finding]) -> dict[str, Any]:
    polygons = [[[x0, y0], [x1, y0], [x1, y1], [x0, y1]] for _, (x0, y0, x1, y1) in findings]
    return {
        "file_name": f"{stem}.png",
        "syms": [name for name, _ in findings],
        "boxes": [list(b) for _, b in findings],
        "polygons": polygons,
    }


def _row(split: str, stem: str, findings: list[_Finding], image: Array) -> Row:
    maps: dict[str, Array] = {}
    instances = np.zeros((_H, _W), np.uint16)
    total = np.zeros((_H, _W), int)
    for number, (name, area) in enumerate(findings, 1):
        label = name.lower().replace(" ", "_")
        maps[label] = maps.get(label, np.zeros((_H, _W), np.uint8)) | box(area)
        instances[box(area) > 0] = number
        total += box(area)
    names = [name for name in _CLASSES if name in maps]
    mask = np.zeros((_H, _W), np.uint8)
    for name in names:
        mask[maps[name] > 0] = _CLASSES.index(name) + 1
    columns = {
        "masks": [maps[name] for name in names],
        "mask_names": names,
        "instances": instances,
        "mask_overlap": bool((total > 1).any()),
    }
    return Row(stem, image, mask, f"{split}_data/{stem}.png", split, columns=columns)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "ChestX-Det"
    phantom = Phantom(raw=raw, rows=[])
    for split, films in _FILMS.items():
        records = [_record(stem, findings) for stem, findings in films.items()]
        for record in records:
            stem = record["file_name"].removesuffix(".png")
            odd = stem == _ODD
            image = grey(f"chestx {stem}", _H, _W)
            if odd and variant == "uneven_lists":
                record["polygons"].pop()
            if odd and variant == "strange_class":
                record["syms"][0] = "Hernia"
            if odd and variant == "beyond":
                record["polygons"][0] = [[800, 700], [810, 700], [810, 712], [800, 712]]
            if not (split == "test" and variant == "train_only") and not (odd and variant == "missing_film"):
                save(raw / f"{split}_data" / f"{stem}.png", image)
            if odd and variant in ("missing_film", "not_listed", "uneven_lists", "strange_class", "beyond"):
                phantom.rejected.append(f"{stem}.png" if variant in ("missing_film", "not_listed") else "ChestX_Det_train.json")
            elif not (split == "test" and variant == "train_only"):
                phantom.rows.append(_row(split, stem, films[stem], image))
        if variant == "not_listed":
            records = [record for record in records if record["file_name"] != f"{_ODD}.png"]
        write(raw / f"ChestX_Det_{split}.json", json.dumps(records + records[:1] if variant == "twice" else records))
    if variant == "train_only":
        phantom.known.append("ChestX_Det_test.json")
    if variant == "twice":
        phantom.refused, phantom.rows = True, []
    if variant == "zips":
        packed = folder / "download"
        for split in _FILMS:
            as_zip(raw, packed / f"{split}_data.zip", only=[f"{split}_data"])
            write(packed / f"ChestX_Det_{split}.json", (raw / f"ChestX_Det_{split}.json").read_bytes())
        phantom.raw = packed
    return phantom
