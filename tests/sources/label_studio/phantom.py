"""Pictures with the JSON of Label Studio: polygon, rectangle and brush; what was uploaded has signs before its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, save, write

VARIANTS: dict[str, str] = {
    "clean": "an export beside images/; about file with a license",
    "no_about": "labels in alphabetical order; local files",
    "unlabelled": "a task that nobody annotated, and one that was cancelled",
    "several": "a task that two people annotated",
    "cut_brush": "a brush whose numbers are cut",
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


def pack(values: Array) -> list[int]:
    """Run lengths as Label Studio packs them: one stretch number by number, the others as repeated ones."""
    bits = f"{len(values):032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}"
    start = 0
    while start < len(values):
        if start == 0:
            bits += "0" + "00" + f"{4:03b}" + "".join(f"{value:08b}" for value in values[:5])
            start = 5
            continue
        end = start
        while end < len(values) and values[end] == values[start]:
            end += 1
        bits += "1" + "11" + f"{end - start - 1:016b}" + f"{values[start]:08b}"
        start = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[k : k + 8], 2) for k in range(0, len(bits), 8)]


def _result(kind: str, label: str, **value: Any) -> dict[str, Any]:
    size = {"original_width": _W, "original_height": _H, "image_rotation": 0}
    return {**size, "id": "x", "type": kind, "from_name": "label", "to_name": "image", "value": {**value, kind: [label]}}


def _results() -> list[dict[str, Any]]:
    drawn = np.zeros((_H, _W, 4), np.uint8)
    drawn[15:18, 30:35, 3][_CROSS] = 200
    points = [[x / _W * 100, y / _H * 100] for x, y in ((4, 2), (24, 2), (24, 12), (4, 12))]
    choice = {"type": "choices", "value": {"choices": ["good"]}, "from_name": "q", "to_name": "image"}
    return [
        _result("polygonlabels", "cell", points=points, closed=True),
        _result("rectanglelabels", "nucleus", x=8 / _W * 100, y=4 / _H * 100, width=8 / _W * 100, height=4 / _H * 100, rotation=0),
        _result("brushlabels", "cell", format="rle", rle=pack(drawn.ravel())),
        choice,
    ]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    phantom = Phantom(folder / "my_cells", [], about=None if variant == "no_about" else write(folder / "about.toml", _LICENSE))
    _rows(phantom, {"a": ("images/a.png", "train"), "b": ("images/b.png", "train"), "val_c": ("images/val_c.png", "validation")})
    tasks = []
    for number, name in enumerate(("a", "b", "val_c"), 1):
        results = _results() if name == "a" else []
        if variant == "cut_brush" and name == "a":
            del results[2]["value"]["rle"][-3:]
        given = [{"id": number, "was_cancelled": False, "result": results}]
        if variant == "several" and name == "a":
            given *= 2
        if variant == "unlabelled" and name != "a":
            given = [] if name == "b" else [{**given[0], "was_cancelled": True}]
        where = f"/data/local-files/?d=images/{name}.png" if variant == "no_about" else f"/data/upload/1/1a2b3c4d-{name}.png"
        tasks.append({"id": number, "annotations": given, "predictions": [], "data": {"image": where}})
    text = json.dumps(tasks)
    write(phantom.raw / "project-1.json", text[:-9] if variant == "damaged" else text)
    if variant == "unlabelled":
        for row in phantom.rows[1:]:
            row.mask, row.columns = None, {"instances": None, "objects": None}
    elif variant in ("several", "cut_brush"):
        phantom.rejected, phantom.rows = ["project-1.json"], phantom.rows[1:]
    elif variant == "damaged":
        phantom.rows, phantom.refused = [], True
    return phantom
