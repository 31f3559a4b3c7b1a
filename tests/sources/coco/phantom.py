"""Pictures with COCO JSON: rectangles, so that what each rule paints is plain, run lengths, crowds, several files, panoptic PNGs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, grey, save, write

VARIANTS: dict[str, str] = {
    "clean": "annotations/instances_train2017.json and val2017, pictures in folders of the split, about file with a license",
    "roboflow": "train/_annotations.coco.json with its pictures beside it, valid/ and test/ likewise; no about file",
    "panoptic": "panoptic JSON with its folder of PNGs",
    "not_listed": "one picture is in no file, one record has no picture: both noted",
    "beyond": "an outline leaves the picture, another has two points: noted",
    "other_size": "one picture has another size than its record",
    "box_alone": "one object has a box and no outline",
    "bad_runs": "run lengths that do not fill the picture",
    "same_names": "the same file names in two folders, told apart by file_name",
    "several_files": "two files list the same pictures: refused, naming the line that chooses",
    "chosen": "the same, and the about file chooses",
    "boxes": "boxes alone: refused",
    "damaged": "the JSON is cut: refused",
}

_LICENSE = 'title = "Cells"\nlicense = "cc-by-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\n'
_H, _W = 20, 30
_NAMES = [{"id": 7, "name": "nucleus"}, {"id": 3, "name": "cell"}]  # the class of id 3 comes first
CELL, NUCLEUS = 1, 2


def box(left: int, top: int, right: int, bottom: int) -> list[list[int]]:
    """A rectangle as one outline."""
    return [[left, top, right, top, right, bottom, left, bottom]]


def runs(mask: Array) -> dict[str, Any]:
    """Run lengths down the columns, background first."""
    counts, last = [0], 0
    for value in mask.T.reshape(-1).astype(int).tolist():
        if value == last:
            counts[-1] += 1
        else:
            counts.append(1)
            last = value
    return {"counts": counts, "size": list(mask.shape)}


class _Book:
    """One JSON file in the making."""

    def __init__(self, **more: Any) -> None:
        self.data: dict[str, Any] = {"info": {"year": 2024}, "licenses": [], "images": [], "annotations": [], "categories": _NAMES, **more}

    def picture(self, name: str, height: int = _H, width: int = _W) -> int:
        self.data["images"].append({"id": len(self.data["images"]) + 100, "file_name": name, "height": height, "width": width})
        return len(self.data["images"]) + 99

    def note(self, picture: int, category: int, segmentation: Any, **more: Any) -> None:
        number = len(self.data["annotations"]) + 1
        one = {"id": number, "image_id": picture, "category_id": category, "segmentation": segmentation, "iscrowd": 0, "bbox": [0, 0, 1, 1]}
        self.data["annotations"].append({**one, **more})

    def write(self, path: Path) -> None:
        write(path, json.dumps(self.data))


def _objects(phantom: Phantom, book: _Book, path: str, name: str, split: str, image_id: str) -> None:
    """One picture with a cell around a nucleus, a ring by run lengths and a crowd."""
    image = colour(f"coco {path}", _H, _W)
    save(phantom.raw / path, image)
    picture = book.picture(name)
    mask, instances, ring = np.zeros((_H, _W), np.uint8), np.zeros((_H, _W), np.uint16), np.zeros((_H, _W), bool)
    book.note(picture, 7, box(4, 3, 8, 9), attributes={"grade": 2})
    book.note(picture, 3, box(2, 1, 11, 12) + box(0, 15, 3, 18))  # two pieces
    mask[1:12, 2:11] = mask[15:18, 0:3] = CELL
    instances[3:9, 4:8] = 1
    instances[1:12, 2:11] = instances[15:18, 0:3] = 2
    ring[5:15, 14:24] = True
    ring[8:12, 17:20] = False
    book.note(picture, 3, runs(ring))
    mask[ring], instances[ring] = CELL, 3
    book.note(picture, 3, runs(np.pad(np.ones((3, 4), bool), ((17, 0), (26, 0)))), iscrowd=1)
    mask[17:, 26:] = CELL
    mask[3:9, 4:8] = NUCLEUS
    columns = {
        "instances": instances,
        "mask_overlap": True,
        "objects": [
            {"label": "nucleus", "instance": 1, "crowd": False, "segmentation": "[[4,3,8,3,8,9,4,9]]"},
            {"label": "cell", "instance": 2, "crowd": False},
            {"label": "cell", "instance": 3, "crowd": False},
            {"label": "cell", "instance": 0, "crowd": True},
        ],
    }
    phantom.rows.append(Row(image_id, image, mask, path, split, columns=columns))


def _empty(phantom: Phantom, book: _Book, path: str, name: str, split: str, image_id: str) -> None:
    """One picture that was looked at, without any object."""
    image = grey(f"coco {path}", _H, _W)
    save(phantom.raw / path, image)
    book.picture(name)
    columns = {"instances": np.zeros((_H, _W), np.uint16), "mask_overlap": False, "objects": []}
    phantom.rows.append(Row(image_id, image, np.zeros((_H, _W), np.uint8), path, split, columns=columns))


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    phantom = Phantom(folder / "my_cells", [], about=write(folder / "about.toml", _LICENSE))
    raw = phantom.raw
    if variant == "panoptic":
        return _panoptic(phantom)
    if variant == "roboflow":
        phantom.about = None
        for place, split in {"train": "train", "valid": "validation", "test": "test"}.items():
            book = _Book()
            _objects(phantom, book, f"{place}/a_{place}.jpg.rf.1.png", f"a_{place}.jpg.rf.1.png", split, f"a_{place}.jpg.rf.1")
            book.write(raw / place / "_annotations.coco.json")
        return phantom
    train, validation = _Book(), _Book()
    if variant == "same_names":
        for site in ("site_1", "site_2"):
            _objects(phantom, train, f"images/{site}/a.png", f"{site}\\a.png", "train", f"images_{site}_a")
        train.write(raw / "labels.json")
        return phantom
    _objects(phantom, train, "train2017/a.png", "a.png", "train", "a")
    _empty(phantom, train, "train2017/b.png", "b.png", "train", "b")
    _objects(phantom, validation, "val2017/c.png", "/data/old/val2017/c.png", "validation", "c")
    if variant == "not_listed":
        save(raw / "train2017/stray.png", grey("coco stray", 9, 9))
        train.picture("lost.png")
        phantom.not_used, phantom.known = ["stray.png"], ["names lost.png, which is not in the raw tree"]
    elif variant == "beyond":
        picture = 101
        train.note(picture, 3, box(25, 15, 40, 40))
        train.note(picture, 7, [[1, 1, 5, 5]])
        row = phantom.rows[1]
        assert row.mask is not None
        row.mask[15:, 25:] = CELL
        row.columns = {"instances": row.mask * np.uint16(1)}
        phantom.notes = ["what lies outside is cut off", "enclose nothing"]
    elif variant in ("other_size", "box_alone", "bad_runs"):
        if variant == "other_size":
            train.data["images"][1]["height"] = 21
        train.note(
            101, 3, [] if variant == "box_alone" else {"counts": [5, 5], "size": [_H, _W]} if variant == "bad_runs" else box(0, 0, 2, 2)
        )
        phantom.rejected = ["instances_train2017.json"]
        del phantom.rows[1]
    elif variant in ("several_files", "chosen"):
        train.write(raw / "annotations/draft_train2017.json")
        if variant == "chosen":
            phantom.about = write(
                folder / "about.toml", _LICENSE + 'annotations = ["instances_train2017.json", "instances_val2017.json"]\n'
            )
    elif variant == "boxes":
        for book in (train, validation):
            for one in book.data["annotations"]:
                one["segmentation"] = []
    train.write(raw / "annotations/instances_train2017.json")
    validation.write(raw / "annotations/instances_val2017.json")
    if variant == "damaged":
        path = raw / "annotations/instances_train2017.json"
        write(path, path.read_bytes()[:-40])
    if variant in ("damaged", "boxes", "several_files"):
        phantom.rows, phantom.refused = [], True
    return phantom


def _panoptic(phantom: Phantom) -> Phantom:
    image = colour("coco panoptic", _H, _W)
    save(phantom.raw / "images/a.jpg.png", image)
    ids = np.zeros((_H, _W), np.int64)
    ids[2:10, 3:20], ids[12:, :], ids[4:7, 5:9] = 70_000, 513, 9
    save(phantom.raw / "panoptic_set/a.png", np.stack([ids & 255, ids >> 8 & 255, ids >> 16], -1).astype(np.uint8))
    book = _Book(annotations=[])
    picture = book.picture("a.jpg.png")
    segments = [{"id": 70_000, "category_id": 3, "iscrowd": 0}, {"id": 513, "category_id": 3, "iscrowd": 1}, {"id": 9, "category_id": 7}]
    book.data["annotations"] = [{"image_id": picture, "file_name": "a.png", "segments_info": segments}]
    book.write(phantom.raw / "panoptic_set.json")
    mask = np.where(ids == 9, NUCLEUS, np.where(ids > 0, CELL, 0)).astype(np.uint8)
    instances = np.where(ids == 70_000, 1, np.where(ids == 9, 3, 0)).astype(np.uint16)
    phantom.rows.append(Row("a.jpg", image, mask, "images/a.jpg.png", columns={"instances": instances, "mask_overlap": False}))
    return phantom
