"""HyperKvasir, segmented images: images/<uuid>.jpg, masks/<uuid>.jpg (JPEG, three equal channels), bounding-boxes.json.

Boxes lie one pixel outside the polyps, so that xmax may equal the width and ymax the height.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, disc, natural, save_jpeg, write

# Which editions may be published, by whoever read their terms: the facts must agree.
TIERS = {"": "open"}

VARIANTS: dict[str, str] = {
    "clean": "segmented-images/ with pictures, masks and the JSON of boxes",
    "outer_folder": "unpacked into hyper-kvasir-segmented-images/",
    "whole_download": "beside labeled-images/, unlabeled-images/ and labeled-videos/, which are listed as not used",
    "grey_masks": "masks re-saved with a single channel",
    "folds": "the user added the owner's official_splits/ tables of folds",
    "missing_mask": "one picture has no mask",
    "missing_boxes": "one picture is not in the JSON",
    "coloured_mask": "one mask whose channels differ (an overlay)",
    "size_differs": "one mask is smaller than its picture",
    "resized": "re-host: one picture and its mask were scaled, the JSON not",
    "truncated": "one picture is cut short",
    "broken_json": "the JSON is cut short: refused, naming it",
}

_Shape = tuple[float, float, float]  # centre row, centre column, radius
_Box = tuple[int, int, int, int]  # xmin, ymin, xmax, ymax

# uuid, height, width, polyps, boxes beside those of the polyps, fold of two, fold of five
_PICTURES: list[tuple[str, int, int, list[_Shape], list[_Box], int, int]] = [
    ("0dad158b-043d-427d-a656-b1034b9a6a0d", 32, 40, [(14, 12, 8)], [], 0, 0),
    ("4604cf0d-7992-48a4-baba-51768bcf0469", 40, 48, [(10, 10, 5), (28, 34, 9)], [(30, 22, 33, 26)], 1, 3),
    ("90d30949-a733-4e0e-8fdc-b8687e8548ad", 33, 44, [(26, 38, 10)], [], 0, 4),
    ("aa4e9e0a-de77-4c33-aa35-5fa3f6b3de41", 36, 28, [(8, 3, 9)], [], 1, 1),
]
_ODD = "90d30949-a733-4e0e-8fdc-b8687e8548ad"  # the picture that the variants about one file change


def _polyps(height: int, width: int, shapes: list[_Shape]) -> Array:
    """All polyps of a picture as a bool array."""
    return np.asarray(np.any([disc(height, width, *shape) for shape in shapes], axis=0))


def _boxes(height: int, width: int, shapes: list[_Shape], more: list[_Box]) -> list[_Box]:
    """The published boxes: first polyp pixel minus 1 (not below 0) to last polyp pixel plus 1."""
    boxes = []
    for shape in shapes:
        rows, columns = np.nonzero(disc(height, width, *shape))
        left, top = max(int(columns.min()) - 1, 0), max(int(rows.min()) - 1, 0)
        boxes.append((left, top, int(columns.max()) + 1, int(rows.max()) + 1))
    return boxes + more


def _save_mask(path: Path, truth: Array, channels: int = 3) -> None:
    """Writes a lossy mask and makes sure that the threshold 127 gives the truth and the threshold 0 does not."""
    grey = truth.astype(np.uint8) * np.uint8(255)
    stored = save_jpeg(path, np.repeat(grey[..., None], 3, axis=2) if channels == 3 else grey, quality=75)
    plane = stored[..., 0] if channels == 3 else stored
    if not np.array_equal(plane > 127, truth) or np.array_equal(plane > 0, truth):
        raise ValueError(f"unsuited shape for {path.name}")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    names = {"outer_folder": "hyper-kvasir-segmented-images", "whole_download": "hyper-kvasir"}
    raw = folder / names.get(variant, "raw")
    base = raw / "segmented-images"
    phantom = Phantom(raw=raw, rows=[])
    records: dict[str, object] = {}
    for stem, height, width, shapes, more, fold_2, fold_5 in _PICTURES:
        odd, bad = stem == _ODD, ""
        name = f"{stem}.jpg"
        truth, boxes = _polyps(height, width, shapes), _boxes(height, width, shapes, more)
        box_records = [{"label": "polyp", "xmin": a, "ymin": b, "xmax": c, "ymax": d} for a, b, c, d in boxes]
        if not (variant == "missing_boxes" and odd):
            records[stem] = {"height": height, "width": width, "bbox": box_records}
        elif odd:
            bad = name  # ASSUMED: the JSON promises a record for every picture
        size = (height, width)
        if variant == "resized" and odd:
            size, truth = (height // 2, width // 2), truth[1::2, 1::2][: height // 2, : width // 2]
            bad = stem  # boxes that belong to another grid reject the picture
        image = save_jpeg(base / "images" / name, colour(f"hyperkvasir {stem}", *size))
        mask_path = base / "masks" / name
        if variant == "missing_mask" and odd:
            bad = name
        elif variant == "coloured_mask" and odd:
            overlay = np.zeros((*size, 3), np.uint8)
            overlay[truth, 1] = 255
            save_jpeg(mask_path, overlay)
            bad = name
        elif variant == "size_differs" and odd:
            _save_mask(mask_path, truth[:-2])
            bad = name
        else:
            _save_mask(mask_path, truth, channels=1 if variant == "grey_masks" else 3)
        if variant == "truncated" and odd:
            path = base / "images" / name
            write(path, path.read_bytes()[:-250])
            bad = name
        if bad:
            phantom.rejected.append(bad)
            continue
        # The right and lower ends are exclusive.
        expected = [
            {
                "x": float(left),
                "y": float(top),
                "width": float(right - left),
                "height": float(low - top),
                "label": "polyp",
            }
            for left, top, right, low in boxes
        ]
        columns: dict[str, object] = {"boxes": expected}
        if variant == "folds":
            columns |= {"fold_2": fold_2, "fold_5": fold_5}
        phantom.rows.append(Row(stem, image, truth.astype(np.uint8), f"images/{name}", columns=columns))
    text = json.dumps(records, indent=4) + "\n"
    write(base / "bounding-boxes.json", text[: len(text) // 2] if variant == "broken_json" else text)
    if variant == "broken_json":
        phantom.rows, phantom.refused = [], True
    elif variant == "folds":
        _save_folds(raw / "official_splits")
    elif variant == "whole_download":
        _save_siblings(raw, base / "images" / f"{_PICTURES[0][0]}.jpg")
        phantom.not_used += ["labeled-images", "unlabeled-images", "labeled-videos"]
    phantom.rows.sort(key=lambda row: natural(row.image_id))
    return phantom


def _save_folds(folder: Path) -> None:
    """The owner's tables of folds, which also name pictures of other classes."""
    for count in (2, 5):
        lines = ["file-name;class-name;split-index"]
        lines += [f"{entry[0]}.jpg;polyp;{entry[5] if count == 2 else entry[6]}" for entry in _PICTURES]
        lines.append("f3b5b6d2-0c0a-4a2d-9a61-0f6c1f0f6a11.jpg;cecum;1")
        write(folder / f"{count}_fold_split.csv", "\n".join(lines) + "\n")


def _save_siblings(raw: Path, picture: Path) -> None:
    """The parts without masks; the labelled part repeats the segmented pictures."""
    labelled = raw / "labeled-images"
    write(labelled / "lower-gi-tract" / "pathological-findings" / "polyps" / picture.name, picture.read_bytes())
    save_jpeg(
        labelled / "lower-gi-tract" / "anatomical-landmarks" / "cecum" / "f3b5b6d2-0c0a-4a2d-9a61-0f6c1f0f6a11.jpg",
        colour("hyperkvasir cecum", 30, 38),
    )
    write(labelled / "image-labels.csv", f"Video file,Organ,Finding,Classification\n{picture.stem},Lower GI,polyps,-\n")
    unlabelled, videos = raw / "unlabeled-images" / "images", raw / "labeled-videos" / "lower-gi-tract"
    save_jpeg(unlabelled / "5c0b1f0e-6d53-4f0e-8a1b-2b7f5f3d9c42.jpg", colour("hyperkvasir unlabelled", 30, 38))
    write(videos / "c1d9a0f4-2b9e-4a6a-bc34-7a5d8e2f1b90.avi", b"RIFF\x04\x00\x00\x00AVI ")
