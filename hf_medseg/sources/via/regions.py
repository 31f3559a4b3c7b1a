"""The JSON of the VGG Image Annotator (VIA 1 and 2): an index of it by picture, and the objects of one picture.

Format: https://www.robots.ox.ac.uk/~vgg/software/via/docs/.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.masks.areas import Area, Ellipse, Outline, Rectangle, outline_of
from hf_medseg.masks.drawing import Thing
from hf_medseg.raw.long_json import text_of
from hf_medseg.sources.annotated import Packer, formed
from hf_medseg.sources.annotated_lists import Index, Listed

MEND = "Mend this region in VIA, and save the project again."
UNNAMED = "region"  # what a region without any attribute is called

_CALLED = ("label", "class", "name", "type", "category")
_NO_AREA = ("point", "polyline")


@formed(MEND)
def index_of(data: bytes, path: str) -> Index | None:
    """Reads a project or an export; None of another JSON file.

    Raises:
        Rejected: it is damaged, or nobody can tell which attribute is the class.
    """
    try:
        said = json.loads(text_of(data))
    except (ValueError, RecursionError) as error:
        raise Rejected(path, f"a JSON file expected ({error}).", "Export it again.") from error
    said = said.get("_via_img_metadata", said) if isinstance(said, dict) else None
    if not isinstance(said, dict) or not all(isinstance(one, dict) and "filename" in one and "regions" in one for one in said.values()):
        return None
    regions = {key: list(one["regions"].values() if isinstance(one["regions"], dict) else one["regions"]) for key, one in said.items()}
    attribute = _attribute([one for each in regions.values() for one in each], path)
    packer, labels = Packer(), set[str]()
    for key, each in regions.items():
        for one in each:
            label = _label(one, attribute)
            labels.add(label)
            packer.add(key, json.dumps({**one, "label": label}, ensure_ascii=False))
    pictures = tuple(Listed(key, (str(one["filename"]),)) for key, one in said.items())
    return Index(tuple(sorted(labels)), pictures, packer.packed())


def _attribute(regions: list[dict[str, Any]], path: str) -> str:
    """The attribute that holds the class of a region; empty where there is none.

    Raises:
        Rejected: several may.
    """
    keys = list(dict.fromkeys(key for one in regions for key in one.get("region_attributes") or {}))
    likely = [key for key in keys if key.lower() in _CALLED] or keys
    if len(likely) > 1:
        raise Rejected(path, f"its regions have the attributes {', '.join(likely)}, and any may be the class.", "Keep the one that is.")
    return likely[0] if likely else ""


def _label(one: dict[str, Any], attribute: str) -> str:
    value = (one.get("region_attributes") or {}).get(attribute) if attribute else UNNAMED
    if isinstance(value, dict):  # boxes to tick
        value = "+".join(key for key, ticked in value.items() if ticked)
    return str(value or UNNAMED).strip()


def things_of(regions: list[dict[str, Any]], width: int, height: int) -> list[Thing]:
    """The objects of a picture.

    Raises:
        ValueError, KeyError: one of them cannot be read.
    """
    things = []
    for one in regions:
        shape = one["shape_attributes"]
        told = json.dumps(one["region_attributes"], ensure_ascii=False, sort_keys=True) if one.get("region_attributes") else None
        things.append(Thing(one["label"], _areas(shape), json.dumps(shape, separators=(",", ":")), told))
    return things


def _areas(shape: dict[str, Any]) -> tuple[Area, ...]:
    kind = shape.get("name")
    if kind in _NO_AREA:
        return ()
    if kind == "polygon":
        across, down = shape["all_points_x"], shape["all_points_y"]
        if len(across) != len(down):
            raise ValueError(f"an outline of {len(across)} x and {len(down)} y")
        points = np.array([across, down], np.float64).T
        return (Outline(outline_of(points)),) if len(np.unique(points, axis=0)) > 2 else ()
    if kind == "rect":
        x, y = float(shape["x"]), float(shape["y"])
        return (Rectangle(x, y, x + float(shape["width"]), y + float(shape["height"])),)
    if kind == "circle":
        return (Ellipse(float(shape["cx"]), float(shape["cy"]), float(shape["r"]), float(shape["r"])),)
    if kind == "ellipse":
        turned = float(np.degrees(float(shape.get("theta") or 0)))
        return (Ellipse(float(shape["cx"]), float(shape["cy"]), float(shape["rx"]), float(shape["ry"]), turned),)
    raise ValueError(f"a region of the shape {kind!r}; polygon, rect, circle, ellipse, point and polyline are read")
