"""Files of LabelMe with rectangles, so that what must be painted is plain."""

from __future__ import annotations

import json
from typing import Any

from tests.support.kit import Array

Box = tuple[int, int, int, int]
"""Left, top, right and lower edge."""


def polygon(label: str, box: Box) -> dict[str, Any]:
    """A rectangle, drawn as a polygon."""
    left, top, right, bottom = box
    corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
    return {"label": label, "points": corners, "group_id": None, "description": "", "shape_type": "polygon", "flags": {}, "mask": None}


def rectangle(label: str, box: Box) -> dict[str, Any]:
    """A rectangle by two points."""
    left, top, right, bottom = box
    return {**polygon(label, box), "points": [[left, top], [right, bottom]], "shape_type": "rectangle"}


def sheet(name: str, height: int, width: int, *shapes: dict[str, Any]) -> str:
    """The text of a file."""
    told = {"version": "5.4.1", "flags": {}, "shapes": list(shapes), "imagePath": name, "imageData": None}
    return json.dumps({**told, "imageHeight": height, "imageWidth": width})


def paint(canvas: Array, box: Box, value: int) -> None:
    """Paints a rectangle, cut at the borders."""
    left, top, right, bottom = box
    canvas[max(top, 0) : bottom, max(left, 0) : right] = value
