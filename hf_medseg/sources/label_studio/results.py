"""The JSON export of Label Studio: an index of it by picture, and the objects of one picture.

Format: https://labelstud.io/guide/export#Label-Studio-JSON-format-of-annotated-tasks; brushes are packed as
https://github.com/thi-ng/umbrella/tree/develop/packages/rle-pack does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected
from hf_medseg.formats.picture import PICTURE_NAME
from hf_medseg.masks.areas import Area, Brush, Ellipse, Outline, Rectangle, outline_of
from hf_medseg.masks.drawing import Thing
from hf_medseg.raw.long_json import text_of
from hf_medseg.sources.annotated import Packer, formed
from hf_medseg.sources.annotated_lists import Index, Listed

MEND = "Mend this task in Label Studio, and export it again as JSON."
SEVERAL = "Export the annotations of one person, or leave one in each task."

_UPLOADED = re.compile(r"[0-9a-f]{8}-(?=.)")
_AREAS = ("polygon", "rectangle", "ellipse", "brush")
_OTHERS = ("keypoint", "vector", "videorectangle")
# What says something of a region or of the whole task, and draws nothing; `labels` names what a region of the same id covers.
_SAYS = ("", "choices", "datetime", "labels", "number", "pairwise", "rating", "relation", "taxonomy", "text", "textarea")


@formed(MEND)
def index_of(data: bytes, path: str) -> Index | None:
    """Reads an export; None of another JSON file.

    Raises:
        Rejected: it is damaged.
    """
    try:
        tasks = json.loads(text_of(data))
    except (ValueError, RecursionError) as error:
        raise Rejected(path, f"a JSON file expected ({error}).", "Export it again from Label Studio.") from error
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        return None
    if not all(isinstance(task.get("data"), dict) for task in tasks):
        if b'"original_width"' not in data:
            return None
        raise Rejected(
            path, "it is an export of Label Studio as JSON-MIN, which does not say what was annotated.", "Export it again as JSON."
        )
    if any("completions" in task for task in tasks):
        raise Rejected(path, "it is an export of Label Studio before 1.0.", "Import it into a later one, and export it again as JSON.")
    packer, labels, pictures = Packer(), set[str](), []
    for number, task in enumerate(tasks):
        given = [one for one in task.get("annotations") or () if not one.get("was_cancelled")]
        names = _names(task, {one["to_name"] for each in given for one in each.get("result") or () if "to_name" in one})
        if not names:
            raise Rejected(path, f"task {task.get('id', number)} names no picture.", MEND)
        sizes = {(one.get("original_width"), one.get("original_height")) for each in given for one in each.get("result") or ()}
        width, height = sizes.pop() if len(sizes) == 1 else (0, 0)
        key = str(number)
        pictures.append(Listed(key, names, width or 0, height or 0, annotated=bool(given)))
        for each in given:
            packer.add(key, json.dumps(each.get("result") or []))
            labels.update(label for _, _, called in _regions(each.get("result") or ()) for label in called)
    return Index(tuple(sorted(labels)), tuple(pictures), packer.packed())


def _names(task: dict[str, Any], shown: set[str]) -> tuple[str, ...]:
    """What the picture of a task may be called; of several pictures it is the one that the objects are drawn on, by its key in the data."""
    told = {key: value for key, value in task["data"].items() if isinstance(value, str) and _pictures([value])}
    drawn_on = [told[key] for key in shown if key in told]
    names = _pictures(drawn_on if len(told) > 1 and drawn_on else [str(task.get("file_upload") or ""), *told.values()])
    plain = [_UPLOADED.sub("", name.rpartition("/")[2], count=1) for name in names]
    return tuple(dict.fromkeys((*names, *plain)))


def _pictures(told: Sequence[str]) -> list[str]:
    """Those of some texts that name a picture."""
    names = [unquote(one).rpartition("?d=")[2].partition("?")[0] for one in told]
    return [name for name in names if re.fullmatch(PICTURE_NAME, name.rpartition("/")[2])]


def _regions(results: Sequence[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str, list[str]]]:
    """(record, kind, labels) of what was drawn; its labels stand in it, or in a record of their own with the same id."""
    apart: dict[Any, list[str]] = {}
    for one in results:
        if one.get("type") == "labels":
            apart.setdefault(one.get("id"), []).extend(one["value"].get("labels") or ())
    for one in results:
        called = one.get("type", "")
        kind = called.removesuffix("labels") or called
        if kind in (*_AREAS, *_OTHERS):
            yield one, kind, (one["value"].get(called) or []) if kind != called else apart.get(one.get("id"), [])


def things_of(annotations: list[list[dict[str, Any]]], width: int, height: int) -> list[Thing]:
    """The objects of a picture.

    Raises:
        ValueError, KeyError: several people annotated it, or an object cannot be read.
    """
    if len(annotations) > 1:
        raise ValueError(f"{len(annotations)} annotations. {SEVERAL[:-1]}")
    things = []
    results = annotations[0] if annotations else []
    regions = list(_regions(results))
    known = (*_SAYS, *(kind + end for kind in (*_AREAS, *_OTHERS) for end in ("", "labels")))
    if unknown := next((one["type"] for one in results if one.get("type", "") not in known), None):
        raise ValueError(f"an object of the kind {unknown}, which is not read")
    pictures = {(one.get("to_name"), one.get("item_index")) for one, _, _ in regions}
    if len(pictures) > 1:
        raise ValueError(f"objects on {len(pictures)} pictures of one task, where one was expected")
    for one, kind, labels in regions:
        if one.get("image_rotation"):
            raise ValueError("an object on the turned picture")
        if len(labels) != 1:
            raise ValueError(f"an object with {len(labels)} labels")
        value = {key: said for key, said in one["value"].items() if key != one["type"]}
        areas = _areas(kind, value, one["original_width"], one["original_height"]) if kind in _AREAS else ()
        things.append(Thing(labels[0], areas, json.dumps({one["type"]: value}, separators=(",", ":"))))
    return things


def _areas(kind: str, value: dict[str, Any], width: int, height: int) -> tuple[Area, ...]:
    """What an object covers; numbers are hundredths of the picture's sides."""
    across, down = width / 100, height / 100
    if kind == "polygon":
        points = np.array(value["points"], np.float64) * [across, down]
        return (Outline(outline_of(points)),) if len(np.unique(points, axis=0)) > 2 else ()
    if kind == "brush":
        return (Brush(0, 0, brush(value["rle"], height, width)),)
    x, y, turned = float(value["x"]) * across, float(value["y"]) * down, float(value.get("rotation") or 0)
    if kind == "ellipse":
        return (Ellipse(x, y, float(value["radiusX"]) * across, float(value["radiusY"]) * down, turned),)
    right, bottom = x + float(value["width"]) * across, y + float(value["height"]) * down
    if not turned:
        return (Rectangle(x, y, right, bottom),)
    # A rectangle is turned about its upper left corner.
    cosine, sine = np.cos(np.radians(turned)), np.sin(np.radians(turned))
    corners = np.array([(0, 0), (right - x, 0), (right - x, bottom - y), (0, bottom - y)])
    return (Outline(outline_of(corners @ np.array([(cosine, sine), (-sine, cosine)]) + [x, y])),)


def brush(packed: list[int], height: int, width: int) -> NDArray[np.bool_]:
    """What a brush drew: where the fourth of the packed channels is not 0.

    Raises:
        ValueError: the numbers are cut, or belong to a picture of another size.
    """
    bits = np.unpackbits(np.array(packed, np.uint8))
    at = 0

    def read(count: int) -> int:
        nonlocal at
        if at + count > len(bits):
            raise ValueError("a brush whose numbers are cut")
        at += count
        return int("".join(map(str, bits[at - count : at].tolist())), 2)

    number, size = read(32), read(5) + 1
    if number != height * width * 4:
        raise ValueError(f"a brush of {number // 4} pixels; its picture has {width} x {height}")
    lengths = [read(4) + 1 for _ in range(4)]
    found = np.zeros(number, np.uint8)
    place = 0
    while place < number:
        repeated = read(1)
        end = place + 1 + read(lengths[read(2)])
        if repeated:
            found[place:end] = read(size)
        else:
            count = min(end, number) - place
            if at + size * count > len(bits):
                raise ValueError("a brush whose numbers are cut")
            found[place : place + count] = (
                np.packbits(np.pad(bits[at : at + size * count].reshape(count, size), ((0, 0), (8 - size, 0)))) if size <= 8 else 0
            )
            at += size * count
        place = end
    return np.asarray(found.reshape(height, width, 4)[..., 3] != 0)
