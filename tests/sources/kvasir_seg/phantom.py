"""Kvasir-SEG: `Kvasir-SEG/images` and `Kvasir-SEG/masks` with the same JPEG names, boxes in `kavsir_bboxes.json`.

The Kaggle copy is one folder deeper and has one CSV of boxes for each picture instead.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc, rng, save_jpeg, write

VARIANTS: dict[str, str] = {
    "clean": "the owner's tree: masks with ringing, sizes that differ, specks, ten boxes on one picture, boxes at the border",
    "zip": "the owner's zip as downloaded",
    "kaggle": "`Kvasir-SEG/Kvasir-SEG`, boxes as CSV, pictures with drawn boxes beside the originals",
    "csv_order": "CSV boxes with the columns in another order, with BOM and CRLF",
    "json_and_csv": "boxes in both forms, which agree",
    "no_boxes": "pictures and masks only",
    "owner_lists": "the owner's lists of names added by the user as `Data-split/train.txt` and `val.txt`",
    "metadata": "EXIF and a comment inside the pictures",
    "grey_masks": "masks re-saved as single-channel JPEG",
    "colour_mask": "one mask whose channels differ",
    "lfs": "one picture and one mask are Git LFS pointers",
    "mask_missing": "one picture without its mask",
    "mask_size": "one mask with height and width exchanged",
    "broken_json": "a truncated table of boxes",
    "hyperkvasir": "another source's tree: UUID names and `bounding-boxes.json`",
}

# stem -> height, width
CASES: dict[str, tuple[int, int]] = {
    "cju0qkwl35piu0993l0dewei2": (40, 48),
    "cju0qoxqj9q6s0835b43399p4": (44, 36),
    "cju0qx73cjw570799j4n5cjze": (32, 56),
    "cju0roawvklrq0799vmjorwfv": (38, 30),
    "cju1b0y2e396p08558ois175d": (36, 47),
    "cju5waeduln160817w0agirve": (24, 32),
}
MANY_BOXES = "cju5waeduln160817w0agirve"
SECRETS = ["Hansen^Ingrid", "1957-03-12"]
UUIDS = ("0dad158b-043d-427d-a656-b1034b9a6a0d", "aa4e9e0a-de77-4c33-aa35-5fa3f6b3de41")
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 51229\n"

Box = tuple[int, int, int, int]  # xmin, ymin, xmax, ymax


def _truth(stem: str) -> tuple[Array, list[Box]]:
    """The polyps of a picture and their boxes: one pixel outside on each side, not below 0."""
    height, width = CASES[stem]
    mask = disc(height, width, 12, 11 + len(CASES) - list(CASES).index(stem), 7)
    if stem == "cju0roawvklrq0799vmjorwfv":
        mask[20:, 21:] = True  # a second polyp, touching the right and lower border
    if stem == "cju1b0y2e396p08558ois175d":
        mask[28:31, 4:7] = True  # a speck without a box
    ys, xs = np.nonzero(disc(height, width, 12, 11 + len(CASES) - list(CASES).index(stem), 7))
    boxes = [(int(max(xs.min() - 1, 0)), int(max(ys.min() - 1, 0)), int(xs.max() + 1), int(ys.max() + 1))]
    if stem == "cju0roawvklrq0799vmjorwfv":
        boxes.append((20, 19, width, height))
    if stem == MANY_BOXES:
        boxes += [(column, 1, column + 3 + column % 4, 8) for column in range(0, 27, 3)]
    return mask, boxes


def _mask_pixels(stem: str, mask: Array) -> Array:
    """Grey values as on disk before compression: near 0 or near 255, never between."""
    noise = rng(f"kvasir-seg mask {stem}").integers(0, 3, mask.shape)
    return np.where(mask, 255 - noise, noise).astype(np.uint8)


def _table(stems: list[str]) -> str:
    """The table of boxes for these pictures, on one line as published."""
    table: dict[str, Any] = {}
    for stem in stems:
        height, width = CASES[stem]
        boxes = [{"label": "polyp", "xmin": x0, "ymin": y0, "xmax": x1, "ymax": y1} for x0, y0, x1, y1 in _truth(stem)[1]]
        table[stem] = {"height": height, "width": width, "bbox": boxes}
    return json.dumps(table)


def _csv(stem: str, reorder: bool) -> str:
    """The boxes of one picture as the Kaggle copy has them."""
    if reorder:
        lines = ["\ufeffclass_name,x_min,x_max,y_min,y_max"]
        lines += [f"polyp,{x0},{x1},{y0},{y1}" for x0, y0, x1, y1 in _truth(stem)[1]]
        return "\r\n".join([*lines, ""])
    lines = ["class_name,x_min,y_min,x_max,y_max"]
    lines += [f"polyp,{x0},{y0},{x1},{y1}" for x0, y0, x1, y1 in _truth(stem)[1]]
    return "\n".join([*lines, ""])


def _metadata() -> dict[str, Any]:
    """EXIF with a name and a date, and a comment."""
    exif = Image.Exif()
    exif[315] = SECRETS[0]
    exif[306] = SECRETS[1]
    return {"exif": exif, "comment": f"patient {SECRETS[0]} {SECRETS[1]}"}


def _hyperkvasir(folder: Path) -> Phantom:
    """The neighbour that looks alike."""
    top = folder / "segmented-images"
    for stem in UUIDS:
        save_jpeg(top / "images" / f"{stem}.jpg", colour(stem, 30, 40))
        grey = (disc(30, 40, 10, 14, 6) * 255).astype(np.uint8)
        save_jpeg(top / "masks" / f"{stem}.jpg", np.dstack([grey] * 3))
    box = {"label": "polyp", "xmin": 7, "ymin": 3, "xmax": 21, "ymax": 17}
    table = {stem: {"height": 30, "width": 40, "bbox": [box]} for stem in UUIDS}
    write(top / "bounding-boxes.json", json.dumps(table, indent=4))
    return Phantom(raw=folder, rows=[], refused=True)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    if variant == "hyperkvasir":
        return _hyperkvasir(folder)
    csv = variant in ("kaggle", "csv_order", "json_and_csv")
    work = folder / "unpacked" if variant == "zip" else folder
    top = work / "Kvasir-SEG" / "Kvasir-SEG" if csv else work / "Kvasir-SEG"

    rows = []
    for number, stem in enumerate(CASES):
        height, width = CASES[stem]
        mask, boxes = _truth(stem)
        pixels = colour(f"kvasir-seg {stem}", height, width)
        pixels[:, -3:] = 0  # black border
        image = save_jpeg(top / "images" / f"{stem}.jpg", pixels, **(_metadata() if variant == "metadata" else {}))
        grey = _mask_pixels(stem, mask)
        stored = grey if variant == "grey_masks" else np.dstack([grey] * 3)
        save_jpeg(top / "masks" / f"{stem}.jpg", stored, quality=97)
        if csv:
            write(top / "bbox" / f"{stem}.csv", _csv(stem, variant == "csv_order"))
        expected: list[dict[str, Any]] | None = [
            {"x": float(x0), "y": float(y0), "width": float(x1 - x0), "height": float(y1 - y0), "label": "polyp"}
            for x0, y0, x1, y1 in boxes
        ]
        if variant == "no_boxes":
            expected = None  # ASSUMED: no table at all means unknown, not "no boxes"
        # ASSUMED: lists that the user adds become the splits.
        split = "validation" if variant == "owner_lists" and number in (1, 4) else "train"
        rows.append(
            Row(
                image_id=stem,
                image=image,
                mask=mask.astype(np.uint8),
                source_file=f"images/{stem}.jpg",
                split=split,
                columns={"boxes": expected},
            )
        )
    rows.sort(key=lambda row: row.split)  # "train" before "validation", else as named
    promise = Phantom(raw=folder, rows=rows)
    if variant not in ("kaggle", "csv_order", "no_boxes"):
        write(top / "kavsir_bboxes.json", _table(list(CASES)))

    def reject(*stems: str) -> None:
        promise.rejected += stems
        promise.rows = [row for row in rows if row.image_id not in stems]

    stems = list(CASES)
    if variant == "zip":
        promise.raw = as_zip(work, folder / "kvasir-seg.zip")
        shutil.rmtree(work)
    elif variant == "kaggle":
        for stem in stems:
            save_jpeg(top / "annotated_images" / f"{stem}.jpg", colour(f"drawn {stem}", *CASES[stem]))
        promise.not_used.append("annotated_images/")
    elif variant == "owner_lists":
        # The lists name all pictures ever published, also those that this small tree lacks.
        for name, split, absent in (("train", "train", "ck2bxskgxxzfv08386xkqtqdy"), ("val", "validation", "")):
            names = [row.image_id for row in rows if row.split == split]
            write(top / "Data-split" / f"{name}.txt", "\n".join(filter(None, [*names, absent, ""])) + "\n")
    elif variant == "metadata":
        promise.secrets += SECRETS
    elif variant == "colour_mask":
        mask = (_truth(stems[1])[0] * 255).astype(np.uint8)
        save_jpeg(top / "masks" / f"{stems[1]}.jpg", np.dstack([mask, mask[::-1], mask]), quality=97)
        reject(stems[1])
    elif variant == "lfs":
        write(top / "images" / f"{stems[0]}.jpg", POINTER.format("7" * 64))
        write(top / "masks" / f"{stems[3]}.jpg", POINTER.format("a" * 64))
        reject(stems[0], stems[3])
    elif variant == "mask_missing":
        (top / "masks" / f"{stems[2]}.jpg").unlink()
        reject(stems[2])
    elif variant == "mask_size":
        path = top / "masks" / f"{stems[4]}.jpg"
        save_jpeg(path, np.asarray(Image.open(path)).transpose(1, 0, 2), quality=97)
        reject(stems[4])
    elif variant == "broken_json":
        # ASSUMED: a table that cannot be read concerns every picture, so nothing is converted.
        text = _table(stems)
        write(top / "kavsir_bboxes.json", text[: len(text) * 2 // 3])
        promise.rows = []
        promise.refused = True
    return promise
