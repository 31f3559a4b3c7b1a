"""Pictures with GeoJSON of QuPath: polygons with holes, several polygons, points; as a collection and as a bare list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Phantom, Row, colour, grey, save, write

VARIANTS: dict[str, str] = {
    "clean": "a collection beside each picture; about file with a license",
    "folders": "images/ and geojson/, bare lists of features as QuPath wrote them before",
    "no_about": "classes from the classifications alone",
    "beyond": "an object lies outside of its picture: another size was annotated",
    "odd": "a geometry that is not read",
    "damaged": "one file is cut",
}

_LICENSE = 'title = "Slides"\nlicense = "cc-by-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\n'
_H, _W = 24, 32


def _ring(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
    return [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]


def _feature(kind: str, coordinates: Any, name: str = "", **more: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"objectType": "annotation"}
    if name:
        said["classification"] = {"name": name, "color": [200, 0, 0]}
    return {"type": "Feature", "id": "x", "geometry": {"type": kind, "coordinates": coordinates}, "properties": said, **more}


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    about = write(folder / "about.toml", _LICENSE + 'classes = ["Tumor", "Stroma", "unclassified"]\n')
    phantom = Phantom(folder / "my_slides", [], about=None if variant == "no_about" else about)
    tumor, stroma, unclassified = (1, 2, 3) if variant != "no_about" else (2, 1, 3)
    features = [
        _feature("Polygon", [_ring(2, 1, 14, 13), _ring(5, 4, 9, 9)], "Tumor", nucleusGeometry={"type": "Polygon"}),
        _feature("MultiPolygon", [[_ring(18, 2, 22, 6)], [_ring(24, 2.4, 27, 6.6), _ring(25, 4, 26, 5)]], "Stroma"),
        _feature("Polygon", [_ring(20, 20, 40, 22)]),
        _feature("Point", [3, 3], "Tumor"),
    ]
    mask, numbers = np.zeros((_H, _W), np.uint8), np.zeros((_H, _W), np.uint16)
    mask[1:13, 2:14], numbers[1:13, 2:14] = tumor, 1
    mask[4:9, 5:9] = numbers[4:9, 5:9] = 0
    mask[2:6, 18:22], numbers[2:6, 18:22] = stroma, 2
    mask[2:7, 24:27], numbers[2:7, 24:27] = stroma, 2  # 2.4 to 6.6: the centres of rows 2 (2.5) to 6 (6.5)
    mask[4, 25] = numbers[4, 25] = 0
    mask[20:22, 20:], numbers[20:22, 20:] = unclassified, 3
    for name in ("a", "b"):
        image = colour(f"qupath {name}", _H, _W) if name == "a" else grey("qupath b", _H, _W)
        picture, file = (f"images/{name}.png", f"geojson/{name}.geojson") if variant == "folders" else (f"{name}.png", f"{name}.geojson")
        save(phantom.raw / picture, image)
        given = list(features if name == "a" else features[:1])
        if variant == "beyond" and name == "b":
            given.append(_feature("Polygon", [_ring(200, 300, 220, 330)], "Tumor"))
        elif variant == "odd" and name == "b":
            given.append(_feature("Circle", [3, 3], "Tumor"))
        text = json.dumps(given if variant == "folders" else {"type": "FeatureCollection", "features": given})
        write(phantom.raw / file, text[:-9] if variant == "damaged" and name == "b" else text)
        if variant in ("beyond", "odd", "damaged") and name == "b":
            phantom.rejected = [file]
            continue
        truth, instances = (
            (mask, numbers) if name == "a" else (np.where(numbers == 1, tumor, 0).astype(np.uint8), (numbers == 1).astype(np.uint16))
        )
        phantom.rows.append(Row(name, image, truth, picture, columns={"instances": instances, "mask_overlap": False}))
    phantom.notes = ["what lies outside is cut off", "enclose nothing"]
    return phantom
