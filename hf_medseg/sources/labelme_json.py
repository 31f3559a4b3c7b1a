"""The JSON file of LabelMe: the shapes of one picture.

Format: https://github.com/wkentaro/labelme (labelme/_label_file.py).
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Container
from dataclasses import replace
from typing import Any

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.formats.pixels import decode
from hf_medseg.masks.areas import Area, Brush, Ellipse, Outline, Rectangle, outline_of
from hf_medseg.masks.drawing import Thing
from hf_medseg.raw.long_json import text_of
from hf_medseg.sources.annotated import Seen, Sheet

MEND = "Open it in LabelMe and save it again."


NO_AREA = {"line", "linestrip", "point", "points"}


def polygons_of(data: bytes, path: str) -> Sheet:
    """The polygons of a LabelMe file alone, named as classes are: `other mt` is `other_mt`.

    Raises:
        Rejected: it is damaged, or another JSON file.
    """
    sheet = sheet_of(data, path, only=("polygon",))
    if sheet is None:
        raise Rejected(path, "a file of LabelMe with a list of shapes expected.", "Fetch the owner's file again.")
    things = tuple(replace(thing, label=re.sub(r"[\W_]+", "_", thing.label.strip().lower())) for thing in sheet.things)
    return replace(sheet, things=things)


def sheet_of(data: bytes, path: str, only: Container[str] = ()) -> Sheet | None:
    """Reads a LabelMe file; None of another JSON file.

    Args:
        data: the file.
        path: its path, for messages.
        only: the types of the shapes that are wanted; all where nothing is said.

    Raises:
        Rejected: it is damaged, or holds a shape that is not read.
    """
    try:
        told = json.loads(text_of(data))
    except (ValueError, RecursionError) as error:
        raise Rejected(path, f"a JSON file expected ({error}).", MEND) from error
    if not isinstance(told, dict) or not isinstance(told.get("shapes"), list):
        return None
    things: dict[Any, Thing] = {}
    for number, shape in enumerate(told["shapes"], 1):
        if only and isinstance(shape, dict) and (shape.get("shape_type") or "polygon") not in only:
            continue
        try:
            thing = _thing(shape, path)
        except (ValueError, KeyError, TypeError) as error:
            words = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise Rejected(path, f"its shape {number} has {words}.", MEND) from error
        group = shape.get("group_id")
        key = number if group is None else (thing.label, str(group))
        things[key] = _joined(things[key], thing) if key in things else thing
    width, height = told.get("imageWidth"), told.get("imageHeight")
    size = (width, height) if isinstance(width, int) and isinstance(height, int) and width and height else None
    return Sheet(tuple(things.values()), size, str(told.get("imagePath") or ""))


def _thing(shape: dict[str, Any], path: str) -> Thing:
    kind = shape.get("shape_type") or "polygon"
    attributes = {key: shape[key] for key in ("group_id", "flags", "attributes") if shape.get(key)}
    kept = {key: shape[key] for key in ("shape_type", "points", "mask") if shape.get(key)}
    return Thing(
        str(shape["label"]),
        _areas(kind, shape, path),
        json.dumps(kept, separators=(",", ":")),
        json.dumps(attributes, ensure_ascii=False, sort_keys=True) if attributes else None,
    )


def _joined(one: Thing, other: Thing) -> Thing:
    """Two shapes of one group: one object."""
    return Thing(one.label, one.areas + other.areas, f"{one.segmentation}\n{other.segmentation}", one.attributes)


def _areas(kind: str, shape: dict[str, Any], path: str) -> tuple[Area, ...]:
    if kind in NO_AREA:
        return ()
    points = np.array(shape["points"], np.float64)
    if points.ndim != 2 or points.shape[1:] != (2,) or not np.isfinite(points).all():
        raise ValueError("points that are no pairs of numbers")
    two = len(points) == 2
    if kind == "mask" and two:
        return (_brush(shape["mask"], points, path),)
    if kind == "rectangle" and two:
        return (Rectangle(*points.ravel().tolist()),)
    if kind == "circle" and two:
        (x, y), radius = points[0].tolist(), math.dist(points[0], points[1])
        return (Ellipse(x, y, radius, radius),)
    if kind in ("polygon", "rectangle", "oriented_rectangle", "rotation"):
        return (Outline(outline_of(points)),) if len(np.unique(points, axis=0)) > 2 else ()
    raise ValueError(f"the type {kind!r} with {len(points)} points; polygon, rectangle, circle, mask, line and point are read")


def _brush(text: str, points: Any, path: str) -> Brush:
    """A mask shape: a PNG in base64, between two corners of which both are inside."""
    try:
        inside = decode(base64.b64decode(text, validate=True), path)
    except (binascii.Error, Rejected) as error:
        raise ValueError(f"a mask that cannot be read ({error})") from error
    left, top, right, bottom = (round(float(one)) for one in points.ravel())
    if inside.ndim != 2 or inside.shape != (bottom - top + 1, right - left + 1):
        raise ValueError(f"a mask of {inside.shape[1]} x {inside.shape[0]} pixels in a box of {right - left + 1} x {bottom - top + 1}")
    return Brush(top, left, inside != 0)


def look(data: bytes, path: str) -> Seen | None:
    """What the survey keeps of a file."""
    return Seen.of(sheet_of(data, path))
