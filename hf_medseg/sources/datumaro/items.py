"""The JSON of Datumaro: an index of it by picture, and the objects of one picture.

Format: https://open-edge-platform.github.io/datumaro/latest/docs/data-formats/formats/datumaro.html.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.masks.areas import Area, Ellipse, Outline, Rectangle, Runs, counts_of, outline_of
from hf_medseg.masks.drawing import Thing
from hf_medseg.raw.long_json import text_of
from hf_medseg.sources.annotated import Packer, formed
from hf_medseg.sources.annotated_lists import Index, Listed

MEND = "Mend this item, or export the file again."

_NO_AREA = ("points", "polyline", "skeleton")
_OF_PICTURES = ("label", "caption")  # what is said of a whole picture


@formed(MEND)
def index_of(data: bytes, path: str) -> Index | None:
    """Reads a file; None of another JSON file.

    Raises:
        Rejected: it is damaged.
    """
    try:
        said = json.loads(text_of(data))
    except (ValueError, RecursionError) as error:
        raise Rejected(path, f"a JSON file expected ({error}).", "Export it again.") from error
    if not isinstance(said, dict) or not isinstance(said.get("items"), list):
        return None
    packer, pictures = Packer(), []
    labels = [str(one["name"]) for one in said["categories"]["label"]["labels"]]
    for item in said["items"]:
        picture = item.get("image") or item.get("media") or {}
        height, width = picture.get("size") or (0, 0)
        key = str(item["id"])
        pictures.append(Listed(key, (str(picture.get("path") or key), key), int(width), int(height)))
        for one in item.get("annotations") or ():
            if one.get("type") not in _OF_PICTURES:
                number = one.get("label_id")
                if number not in range(len(labels)):
                    raise Rejected(path, f"an object of {key} has the label {number}, which the file does not list.", MEND)
                packer.add(key, json.dumps({**one, "label": labels[number]}))
    return Index(tuple(labels), tuple(pictures), packer.packed())


def things_of(annotations: list[dict[str, Any]], width: int, height: int) -> list[Thing]:
    """The objects of a picture: those of a lower `z_order` first.

    Raises:
        ValueError, KeyError: one of them cannot be read.
    """
    things = []
    for one in sorted(annotations, key=lambda each: each.get("z_order") or 0):
        kept = {key: one[key] for key in ("type", "points", "rle", "bbox") if key in one}
        told = {key: one[key] for key in ("attributes", "group", "z_order") if one.get(key)}
        text = json.dumps(told, ensure_ascii=False, sort_keys=True) if told else None
        things.append(Thing(one["label"], _areas(one), json.dumps(kept, separators=(",", ":")), text))
    return things


def _areas(one: dict[str, Any]) -> tuple[Area, ...]:
    kind = one.get("type")
    if kind in _NO_AREA:
        return ()
    if kind == "polygon":
        points = np.array(one["points"], np.float64).reshape(-1, 2)
        return (Outline(outline_of(points)),) if len(np.unique(points, axis=0)) > 2 else ()
    if kind == "mask":
        counts, (height, width) = one["rle"]["counts"], one["rle"]["size"]
        return (Runs(counts_of(counts) if isinstance(counts, str) else np.array(counts, np.int64), height, width),)
    if kind == "bbox":
        x, y, across, down = map(float, one["bbox"])
        return (Rectangle(x, y, x + across, y + down),)
    if kind == "ellipse":
        left, top, right, bottom = map(float, one["points"])
        return (Ellipse((left + right) / 2, (top + bottom) / 2, abs(right - left) / 2, abs(bottom - top) / 2),)
    raise ValueError(f"an object of the type {kind!r}; polygon, mask, bbox and ellipse are read")
