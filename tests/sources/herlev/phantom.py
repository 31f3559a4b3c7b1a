"""Herlev (New Pap-smear Database): seven class folders of `<slide>-<cell>.BMP` pictures and indexed `-d.bmp` masks.

Masks are read through their palette; grey and black are not assigned to any class (255).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, disc, natural, save, save_palette, write

VARIANTS: dict[str, str] = {
    "clean": "the owner's tree: smear2005/New database pictures/<class>/, mixed extension case, Thumbs.db",
    "no_outer_folder": "unpacked without smear2005/",
    "lower_case": "a copy that lower-cased every file name",
    "class_folders_only": "re-host: archive/<class>/",
    "numbered_folders": "re-host: 01_normal_superficiel/ and carcinima_in_situ/",
    "train_test_folders": "re-host with its own train/ and test/ folders: not an official split",
    "renamed_image": "one picture is called <stem>_2.BMP beside <stem>-d.bmp",
    "cytoplasm_files": "needless -cyt.bmp files and the table of features lie beside the pictures: listed, not used",
    "undeclared_colour": "one mask holds green, which no class has",
    "recoloured": "one mask is a recoloured 24-bit BMP (nucleus red, cytoplasm blue, background black)",
    "missing_mask": "one picture has no mask",
    "orphan_mask": "one mask has no picture",
    "size_differs": "one mask is smaller than its picture",
    "truncated": "one picture is cut short",
}

_GREY, _BLACK, _NUCLEUS, _CYTOPLASM, _RED, _GREEN = range(6)
_COLOURS = [(128, 128, 128), (0, 0, 0), (0, 0, 255), (0, 0, 128), (255, 0, 0), (0, 255, 0)]
_VALUES = np.array([255, 255, 2, 1, 0, 0], np.uint8)

# folder, label, abnormal, slide, cell, height, width, what is undefined in the mask
_CELLS = [
    ("normal_superficiel", "normal_superficiel", False, "149056321-149056343", "001", 40, 46, "grey"),
    ("normal_superficiel", "normal_superficiel", False, "149056321-149056343", "002", 33, 41, ""),
    ("normal_intermediate", "normal_intermediate", False, "149056321-149056371", "001", 36, 28, ""),
    ("normal_columnar", "normal_columnar", False, "149143370-149143378", "001", 27, 38, "black"),
    ("light_dysplastic", "light_dysplastic", True, "149056321-149056343", "010", 30, 22, "both"),
    ("moderate_dysplastic", "moderate_dysplastic", True, "149315671-149315740", "002", 24, 35, ""),
    ("severe_dysplastic", "severe_dysplastic", True, "149316426-149316462", "003", 29, 37, "grey"),
    ("carcinoma_in_situ", "carcinoma_in_situ", True, "153826597-153826619", "001", 26, 34, ""),
]


def _drawing(height: int, width: int, undefined: str) -> Array:
    """A cell as palette indices: cytoplasm off the middle, nucleus inside it, debris at two edges."""
    index = np.full((height, width), _RED, np.uint8)
    index[disc(height, width, height * 0.55, width * 0.45, min(height, width) * 0.42)] = _CYTOPLASM
    index[disc(height, width, height * 0.6, width * 0.38, min(height, width) * 0.16)] = _NUCLEUS
    if undefined in ("grey", "both"):
        index[:5, -9:] = _GREY
    if undefined in ("black", "both"):
        index[-4:, :7] = _BLACK
    return index


def _save_mask(path: Path, index: Array, order: list[int]) -> None:
    """Writes an indexed BMP whose palette holds the colours in the given order."""
    place = np.argsort(np.array(order)).astype(np.uint8)
    save_palette(path, place[index], [_COLOURS[i] for i in order])


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / ("archive" if variant in ("class_folders_only", "train_test_folders") else "smear2005")
    base = raw
    if variant == "no_outer_folder":
        base = raw = folder / "New database pictures"
    elif variant not in ("class_folders_only", "train_test_folders"):
        base = raw / "New database pictures"
    phantom = Phantom(raw=raw, rows=[])
    for number, (original, label, abnormal, slide, cell, height, width, undefined) in enumerate(_CELLS):
        stem = f"{slide}-{cell}"
        name = original
        if variant == "numbered_folders":
            name = f"{number + 1:02d}_" + original.replace("carcinoma", "carcinima")
        image_name, mask_name = f"{stem}.BMP", f"{stem}-d.bmp"
        odd = number == 3  # the cell that the variants about one file change
        if variant == "lower_case":
            image_name = image_name.lower()
        if variant == "renamed_image" and odd:
            image_name = f"{stem}_2.BMP"
        place = base / name
        if variant == "train_test_folders":
            place = base / ("test" if number % 4 == 3 else "train") / name
        image, index = colour(f"herlev {stem}", height, width), _drawing(height, width, undefined)
        order = [0, 1, 2, 3, 4, 5] if number % 3 else [1, 0, 4, 2, 3, 5]
        save(place / image_name, image)
        bad = ""
        if variant == "undeclared_colour" and odd:
            index[3:5, 4:9] = _GREEN
            _save_mask(place / mask_name, index, order)
            bad = mask_name
        elif variant == "recoloured" and odd:
            bad = mask_name
            table = np.zeros((6, 3), np.uint8)
            table[_NUCLEUS], table[_CYTOPLASM] = (255, 0, 0), (0, 0, 255)
            save(place / mask_name, table[index])
        elif variant == "missing_mask" and odd:
            bad = image_name
        elif variant == "size_differs" and odd:
            bad = mask_name
            _save_mask(place / mask_name, index[:-1], order)
        else:
            _save_mask(place / mask_name, index, order)
        if variant == "truncated" and odd:
            bad = image_name
            write(place / image_name, (place / image_name).read_bytes()[: 54 + width])
        if variant == "cytoplasm_files" and odd:
            save(place / f"{stem}-cyt.bmp", index == _CYTOPLASM)
            phantom.not_used.append(f"{stem}-cyt.bmp")
        if bad:
            phantom.rejected.append(bad)
            continue
        # ASSUMED: a renamed <stem>_2.BMP keeps the id of its mask; source_file begins with the class folder, the only
        # folder that every form of the download has.
        columns = {"label": label, "abnormal": abnormal}
        source_file = f"{name}/{image_name}"
        phantom.rows.append(Row(stem, image, _VALUES[index], source_file, patient_id=slide, columns=columns))
    junk = base / "train" if variant == "train_test_folders" else base
    write(junk / "normal_superficiel" / "Thumbs.db", b"\xd0\xcf\x11\xe0")
    if variant == "orphan_mask":
        orphan = "149316426-149316462-009-d.bmp"
        _save_mask(base / "severe_dysplastic" / orphan, _drawing(25, 31, ""), [0, 1, 2, 3, 4, 5])
        phantom.rejected.append(orphan)
    if variant == "cytoplasm_files":
        write(raw / "new_database_results.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
        phantom.not_used.append("new_database_results.xls")
    phantom.rows.sort(key=lambda row: natural(row.image_id))
    return phantom
