"""SegPC-2021: <split>/x/<id>.bmp pictures and one <split>/y/<id>_<k>.bmp mask per cell (0, 20 cytoplasm, 40 nucleus).

The test split has no masks; masks of neighbouring cells overlap; the numbers k have gaps.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc, natural, save

# Which editions may be published, by whoever read their terms: the facts must agree.
TIERS = {"": "noncommercial"}

VARIANTS: dict[str, str] = {
    "clean": "train/, validation/ and test/ below TCIA_SegPC_dataset/; 610.bmp has no masks",
    "kaggle": "the Kaggle nesting: folders repeated, another depth for each split",
    "renamed_valid": "the user renamed validation/ to valid/",
    "inner_zips": "a folder with train.zip, validation.zip and test.zip, as the larger zip unpacks",
    "train_only": "only the train folder was downloaded",
    "cameras": "one picture of each true size: Nikon 2560 x 1920, Olympus 2040 x 1536",
    "twice_annotated": "2122_4 and 2122_5 outline the same cell",
    "undeclared_value": "one mask holds 60: two cells added up",
    "channels_differ": "one 3-channel mask whose channels differ",
    "missing_masks": "a train picture without any mask",
    "orphan_mask": "a mask whose picture is not there",
    "size_differs": "one mask of a resized copy",
    "empty_file": "one mask file of zero bytes",
}

# One cell: k, centre row, centre column, radius, radius of the nucleus, stored with three channels
_Cell = tuple[int, float, float, float, float, bool]
_CASES: dict[str, list[tuple[str, int, int, list[_Cell]]]] = {
    "train": [
        # 1 and 3 overlap, 2 is missing, 12 comes after 3; the mask of 102_1 must not be taken for one of 10
        ("10", 30, 40, [(1, 12, 10, 8, 4, False), (3, 15, 20, 7, 3.5, True), (12, 22, 33, 5, 3, False)]),
        ("102", 27, 36, [(1, 10, 25, 8, 5, True)]),
        ("1697", 33, 44, [(2, 20, 12, 9, 9, False), (5, 9, 33, 6, 2, False)]),  # 2: the nucleus fills the cell
    ],
    "validation": [
        ("106", 24, 32, [(1, 8, 9, 6, 3, False), (2, 15, 22, 7, 4, True)]),
        ("610", 27, 36, []),
    ],
    "test": [("107", 24, 32, []), ("9276", 30, 40, [])],
}


def _cell(height: int, width: int, cell: _Cell) -> Array:
    """The label map of one cell: 0, 1 cytoplasm, 2 nucleus, the nucleus off the middle."""
    _, row, column, radius, nucleus, _ = cell
    whole = disc(height, width, row, column, radius)
    shift = (radius - nucleus) / 2
    return np.where(disc(height, width, row - shift, column + shift, nucleus) & whole, 2, whole).astype(np.uint8)


def _columns(image_id: str, height: int, width: int, cells: list[_Cell], camera: str | None) -> tuple[Array | None, dict[str, object]]:
    """The painted mask and the further columns of one picture."""
    if not cells:
        # ASSUMED: without annotation the lists are empty, like `classes`; `instances` and `mask_overlap` are null.
        nothing = {"instances": None, "masks": None, "mask_names": None, "mask_overlap": None, "mask_origin": None}
        return None, {**nothing, "camera": camera}
    single = [_cell(height, width, cell) for cell in cells]
    instances = np.zeros((height, width), np.uint16)
    for number, array in enumerate(single, start=1):
        # ASSUMED: instance i is the i-th mask in ascending k; where cells overlap the later one wins.
        instances[array > 0] = number
    overlap = bool((np.sum([array > 0 for array in single], axis=0) > 1).any())
    # ASSUMED: `mask_names` are the stems of the mask files, which keep k.
    names = [f"{image_id}_{cell[0]}" for cell in cells]
    # Labels were made semi-automatically: not manual, so the origin is told.
    columns = {"instances": instances, "masks": single, "mask_names": names, "mask_overlap": overlap}
    columns |= {"mask_origin": "corrected", "camera": camera}
    return np.max(single, axis=0), columns


def _picture(image_id: str, height: int, width: int) -> Array:
    """A small picture."""
    return colour(f"segpc {image_id}", height, width)


def _true_size(image_id: str, height: int, width: int) -> Array:
    """A picture of the full size, repeating a small piece of noise."""
    piece = colour(f"segpc {image_id}", 96, 85)
    return np.tile(piece, (height // 96 + 1, width // 85 + 1, 1))[:height, :width].copy()


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    top = "TCIA_SegPC_dataset"
    tree = folder / ("tree" if variant == "inner_zips" else top)
    depth = {"train": ["train"], "validation": ["validation"], "test": ["test"]}
    if variant == "kaggle":
        # ASSUMED: the depth of the test folder, which differs from the others to show that none is built in.
        tree = folder / "archive"
        depth = {s: [top, top, top, s, s, s] for s in ("train", "validation")} | {"test": [top, top, "test", "test"]}
    elif variant == "renamed_valid":
        depth["validation"] = ["valid"]
    cases = {split: list(entries) for split, entries in _CASES.items()}
    if variant == "train_only":
        cases = {"train": cases["train"]}
    elif variant == "cameras":
        nikon: list[_Cell] = [(1, 700, 900, 210, 120, False)]
        olympus: list[_Cell] = [(2, 500, 1500, 160, 90, True)]
        cases = {"train": [("110", 1920, 2560, nikon), ("1783", 1536, 2040, olympus)]}
    elif variant == "twice_annotated":
        cases["validation"].append(("2122", 30, 40, [(4, 14, 15, 8, 4, False), (5, 14, 15, 8, 4.3, False)]))
    elif variant == "missing_masks":
        cases["train"].append(("2044", 27, 36, []))
    phantom = Phantom(raw=tree, rows=[], known=[] if variant in ("train_only", "cameras") else ["610.bmp"])
    if variant == "twice_annotated":
        phantom.known.append("2122_5.bmp")  # ASSUMED: listed as known; both cells are kept

    for split, entries in cases.items():
        for image_id, height, width, cells in entries:
            place = tree.joinpath(*depth[split])
            camera = {1920: "nikon", 1536: "olympus"}.get(height)
            image = (_true_size if camera else _picture)(image_id, height, width)
            save(place / "x" / f"{image_id}.bmp", image)
            bad = f"{image_id}.bmp" if variant == "missing_masks" and image_id == "2044" else ""
            for cell in cells:
                name = f"{image_id}_{cell[0]}.bmp"
                stored = _cell(height, width, cell) * np.uint8(20)
                if cell[5]:
                    stored = np.repeat(stored[..., None], 3, axis=2)
                changed = name == "106_2.bmp"
                if variant == "undeclared_value" and changed:
                    stored[13:15, 20:23] = 60
                elif variant == "channels_differ" and changed:
                    stored[13:15, 20:23, 2] = 0
                elif variant == "size_differs" and changed:
                    stored = stored[::2, ::2]
                save(place / "y" / name, np.ascontiguousarray(stored))
                if variant == "empty_file" and changed:
                    (place / "y" / name).write_bytes(b"")
                if changed and variant in ("undeclared_value", "channels_differ", "size_differs", "empty_file"):
                    bad = name
            if bad:
                phantom.rejected.append(bad)
                continue
            mask, columns = _columns(image_id, height, width, cells, camera)
            source_file = f"{depth[split][-1]}/x/{image_id}.bmp"
            phantom.rows.append(Row(image_id, image, mask, source_file, split, columns=columns))
    if variant == "orphan_mask":
        save(tree / "train" / "y" / "999_1.bmp", _cell(24, 32, (1, 10, 9, 6, 3, False)) * np.uint8(20))
        phantom.rejected.append("999_1.bmp")
    order = list(cases)
    phantom.rows.sort(key=lambda row: (order.index(row.split), natural(row.image_id)))
    if variant == "inner_zips":
        phantom.raw = folder / top
        for split in order:
            as_zip(tree / split, phantom.raw / f"{split}.zip", top=f"{split}/")
        shutil.rmtree(tree)
    return phantom
