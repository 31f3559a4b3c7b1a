"""ARCADE: <task>/<split>/images/<n>.png with COCO JSON of 26 categories, whose ids are not their names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, grey, save, save_jpeg, write

VARIANTS: dict[str, str] = {
    "clean": "both tasks, all splits",
    "zip": "arcade.zip",
    "earlier": "the earlier release, whose folders and lists have other names",
    "jpeg_inside": "one .png holds JPEG data",
    "missing_picture": "one picture is listed and not there",
    "not_listed": "one picture is not listed",
    "stenosis_in_syntax": "one object of the segments is a stenosis",
    "other_size": "one picture is smaller than the one that was drawn on",
}

NAMES = [
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "9a",
    "10",
    "10a",
    "11",
    "12",
    "12a",
    "13",
    "14",
    "14a",
    "15",
    "16",
    "16a",
    "16b",
    "16c",
    "12b",
    "14b",
    "stenosis",
]
_SIDE = 64
_Object = tuple[int, list[tuple[int, int, int, int]]]  # category id, rectangles
_TREE: dict[str, dict[str, dict[str, list[_Object]]]] = {
    "syntax": {
        "train": {"1": [(11, [(5, 5, 20, 20)]), (1, [(18, 10, 40, 30), (50, 50, 60, 60)])], "17": [(25, [(0, 0, 9, 9)])], "2": []},
        "val": {"1": [(10, [(30, 30, 44, 50)])]},
        "test": {"1": [(2, [(3, 3, 9, 30)])]},
    },
    "stenosis": {
        "train": {"17": [(26, [(20, 20, 30, 28)])]},
        "val": {"1": [(26, [(1, 1, 5, 5)])]},
        "test": {"1": [(26, [(9, 9, 12, 12)])]},
    },
}
_EARLIER = {
    "syntax/train": "dataset_phase_1/segmentation_dataset/seg_train",
    "syntax/val": "dataset_phase_1/segmentation_dataset/seg_val",
    "syntax/test": "dataset_final_phase/test_case_segmentation",
    "stenosis/train": "dataset_phase_1/stenosis_dataset/sten_train",
    "stenosis/val": "dataset_phase_1/stenosis_dataset/sten_val",
    "stenosis/test": "dataset_final_phase/test_cases_stenosis",
}
_SPLITS = {"train": "train", "val": "validation", "test": "test"}
_ODD = "syntax/train/17"


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "arcade"
    phantom = Phantom(raw=raw, rows=[], configs={"stenosis": []})
    for task, splits in _TREE.items():
        for split, pictures in splits.items():
            above, listed = f"{task}/{split}", f"{split}.json"
            if variant == "earlier":
                above = _EARLIER[above]
                listed = "instances_default.json" if split == "test" else f"{above.rpartition('/')[2]}.json"
            coco: dict[str, Any] = {"images": [], "annotations": [], "categories": []}
            coco["categories"] = [{"id": k, "name": name, "supercategory": ""} for k, name in enumerate(NAMES, 1)]
            for number, objects in reversed(pictures.items()):
                odd = f"{task}/{split}/{number}" == _ODD
                id = 1000 - int(number)  # not the number
                path = raw / above / "images" / f"{number}.png"
                side = 32 if odd and variant == "other_size" else _SIDE
                image = grey(f"arcade {task} {split} {number}", side, side)
                if odd and variant == "jpeg_inside":
                    image = _jpeg(path, image)
                elif not (odd and variant == "missing_picture"):
                    save(path, image)
                if not (odd and variant == "not_listed"):
                    coco["images"].append({"id": id, "width": _SIDE, "height": _SIDE, "file_name": f"{number}.png"})
                mask, instances = np.zeros((_SIDE, _SIDE), np.uint8), np.zeros((_SIDE, _SIDE), np.uint16)
                for k, (category, boxes) in enumerate(objects, 1):
                    if odd and variant == "stenosis_in_syntax":
                        category = 26
                    outlines = [[x0, y0, x1, y0, x1, y1, x0, y1] for x0, y0, x1, y1 in boxes]
                    one = {"id": len(coco["annotations"]) + 1, "image_id": id, "category_id": category, "segmentation": outlines}
                    if not (odd and variant == "not_listed"):
                        coco["annotations"].append({**one, "area": 0.0, "bbox": [], "iscrowd": 0, "attributes": {"occluded": False}})
                    for x0, y0, x1, y1 in boxes:
                        inside = mask[y0:y1, x0:x1]
                        np.maximum(inside, category if task == "syntax" else 1, out=inside)
                        instances[y0:y1, x0:x1] = k
                if odd and variant in ("missing_picture", "not_listed", "stenosis_in_syntax", "other_size"):
                    phantom.rejected.append("17.png" if variant in ("missing_picture", "not_listed") else "annotations/train.json")
                    continue
                row = Row(
                    f"{task}_{split}_{number}",
                    image,
                    mask,
                    f"{above}/images/{number}.png",
                    _SPLITS[split],
                    columns={"instances": instances},
                )
                (phantom.rows if task == "syntax" else phantom.configs["stenosis"]).append(row)
            write(raw / above / "annotations" / listed, json.dumps(coco))
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "download" / "arcade.zip", top="arcade/")
    return phantom


def _jpeg(path: Path, image: Array) -> Array:
    stored = save_jpeg(path.with_suffix(".jpg"), image)
    path.with_suffix(".jpg").rename(path)
    return stored
