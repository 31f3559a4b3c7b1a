"""Pictures with the JSON of VIA: polygon, rectangle, a cross with right angles, a point."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, save, write

VARIANTS: dict[str, str] = {
    "clean": "an export of VIA 2 beside images/; about file with a license",
    "project": "a project of VIA 1, whose regions are numbered; no about file",
    "attributes": "two attributes, of which any may be the class: refused",
    "odd_shape": "a shape that is not read",
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


def _region(label: str, name: str, **shape: Any) -> dict[str, Any]:
    return {"shape_attributes": {"name": name, **shape}, "region_attributes": {"Label": label, "sure": "yes"}}


def _regions() -> list[dict[str, Any]]:
    x, y = [32, 33, 33, 35, 35, 33, 33, 32, 32, 30, 30, 32], [15, 15, 16, 16, 17, 17, 18, 18, 17, 17, 16, 16]
    return [
        _region("cell", "polygon", all_points_x=[4, 24, 24, 4], all_points_y=[2, 2, 12, 12]),
        _region("nucleus", "rect", x=8, y=4, width=8, height=4),
        _region("cell", "polygon", all_points_x=x, all_points_y=y),
    ]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    phantom = Phantom(folder / "my_cells", [], about=None if variant == "project" else write(folder / "about.toml", _LICENSE))
    _rows(phantom, {"a": ("images/a.png", "train"), "val_c": ("images/val_c.png", "validation")})
    said = {}
    for name in ("a", "val_c"):
        given = _regions() if name == "a" else []
        if variant == "odd_shape" and name == "a":
            given.append(_region("cell", "spline"))
        if variant == "attributes":
            given = [{**one, "region_attributes": {"kind": "cell", "grade": "2"}} for one in given]
        regions: Any = {str(k): one for k, one in enumerate(given)} if variant == "project" else given
        said[f"{name}.png99"] = {"filename": f"{name}.png", "size": 99, "regions": regions, "file_attributes": {}}
    write(phantom.raw / "via.json", json.dumps({"_via_settings": {}, "_via_img_metadata": said} if variant == "project" else said))
    if variant == "odd_shape":
        phantom.rejected, phantom.rows = ["via.json"], phantom.rows[1:]
    elif variant == "attributes":
        phantom.rows, phantom.refused = [], True
    return phantom
