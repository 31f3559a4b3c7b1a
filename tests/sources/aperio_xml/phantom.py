"""Pictures with XML of ImageScope: layers with names, descriptions or neither, ellipses, negative regions, rulers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, colour, save, write

VARIANTS: dict[str, str] = {
    "clean": "Tissue Images/ and Annotations/, about file with a license",
    "beside": "XML beside each picture, no about file",
    "beyond": "a region lies outside of its picture: another size was annotated",
    "entities": "a file that defines entities",
    "damaged": "a file that is cut",
}

_LICENSE = 'title = "Slides"\nlicense = "cc-by-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\n'
_H, _W = 24, 32


def _region(points: list[tuple[float, float]], kind: int = 0, negative: int = 0) -> str:
    vertices = "".join(f'<Vertex X="{x}" Y="{y}" Z="0"/>' for x, y in points)
    return f'<Region Id="1" Type="{kind}" NegativeROA="{negative}" Text=""><Attributes/><Vertices>{vertices}</Vertices></Region>'


def _box(left: float, top: float, right: float, bottom: float) -> list[tuple[float, float]]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _layer(number: int, regions: str, name: str = "", description: str = "") -> str:
    said = f'<Attributes><Attribute Name="Description" Id="0" Value="{description}"/></Attributes>' if description else "<Attributes/>"
    return f'<Annotation Id="{number}" Name="{name}" LineColor="65280">{said}<Regions><RegionAttributeHeaders/>{regions}</Regions></Annotation>'


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    about = write(folder / "about.toml", _LICENSE + 'classes = ["tumor", "fat", "layer_3"]\n')
    phantom = Phantom(folder / "my_slides", [], about=None if variant == "beside" else about)
    tumor, fat, third = (1, 2, 3) if variant != "beside" else (3, 1, 2)
    layers = [
        _layer(1, _region(_box(2, 1, 14, 13)) + _region(_box(5, 4, 9, 9), negative=1) + _region([(0, 0), (5, 5)], 4), name="tumor"),
        _layer(2, _region([(16, 6), (28, 18)], 2), description="fat"),
        _layer(3, _region(_box(0, 20, 4, 23), 1)),
    ]
    mask, numbers = np.zeros((_H, _W), np.uint8), np.zeros((_H, _W), np.uint16)
    mask[1:13, 2:14], numbers[1:13, 2:14] = tumor, 1
    mask[4:9, 5:9] = numbers[4:9, 5:9] = 0
    circle = np.add.outer((np.arange(_H) + 0.5 - 12) ** 2, (np.arange(_W) + 0.5 - 22) ** 2) <= 36
    mask[circle], numbers[circle] = fat, 3
    mask[20:23, 0:4], numbers[20:23, 0:4] = third, 4
    for name in ("a", "b"):
        image = colour(f"aperio {name}", _H, _W)
        picture, file = (f"{name}.png", f"{name}.xml") if variant == "beside" else (f"Tissue Images/{name}.png", f"Annotations/{name}.xml")
        save(phantom.raw / picture, image)
        given = "".join(layers if name == "a" else layers[2:])
        if name == "b" and variant == "beyond":
            given += _layer(4, _region(_box(300, 300, 330, 320)), name="tumor")
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Annotations MicronsPerPixel="0.25">{given}</Annotations>'
        if name == "b" and variant == "entities":
            text = text.replace("\n", '\n<!DOCTYPE a [<!ENTITY b "c">]>')
        write(phantom.raw / file, text[:-9] if name == "b" and variant == "damaged" else text)
        if name == "b" and variant in ("beyond", "entities", "damaged"):
            phantom.rejected = [file]
            continue
        only = numbers == 4
        truth, instances = (mask, numbers) if name == "a" else (np.where(only, third, 0).astype(np.uint8), only.astype(np.uint16))
        phantom.rows.append(Row(name, image, truth, picture, columns={"instances": instances, "mask_overlap": False}))
    phantom.notes = ["enclose nothing"]
    return phantom
