"""MMOTU: `OTU_2d` and `OTU_3d` (the contrast pictures), each with images/*.JPG, annotations/*.PNG and the lists train.txt, val.txt.

Default config: `otu-2d`; further config: `otu-ceus`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support import kit
from tests.support.kit import Array, Phantom, Row

VARIANTS: dict[str, str] = {
    "clean": "both subsets: colour-coded masks, `_binary` and `_binary_binary` beside them, lists, class lists with two blanks",
    "outer-folder": "below MMOTU/, with .DS_Store files",
    "otu-2d-only": "only OTU_2d was downloaded",
    "crlf-lists": "lists and class lists with CRLF and empty lines at the end",
    "lower-case": "suffixes .jpg and .png",
    "no-lists": "a copy without the official lists: one split",
    "github-copy": "a copy in OTU_2D without lists, with the pictures again by class in OTU_2D/8_layers",
    "no-class-lists": "without train_cls.txt and val_cls.txt",
    "undeclared-colour": "a mask colour that nobody declared: rejected",
    "mask-missing": "a picture whose colour mask is missing while its binary ones are there: rejected",
    "sizes-differ": "a mask of another size: rejected",
    "listed-twice": "a number in train.txt and in val.txt: rejected",
    "cut-image": "a JPEG cut short: rejected",
}

# label number of the class lists -> class, colour in the mask
CLASSES: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("chocolate_cyst", (64, 0, 0)),
    ("serous_cystadenoma", (0, 64, 0)),
    ("teratoma", (0, 0, 64)),
    ("theca_cell_tumor", (64, 0, 64)),
    ("simple_cyst", (64, 64, 0)),
    ("normal_ovary", (64, 64, 64)),
    ("mucinous_cystadenoma", (0, 128, 0)),
    ("high_grade_serous_cystadenoma", (0, 0, 128)),
)
# the copy's folder names, in the order of CLASSES
FOLDERS = (
    "Chocolate_Cyst",
    "Serous_Cystadenoma",
    "Teratoma",
    "Theca_Cell_Tumor",
    "Simple_Cyst",
    "Ovary_Normal",
    "Mucinous_Cystadenoma",
    "High-grade_Serous_Cystadenoma",
)
# subset -> (number, class label, list)
CASES = {
    "OTU_2d": (
        (1, 0, "train"),
        (2, 5, "train"),
        (3, 7, "val"),
        (9, 1, "train"),
        (10, 2, "val"),
        (82, 3, "train"),
        (84, 4, "val"),
        (1469, 6, "train"),
    ),
    "OTU_3d": ((2, 2, "val"), (10, 0, "train"), (90, 5, "val")),
}
CONFIGS = {"OTU_2d": "otu-2d", "OTU_3d": "otu-ceus"}
TARGET = 9


def _truth(subset: str, number: int, height: int, width: int) -> Array:
    """A lopsided blob."""
    shift = int(kit.rng(f"mmotu/{subset}/{number}").integers(0, 5))
    blob = kit.disc(height, width, 9 + shift, 11 + shift, 6)
    blob[14 + shift : 20, 4 : 9 + shift] = True
    return blob


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the subsets and returns what must come out."""
    top = folder / "MMOTU"
    phantom = Phantom(raw=folder if variant == "outer-folder" else top, rows=[])
    for subset in CASES:
        if subset == "OTU_3d" and variant in ("otu-2d-only", "github-copy"):
            continue
        folder_name = "OTU_2D" if variant == "github-copy" else subset
        rows = _subset(top / folder_name, subset, variant, phantom)
        if subset == "OTU_2d":
            phantom.rows = rows
        else:
            phantom.configs[CONFIGS[subset]] = rows
    if variant == "outer-folder":
        kit.write(top / ".DS_Store", b"\x00\x00\x00\x01Bud1")
        kit.write(top / "OTU_2d" / "images" / ".DS_Store", b"\x00\x00\x00\x01Bud1")
    return phantom


def _subset(tree: Path, subset: str, variant: str, phantom: Phantom) -> list[Row]:
    """Writes one subset and returns its rows."""
    jpg, png = (".jpg", ".png") if variant == "lower-case" else (".JPG", ".PNG")
    lists = variant not in ("no-lists", "github-copy")
    class_lists = lists and variant != "no-class-lists" and subset == "OTU_2d"
    ids: dict[str, list[str]] = {"train": [], "val": []}
    labels: dict[str, list[str]] = {"train": [], "val": []}
    found: dict[str, list[Row]] = {"train": [], "validation": []}
    for number, label, part in CASES[subset]:
        height, width = 24 + number % 7, 32 + number % 5
        image_path, mask_path = tree / "images" / f"{number}{jpg}", tree / "annotations" / f"{number}{png}"
        binary_path = mask_path.with_name(f"{number}_binary{png}")
        leftover_path = mask_path.with_name(f"{number}_binary_binary{png}")
        target = subset == "OTU_2d" and number == TARGET
        image = kit.save_jpeg(image_path, kit.colour(f"mmotu/image/{subset}/{number}", height, width))
        truth = _truth(subset, number, height, width)
        coloured = np.zeros((height, width, 3), np.uint8)
        coloured[truth] = CLASSES[label][1]
        if target and variant == "undeclared-colour":
            coloured[truth] = (128, 0, 0)
        elif target and variant == "sizes-differ":
            coloured = np.ascontiguousarray(coloured[:, :-3])
        kit.save(mask_path, coloured)
        kit.save(binary_path, truth.astype(np.uint8))
        kit.write(leftover_path, binary_path.read_bytes())
        phantom.not_used.append(f"annotations/{leftover_path.name}")  # ASSUMED: ignored by rule, so not as duplicate
        if variant == "github-copy":
            for kind, path in (("images", image_path), ("annotations", mask_path)):
                kit.write(tree / "8_layers" / FOLDERS[label] / kind / path.name, path.read_bytes())
                phantom.duplicate.append(f"8_layers/{FOLDERS[label]}/{kind}/{path.name}")
        ids[part].append(str(number))
        labels[part].append(f"{image_path.name}  {label}")
        if target and variant == "listed-twice":
            ids["val"].append(str(number))
        elif target and variant == "mask-missing":
            mask_path.unlink()
        elif target and variant == "cut-image":
            image_path.write_bytes(image_path.read_bytes()[:350])
        if target and variant in ("undeclared-colour", "sizes-differ", "listed-twice", "mask-missing", "cut-image"):
            coded = variant in ("undeclared-colour", "sizes-differ")
            phantom.rejected.append(f"annotations/{mask_path.name}" if coded else f"images/{image_path.name}")
            continue
        split = "validation" if part == "val" and lists else "train"
        found[split].append(
            Row(
                image_id=str(number),
                image=image,
                mask=truth.astype(np.uint8) * np.uint8(label + 1),
                source_file=f"{tree.name}/images/{image_path.name}",
                split=split,
                columns={"label": CLASSES[label][0]} if class_lists else {},
            )
        )
    for part in ids if lists else ():
        ordered = ids[part][::-1] if part == "train" else ids[part]  # the lists are not sorted
        _list(tree / f"{part}.txt", ordered, part, variant)
        if class_lists:
            _list(tree / f"{part}_cls.txt", labels[part], part, variant)
    if not lists and variant == "github-copy":
        kit.write(tree / "README.txt", "OTU-2D-Dataset\n")
        kit.write(tree / "OTU_2D_annotation.json", "[]\n")
        phantom.not_used.append("OTU_2D_annotation.json")
    return found["train"] + found["validation"]


def _list(path: Path, lines: list[str], part: str, variant: str) -> None:
    """Writes one list; that of val has no line end at its end."""
    if variant == "crlf-lists":
        kit.write(path, "\r\n".join([*lines, "", ""]))
    else:
        kit.write(path, "\n".join(lines) + ("\n" if part == "train" else ""))
