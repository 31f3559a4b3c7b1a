"""FracAtlas: images/{Fractured,Non_fractured}, COCO JSON drawn on turned pictures, lists of splits, dataset.csv."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.kit import Phantom, Row, as_zip, colour, grey, save_jpeg, write

VARIANTS: dict[str, str] = {
    "clean": "pictures, COCO JSON, splits and table; two pictures are turned by their tag",
    "zip": "FracAtlas.zip",
    "no_tables": "pictures and COCO JSON alone",
    "missing_picture": "one picture is listed and not there",
    "no_outline": "one fractured picture is not in the JSON",
    "other_count": "the table counts another number of fractures",
    "both_folders": "one picture is filed as fractured and as not fractured",
    "in_no_list": "one fractured picture is in no list",
    "in_two_lists": "one fractured picture is in two lists",
    "resized": "one picture has another size than the one that was drawn on",
}

_FLAGS = ("hand", "leg", "hip", "shoulder", "mixed", "hardware", "multiscan", "fractured", "frontal", "lateral", "oblique")
# stem, (height, width) as shown, orientation, colours, split, rectangles as shown: (left, top, right, bottom)
_FRACTURED: list[tuple[str, tuple[int, int], int, bool, str, list[tuple[int, int, int, int]]]] = [
    ("IMG0000019", (40, 32), 1, True, "train", [(4, 6, 12, 14), (10, 10, 20, 18)]),
    ("IMG0002628", (24, 30), 8, False, "train", [(2, 3, 9, 7)]),
    ("IMG0002588", (30, 24), 3, False, "valid", [(1, 2, 6, 11)]),
    ("IMG0003297", (28, 28), 1, True, "test", [(20, 20, 33, 28)]),  # past the right border: cut
]
_OTHERS = ["IMG0000000", "IMG0000001"]
_ODD = "IMG0000019"
_TURNS_BACK = {1: 0, 3: 2, 8: -1}  # by quarters, counter-clockwise


def _line(stem: str, fractures: int) -> dict[str, Any]:
    return {"hand": True, "leg": False, "fractured": fractures > 0, "oblique": None, "fracture_count": fractures}


def _table_line(stem: str, fractures: int) -> str:
    flags = dict.fromkeys(_FLAGS, "0") | {"hand": "1", "fractured": str(int(fractures > 0)), "oblique": ""}
    first, last = _FLAGS[:8], _FLAGS[8:]
    return ",".join([f"{stem}.jpg", *(flags[name] for name in first), str(fractures), *(flags[name] for name in last)])


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "FracAtlas"
    phantom = Phantom(raw=raw, rows=[])
    coco: dict[str, Any] = {"info": {"description": "x"}, "images": [], "annotations": [], "categories": [{"id": 0, "name": "fractured"}]}
    lists: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    lines = [",".join(["image_id", *_FLAGS[:8], "fracture_count", *_FLAGS[8:]])]
    known = variant != "no_tables"
    nothing = dict.fromkeys(("hand", "leg", "fractured", "fracture_count"))
    for number, (stem, (height, width), orientation, rgb, split, boxes) in enumerate(_FRACTURED, 1):
        odd = stem == _ODD
        mask, instances = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint16)
        if not (variant == "no_outline" and odd):
            coco["images"].append({"id": number, "width": width, "height": height, "file_name": f"{stem}.jpg"})
        for left, top, right, bottom in boxes:
            outline = [left, top, right, top, right, bottom, left, bottom]
            one = {"id": len(coco["annotations"]), "iscrowd": 0, "image_id": number, "category_id": 0, "segmentation": [outline]}
            if not (variant == "no_outline" and odd):
                coco["annotations"].append({**one, "bbox": [left, top, right - left, bottom - top], "area": 1.0})
            mask[top:bottom, left:right] = 1
        for k, (left, top, right, bottom) in enumerate(boxes, 1):
            instances[top:bottom, left:right] = k
        stored = np.rot90(np.zeros((height, width)), _TURNS_BACK[orientation]).shape
        if variant == "resized" and odd:
            stored = (stored[0] // 2, stored[1] // 2)
        exif = Image.Exif()
        if orientation > 1:
            exif[274] = orientation
        image = (colour if rgb else grey)(f"frac {stem}", *stored)
        path = raw / f"images/Fractured/{stem}.jpg"
        image = save_jpeg(path, image, exif=exif) if orientation > 1 else save_jpeg(path, image)
        if variant == "missing_picture" and odd:
            path.unlink()
        if variant == "both_folders" and odd:
            save_jpeg(raw / f"images/Non_fractured/{stem}.jpg", image)
        if not (variant == "in_no_list" and odd):
            lists[split].append(stem)
        if variant == "in_two_lists" and odd:
            lists["valid"].append(stem)
        lines.append(_table_line(stem, len(boxes) + (variant == "other_count" and odd)))
        if odd and variant in ("missing_picture", "no_outline", "other_count", "both_folders", "in_no_list", "in_two_lists", "resized"):
            phantom.rejected.append("COCO_fracture_masks.json" if variant == "resized" else stem)
            continue
        columns = {
            "instances": np.ascontiguousarray(np.rot90(instances, _TURNS_BACK[orientation])),
            "exif_orientation": orientation if orientation > 1 else None,
            **(_line(stem, len(boxes)) if known else nothing),
        }
        mask = np.ascontiguousarray(np.rot90(mask, _TURNS_BACK[orientation]))
        official = {"valid": "validation"}.get(split, split) if known else "train"
        phantom.rows.append(Row(stem, image, mask, f"images/Fractured/{stem}.jpg", official, columns=columns))
    for stem in _OTHERS:
        image = save_jpeg(raw / f"images/Non_fractured/{stem}.jpg", grey(f"frac {stem}", 20, 26))
        lines.append(_table_line(stem, 0))
        columns = _line(stem, 0) if known else nothing
        row = Row(stem, image, np.zeros((20, 26), np.uint8), f"images/Non_fractured/{stem}.jpg", "non_fractured", columns=columns)
        phantom.rows.append(row)
    write(raw / "Annotations/COCO JSON/COCO_fracture_masks.json", json.dumps(coco))
    write(raw / "Annotations/YOLO/IMG0000019.txt", "0 0.5 0.5 0.1 0.1\n")
    if known:
        for name, stems in lists.items():
            write(raw / f"Utilities/Fracture Split/{name}.csv", "\n".join(["image_id", *(f"{stem}.jpg" for stem in stems)]) + "\n")
        write(raw / "dataset.csv", "\n".join(lines) + "\n")
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "download" / "FracAtlas.zip", top="FracAtlas/")
    return phantom
