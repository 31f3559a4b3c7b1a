"""A project of Supervisely: polygon with a hole, rectangle and bitmap."""

from __future__ import annotations

import base64
import io
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.kit import Array, Phantom, Row, colour, save, write

VARIANTS: dict[str, str] = {
    "clean": "meta.json, train/ and val/ with img/ and ann/ each; about file with a license",
    "no_about": "two folders of data, JSON called without the ending of the picture",
    "odd_shape": "a shape that is not read",
    "damaged": "one JSON file is cut",
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


def _bitmap() -> dict[str, Any]:
    drawn = np.zeros((*_CROSS.shape, 4), np.uint8)
    drawn[_CROSS] = 255
    buffer = io.BytesIO()
    Image.fromarray(drawn).save(buffer, "png")
    return {"data": base64.b64encode(zlib.compress(buffer.getvalue())).decode(), "origin": [30, 15]}


def _object(kind: str, title: str, **more: Any) -> dict[str, Any]:
    return {"id": 1, "classTitle": title, "geometryType": kind, "tags": [], "labelerLogin": "somebody", **more}


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    phantom = Phantom(
        folder / "my_cells",
        [],
        about=None if variant == "no_about" else write(folder / "about.toml", _LICENSE + 'classes = ["cell", "nucleus"]\n'),
    )
    one = variant == "no_about"
    places = {"a": ("ds0" if one else "train", "train"), "b": ("ds1" if one else "val", "train" if one else "validation")}
    _rows(phantom, {name: (f"{place}/img/{name}.png", split) for name, (place, split) in places.items()})
    write(phantom.raw / "meta.json", json.dumps({"classes": [{"title": "cell", "shape": "any", "color": "#ff0000"}], "tags": []}))
    outer = {"exterior": [[4, 2], [24, 2], [24, 12], [4, 12]], "interior": [[[20, 9], [22, 9], [22, 11], [20, 11]]]}
    phantom.rows[0].mask[9:11, 20:22] = phantom.rows[0].columns["instances"][9:11, 20:22] = 0  # type: ignore[index]
    objects = [
        _object("polygon", "cell", points=outer),
        _object("rectangle", "nucleus", points={"exterior": [[8, 4], [16, 8]], "interior": []}),
        _object("bitmap", "cell", bitmap=_bitmap()),
    ]
    for name, (place, _) in places.items():
        given = objects if name == "a" else []
        if variant == "odd_shape" and name == "a":
            given = [*given, _object("spline", "cell", points=outer)]
        text = json.dumps({"description": "", "tags": [], "size": {"height": _H, "width": _W}, "objects": given})
        broken = variant == "damaged" and name == "a"
        write(phantom.raw / f"{place}/ann/{name}{'' if one else '.png'}.json", text[:-9] if broken else text)
    if variant in ("odd_shape", "damaged"):
        phantom.rejected, phantom.rows = ["a.png.json"], phantom.rows[1:]
    return phantom
