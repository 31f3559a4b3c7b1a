"""The XML of CVAT for images 1.1: an index of it by picture, and the shapes of one picture.

Format: https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.masks.areas import Area, Brush, Ellipse, Outline, Rectangle, outline_of
from hf_medseg.masks.drawing import Thing
from hf_medseg.sources.annotated import Packer, xml_of
from hf_medseg.sources.annotated_lists import Index, Listed

MEND = "Export it again from CVAT, as `CVAT for images 1.1`."


SHAPES = ("polygon", "box", "ellipse", "mask", "polyline", "points", "cuboid", "skeleton")


NO_AREA = ("polyline", "points")


def index_of(data: bytes, path: str) -> Index | None:
    """Reads the XML of CVAT; None of another XML file.

    Raises:
        Rejected: it is damaged, or holds a video.
    """
    root = xml_of(data, path, MEND)
    if root.tag != "annotations" or not root.findall("image"):
        if root.tag == "annotations" and root.findall("track"):
            raise Rejected(path, "it holds tracks of a video.", MEND)
        return None
    packer, seen = Packer(), set[str]()
    images: dict[str, Listed] = {}
    for image in root.iter("image"):
        name = image.get("name", "")
        if name in images:
            raise Rejected(path, f"it lists {name} twice.", MEND)
        try:
            images[name] = Listed(name, (name,), int(image.get("width", "0")), int(image.get("height", "0")), image.get("subset", ""))
        except ValueError:
            raise Rejected(path, f"the size of {name} is no whole number.", MEND) from None
        for shape in image:
            if shape.tag in SHAPES:
                seen.add(shape.get("label", ""))
                said = {one.get("name", ""): one.text or "" for one in shape.findall("attribute")}
                packer.add(name, json.dumps([shape.tag, dict(shape.attrib), said], ensure_ascii=False))
    named = [one.text or "" for one in root.findall("meta//labels/label/name")]
    return Index(tuple(dict.fromkeys(named or sorted(seen))), tuple(images.values()), packer.packed())


def things_of(shapes: list[tuple[str, dict[str, str], dict[str, str]]], width: int, height: int) -> list[Thing]:
    """The objects of a picture: those of a lower `z_order` first.

    Raises:
        ValueError, KeyError: a shape cannot be read.
    """
    things: list[Thing] = []
    for kind, said, attributes in sorted(shapes, key=lambda shape: _number(shape[1], "z_order", 0.0)):
        label = said.get("label", "")
        try:
            areas = _areas(kind, said)
        except (ValueError, KeyError) as error:
            raise ValueError(f"a {kind} ({label}) with {f'no {error}' if isinstance(error, KeyError) else error}") from error
        kept = {key: value for key, value in said.items() if key not in _NOT_KEPT}
        told = {key: said[key] for key in ("z_order", "occluded", "group_id") if key in said} | attributes
        things.append(Thing(label, areas, json.dumps({kind: kept}), json.dumps(told, ensure_ascii=False, sort_keys=True)))
    return things


_NOT_KEPT = ("label", "source", "occluded", "z_order", "group_id")


def _number(said: Mapping[str, str], name: str, default: float | None = None) -> float:
    if name not in said and default is not None:
        return default
    value = float(said[name])
    if not abs(value) < 1e6:
        raise ValueError(f"{name} = {said[name]}, which lies in no picture")
    return value


def _areas(kind: str, said: Mapping[str, str]) -> tuple[Area, ...]:
    if kind in NO_AREA:
        return ()
    if kind == "polygon":
        points = np.array([[float(one) for one in pair.split(",")] for pair in said["points"].split(";")], np.float64)
        return (Outline(outline_of(points)),) if len(np.unique(points, axis=0)) > 2 else ()
    turned = _number(said, "rotation", 0.0)
    if kind == "box":
        left, top, right, bottom = (_number(said, name) for name in ("xtl", "ytl", "xbr", "ybr"))
        return (Rectangle(left, top, right, bottom, turned),)
    if kind == "ellipse":
        x, y, across, down = (_number(said, name) for name in ("cx", "cy", "rx", "ry"))
        return (Ellipse(x, y, across, down, turned),)
    if kind == "mask":
        return (_brush(said),)
    raise ValueError("no area; polygons, boxes, ellipses and masks are read")


def _brush(said: Mapping[str, str]) -> Brush:
    """A mask: runs along the rows of its box, background first."""
    left, top, width, height = (int(_number(said, name)) for name in ("left", "top", "width", "height"))
    counts = np.array([int(one) for one in said["rle"].split(",")], np.int64)
    if (counts < 0).any() or int(counts.sum()) != width * height:
        raise ValueError(f"run lengths that make {int(counts.sum())} pixels; its box has {width} x {height}")
    values = np.arange(len(counts)) % 2 == 1
    return Brush(top, left, np.repeat(values, counts).reshape(height, width))
