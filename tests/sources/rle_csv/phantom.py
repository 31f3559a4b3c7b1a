"""Pictures with a table of run lengths: down the columns and along the rows, an object a row, several classes, empty pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, grey, save, write

VARIANTS: dict[str, str] = {
    "clean": "train.csv with ImageId, EncodedPixels and ClassId, train/; an object a row; about file with a license",
    "rows": "runs along the rows from 0 on, in columns of other names, which the about file says; sizes in the table",
    "joined": "picture and class in one column, ImageId_ClassId",
    "no_order": "columns of other names, and nobody says which way the runs go: refused with the line",
    "lost": "the table names a picture that is not there, a picture is not named: noted",
    "leaves": "runs that leave their picture",
    "other_size": "the table has another size than the picture",
}

_LICENSE = 'title = "Steel"\nlicense = "cc-by-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\n'
_H, _W = 12, 20


def _text(mask: Array, by_rows: bool) -> str:
    """Runs found pixel by pixel."""
    runs: list[list[int]] = []
    flat = (mask if by_rows else mask.T).reshape(-1).tolist()
    for place, value in enumerate(flat, 0 if by_rows else 1):
        if value and runs and sum(runs[-1]) == place:
            runs[-1][1] += 1
        elif value:
            runs.append([place, 1])
    return " ".join(f"{start} {length}" for start, length in runs)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    about = _LICENSE + 'classes = ["class_1", "class_2"]\n'
    named = variant in ("rows", "no_order", "other_size")
    if variant in ("rows", "other_size"):
        about += 'order = "rows"\nfirst = 0\nimage = "name"\nruns = "annotation"\n'
    phantom = Phantom(folder / "my_steel", [], about=write(folder / "about.toml", about))
    raw, table = phantom.raw, "train.csv"
    header = (
        "name,annotation,class,width,height"
        if named
        else "ImageId_ClassId,EncodedPixels"
        if variant == "joined"
        else "ImageId,EncodedPixels,ClassId"
    )
    lines = [header]
    one, two = np.zeros((_H, _W), bool), np.zeros((_H, _W), bool)
    one[2:7, 3:9] = one[9, 15:] = True
    two[4:10, 6:12] = True
    for name in ("a", "b", "c"):
        image = colour(f"rle {name}", _H, _W)
        save(raw / f"train/{name}.png", image)
        stated = f",{_W},{_H + (variant == 'other_size' and name == 'c')}"
        objects = [("-1" if named else "", "2")] if name == "b" else [(_text(two, named), "2"), (_text(one, named), "1")]
        if name == "c" and variant == "leaves":
            objects.append((f"{_H * _W} 2", "1"))
        for text, label in objects:
            if variant == "joined":
                lines.append(f"{name}.png_{label},{text}")
            else:
                lines.append(f"{name}{'' if named else '.png'},{text},{label}{stated if named else ''}")
        if name == "c" and variant in ("leaves", "other_size"):
            phantom.rejected = [table]
            continue
        empty = name == "b"
        mask = np.where(two, 2, np.where(one, 1, 0)).astype(np.uint8) * np.uint8(not empty)
        numbers = np.where(one, 2, np.where(two, 1, 0)).astype(np.uint16) * np.uint16(not empty)
        columns = {"instances": numbers, "mask_overlap": not empty}
        phantom.rows.append(Row(name, image, mask, f"train/{name}.png", columns=columns))
    if variant == "lost":
        lines.append("gone.png,1 1,1")
        save(raw / "train/stray.png", grey("rle stray", 5, 5))
        phantom.known, phantom.not_used = ["names gone.png"], ["stray.png"]
    write(raw / table, "\n".join(lines) + "\n")
    if not named:
        phantom.known.append("which nothing proves")
    if variant == "no_order":
        phantom.about = write(folder / "about.toml", _LICENSE + 'image = "name"\nruns = "annotation"\n')
        phantom.rows, phantom.refused = [], True
    return phantom
