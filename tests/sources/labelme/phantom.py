"""Pictures with LabelMe files: every kind of shape, with right angles where a rule would matter."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, encode, grey, save, write

VARIANTS: dict[str, str] = {
    "clean": "train/ and val/ with each JSON file beside its picture; about file with a license",
    "folders": "images/ and annotations/, where imagePath says nothing that is there",
    "no_about": "classes from the labels alone",
    "lost": "a JSON file without its picture, a picture without JSON file: noted",
    "unlisted_label": "a label that the about file does not list",
    "other_size": "one picture has another size than its file says",
    "odd_shape": "a shape that is not read",
    "damaged": "one JSON file is cut",
}

_LICENSE = 'title = "Cells"\nlicense = "cc-by-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\n'
_H, _W = 24, 32
_RULE = np.add.outer((np.arange(24) + 0.5 - 12) ** 2, (np.arange(32) + 0.5 - 22) ** 2) <= 36  # a circle of radius 6 about (22, 12)


def _shape(label: str, points: Any, kind: str = "polygon", **more: Any) -> dict[str, Any]:
    return {"label": label, "points": points, "shape_type": kind, "group_id": None, "flags": {}, **more}


def _file(path: Path, picture: str, shapes: list[dict[str, Any]], height: int = _H, width: int = _W) -> None:
    told = {"version": "5.4.1", "flags": {}, "shapes": shapes, "imagePath": picture, "imageData": None}
    write(path, json.dumps({**told, "imageHeight": height, "imageWidth": width}))


def _all_shapes() -> tuple[list[dict[str, Any]], Array, Array]:
    """(shapes, label map with cell 1 and nucleus 2, numbers of objects)."""
    brush = np.zeros((3, 5), bool)
    brush[1, :] = brush[:, 2] = True
    shapes = [
        _shape("nucleus", [[4, 3], [8, 3], [8, 9], [4, 9]], flags={"sure": True}),
        _shape("cell", [[11, 12], [2, 1]], "rectangle"),
        _shape("cell", [[22, 12], [22, 18]], "circle"),
        _shape("cell", [[1, 20], [5, 22]], "mask", mask=base64.b64encode(encode(brush.astype(np.uint8) * 255)).decode()),
        _shape("nucleus", [[8, 20], [10, 20], [10, 22], [8, 22]], group_id=1),
        _shape("nucleus", [[12, 20], [14, 20], [14, 22], [12, 22]], group_id=1),
        _shape("cell", [[3, 3]], "point"),
    ]
    mask, instances = np.zeros((_H, _W), np.uint8), np.zeros((_H, _W), np.uint16)
    instances[3:9, 4:8] = 1
    mask[1:12, 2:11], instances[1:12, 2:11] = 1, 2
    mask[3:9, 4:8] = 2
    mask[_RULE], instances[_RULE] = 1, 3
    mask[20:23, 1:6][brush], instances[20:23, 1:6][brush] = 1, 4
    mask[20:22, 8:10] = mask[20:22, 12:14] = 2
    instances[20:22, 8:10] = instances[20:22, 12:14] = 5
    return shapes, mask, instances


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    phantom = Phantom(folder / "my_cells", [], about=write(folder / "about.toml", _LICENSE + 'classes = ["cell", "nucleus"]\n'))
    raw = phantom.raw
    shapes, mask, instances = _all_shapes()
    flat = variant == "folders"
    for name, split in (("a", "train"), ("b", "validation")):
        place = {"train": "train", "validation": "val"}[split]
        picture = f"images/{name}.png" if flat else f"{place}/{name}.png"
        image = colour(f"labelme {name}", _H, _W)
        save(raw / picture, image)
        given = shapes if name == "a" else []
        file = raw / (f"annotations/{name}.json" if flat else f"{place}/{name}.json")
        if variant == "unlisted_label" and name == "a":
            given = [*shapes, _shape("stroma", [[0, 0], [3, 0], [3, 3]])]
        elif variant == "odd_shape" and name == "a":
            given = [*shapes, _shape("cell", [[0, 0], [3, 0], [3, 3]], "spline")]
        _file(file, "..\\gone\\x.png" if flat else f"{name}.png", given, _H + (variant == "other_size" and name == "a"))
        if variant == "damaged" and name == "b":
            write(file, file.read_bytes()[:-9])
        if (variant in ("unlisted_label", "odd_shape", "other_size") and name == "a") or (variant == "damaged" and name == "b"):
            phantom.rejected.append(file.name)
            continue
        truth, numbers = (mask, instances) if name == "a" else (np.zeros_like(mask), np.zeros_like(instances))
        columns = {"instances": numbers, "mask_overlap": name == "a", "objects": [] if name == "b" else _objects()}
        phantom.rows.append(Row(name, image, truth, picture, "train" if flat else split, columns=columns))
    phantom.notes = ["enclose nothing"] if "a" in {row.image_id for row in phantom.rows} else []
    if variant == "no_about":
        phantom.about = None
    elif variant == "lost":
        _file(raw / "train/gone.json", "gone.png", shapes)
        save(raw / "train/stray.png", grey("labelme stray", 9, 9))
        phantom.known = ["its picture gone.png is not there"]
        phantom.not_used = ["stray.png", "gone.json"]
    return phantom


def _objects() -> list[dict[str, Any]]:
    labels = ["nucleus", "cell", "cell", "cell", "nucleus", "cell"]
    return [{"label": label, "instance": number, "crowd": False} for number, label in enumerate(labels, 1)]
