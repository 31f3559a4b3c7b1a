"""The JSON file of Supervisely: the objects of one picture.

Format: https://docs.supervisely.com/customization-and-integration/00_ann_format_navi.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.masks.areas import Area, Brush, Outline, Rectangle, outline_of
from hf_medseg.masks.drawing import Thing
from hf_medseg.raw.long_json import text_of
from hf_medseg.sources.annotated import Seen, Sheet, formed

MEND = "Mend it in Supervisely, and export the project again."

_NO_AREA = ("point", "line", "graph", "keypoints")


@formed(MEND)
def sheet_of(data: bytes, path: str) -> Sheet | None:
    """Reads the file of a picture; None of another JSON file.

    Raises:
        Rejected: it is damaged, or holds a shape that is not read.
    """
    try:
        told = json.loads(text_of(data))
    except (ValueError, RecursionError) as error:
        raise Rejected(path, f"a JSON file expected ({error}).", MEND) from error
    if not isinstance(told, dict) or not isinstance(told.get("objects"), list) or not isinstance(told.get("size"), dict):
        return None
    things = []
    for number, one in enumerate(told["objects"], 1):
        try:
            things.append(_thing(one))
        except (ValueError, KeyError, TypeError) as error:
            words = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise Rejected(path, f"its object {number} has {words}.", MEND) from error
    return Sheet(tuple(things), (int(told["size"]["width"]), int(told["size"]["height"])))


def look(data: bytes, path: str) -> Seen | None:
    """What the survey keeps of a file."""
    return Seen.of(sheet_of(data, path))


def _thing(one: dict[str, Any]) -> Thing:
    kind = one.get("geometryType") or next((kind for kind in ("bitmap", "points") if one.get(kind)), "")
    kept = {key: one[key] for key in ("geometryType", "points", "bitmap") if one.get(key)}
    tags = json.dumps({"tags": [tag.get("name") for tag in one["tags"]]}, ensure_ascii=False) if one.get("tags") else None
    return Thing(str(one["classTitle"]), _areas(kind, one), json.dumps(kept, separators=(",", ":")), tags)


def _areas(kind: str, one: dict[str, Any]) -> tuple[Area, ...]:
    if kind in _NO_AREA:
        return ()
    if kind == "bitmap":
        left, top = (int(number) for number in one["bitmap"]["origin"])
        return (Brush(top, left, bitmap(one["bitmap"]["data"])),)
    if kind not in ("rectangle", "polygon", "points"):
        raise ValueError(f"the type {kind!r}; polygon, rectangle, bitmap, point and line are read")
    points = np.array(one["points"]["exterior"], np.float64).reshape(-1, 2)
    if kind == "rectangle" and len(points) == 2:
        return (Rectangle(*points.ravel().tolist()),)
    holes = tuple(outline_of(hole) for hole in one["points"].get("interior") or ())
    return (Outline(outline_of(points), holes),) if len(np.unique(points, axis=0)) > 2 else ()


def bitmap(text: str) -> Any:
    """A bitmap: a PNG, packed and in base64, that is not 0, or of four channels not transparent, inside."""
    import io

    from PIL import Image

    try:
        with Image.open(io.BytesIO(zlib.decompress(base64.b64decode(text, validate=True)))) as picture:
            bands = np.asarray(picture.convert("RGBA" if picture.mode in ("P", "PA", "LA", "RGBA") else "L"))
    except (binascii.Error, zlib.error, OSError, SyntaxError) as error:
        raise ValueError(f"a bitmap that cannot be read ({error})") from error
    return (bands[..., 3] if bands.ndim == 3 else bands) > 0
