"""Pictures with YOLO label files: parts of the picture as coordinates, sizes that are powers of two, so that they are exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, save, write

VARIANTS: dict[str, str] = {
    "clean": "images/train and labels/train, val likewise, data.yaml; about file with a license",
    "roboflow": "train/images and train/labels, valid likewise, names as a table",
    "no_names": "no data.yaml: classes are called after their numbers",
    "no_label": "a picture without a label file is left out, with the line that says what it means",
    "empty": "the about file says that such a picture is empty",
    "null": "the about file says that nobody annotated it",
    "lost": "a label file without its picture: noted",
    "strange_class": "a class that data.yaml does not name",
    "box": "one line is a box",
    "odd": "one line has an odd number of coordinates",
    "pixels": "one line holds pixels in place of parts",
    "boxes": "boxes alone: refused",
}

_LICENSE = 'title = "Polyps"\nlicense = "cc-by-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\n'
_H, _W = 16, 32


def _line(number: int, left: int, top: int, right: int, bottom: int) -> str:
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return " ".join([str(number), *(f"{x / _W} {y / _H}" for x, y in corners)])


def _truth(empty: bool) -> tuple[Array, Array]:
    mask, numbers = np.zeros((_H, _W), np.uint8), np.zeros((_H, _W), np.uint16)
    if not empty:
        numbers[2:8, 3:9] = 1
        mask[4:12, 6:20], numbers[4:12, 6:20] = 1, 2  # class 0, in the order of the file the later one
        mask[2:8, 3:9] = 2  # class 1
    return mask, numbers


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    about = _LICENSE + (f'missing_labels = "{variant}"\n' if variant in ("empty", "null") else "")
    phantom = Phantom(folder / "my_polyps", [], about=write(folder / "about.toml", about))
    raw, flat = phantom.raw, variant == "roboflow"
    wrong = {
        "strange_class": _line(9, 0, 0, 2, 2),
        "box": "0 0.5 0.5 0.25 0.25",
        "odd": "0 0.5 0.5 0.25 0.25 0.5 0.5 0.75",
        "pixels": "0 5 5 20 5 20 12",
    }
    for name, split in (("a", "train"), ("b", "train"), ("c", "validation")):
        place = {"train": "train", "validation": "valid" if flat else "val"}[split]
        picture = f"{place}/images/{name}.png" if flat else f"images/{place}/{name}.png"
        label = f"{place}/labels/{name}.txt" if flat else f"labels/{place}/{name}.txt"
        image = colour(f"yolo {name}", _H, _W)
        save(raw / picture, image)
        text = "" if name == "b" else f"{_line(1, 3, 2, 9, 8)}\n{_line(0, 6, 4, 20, 12)}\n"
        if variant == "boxes":
            text = "0 0.5 0.5 0.25 0.25\n"
        if name == "c" and variant in wrong:
            write(raw / label, text + wrong[variant] + "\n")
            phantom.rejected = [label]
            continue
        if name == "c" and variant in ("no_label", "empty", "null"):
            if variant == "no_label":
                phantom.not_used = [picture, "missing_labels = "]
                continue
        else:
            write(raw / label, text)
        mask, numbers = _truth(empty=name == "b" or (name == "c" and variant == "empty"))
        null = name == "c" and variant == "null"
        columns = {"instances": None if null else numbers, "mask_overlap": None if null else bool(mask.any())}
        phantom.rows.append(Row(name, image, None if null else mask, picture, split, columns=columns))
    names = "names: {0: polyp, 1: ulcer}" if flat else "names:\n- polyp\n- ulcer"
    if variant != "no_names":
        write(raw / "data.yaml", f"train: images/train\nval: images/val\nnc: 2\n{names}\n")
    if variant == "lost":
        write(raw / "labels/train/gone.txt", _line(0, 0, 0, 4, 4))
        phantom.known, phantom.not_used = ["has no picture"], ["gone.txt"]
    if variant == "boxes":
        phantom.rows, phantom.refused = [], True
    return phantom
