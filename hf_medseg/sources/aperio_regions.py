"""The XML of Aperio ImageScope: the regions of one picture."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.masks.areas import Ellipse, Outline, outline_of
from hf_medseg.masks.drawing import Thing
from hf_medseg.masks.polygons import Points
from hf_medseg.sources.annotated import Seen, Sheet, xml_of

MEND = "Open it in ImageScope and save it again."


OUTLINED, ELLIPSE, NO_AREA = ("0", "1"), "2", ("3", "4", "5")


"""What `Type` says of a region: freehand or rectangle, ellipse, and arrows, rulers, pins."""


def sheet_of(data: bytes, path: str) -> Sheet | None:
    """Reads the XML of ImageScope; None of another XML file.

    Raises:
        Rejected: it is damaged, or holds a region that is not read.
    """
    root = xml_of(data, path, MEND)
    if root.tag != "Annotations":
        return None
    things: list[Thing] = []
    for layer in root.iter("Annotation"):
        label = _name(layer)
        regions = list(layer.iter("Region"))
        regions.sort(key=lambda region: region.get("NegativeROA") != "1")  # holes first
        holes: list[Points] = []
        for region in regions:
            try:
                if region.get("NegativeROA") == "1":
                    holes.append(outline_of(_points(region)))
                else:
                    things.append(_thing(region, label, tuple(holes)))
            except ValueError as error:
                raise Rejected(path, f"its region {region.get('Id', '')} of the layer {label} has {error}.", MEND) from error
    return Sheet(tuple(things))


def _name(layer: ElementTree.Element) -> str:
    """What a layer is called: its name, else its attribute that says something, else its number."""
    said = (one.get("Value") or one.get("Name") for one in layer.findall("Attributes/Attribute") if one.get("Name") == "Description")
    return layer.get("Name") or next(filter(None, said), "") or f"layer_{layer.get('Id', '1')}"


def _points(region: ElementTree.Element) -> Points:
    vertices = region.findall("Vertices/Vertex")
    try:
        return np.array([(float(one.get("X", "")), float(one.get("Y", ""))) for one in vertices], np.float64).reshape(-1, 2)
    except ValueError:
        raise ValueError("a vertex without X and Y") from None


def _thing(region: ElementTree.Element, label: str, holes: tuple[Points, ...]) -> Thing:
    points, kind = _points(region), region.get("Type", "0")
    text = " ".join(f"{x:.17g},{y:.17g}" for x, y in points.tolist())
    thing = Thing(label, (), f"Type {kind}: {text}")
    if kind in NO_AREA or len(np.unique(points, axis=0)) < (2 if kind == ELLIPSE else 3):
        return thing
    if kind == ELLIPSE and len(points) == 2 and not holes:
        (x0, y0), (x1, y1) = points.tolist()
        return replace(thing, areas=(Ellipse((x0 + x1) / 2, (y0 + y1) / 2, abs(x1 - x0) / 2, abs(y1 - y0) / 2),))
    if kind in OUTLINED:
        return replace(thing, areas=(Outline(outline_of(points), holes),))
    raise ValueError(f"the type {kind} with {len(points)} points{' and holes' if holes else ''}, which is not read")


def look(data: bytes, path: str) -> Seen | None:
    """What the survey keeps of a file."""
    return Seen.of(sheet_of(data, path))
