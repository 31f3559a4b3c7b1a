"""BUSI: `Dataset_BUSI_with_GT/{benign,malignant,normal}`, names such as `benign (4).png` and `benign (4)_mask_1.png`.

Lesions of one picture lie in separate mask files, whose modes are not uniform; masks of `normal` are black.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.kit import Array, Phantom, Row, as_zip, disc, grey, save

ALIASES = ("busi",)

VARIANTS: dict[str, str] = {
    "clean": "the owner's tree: mixed mask modes, up to three masks, one picture in two classes, coloured overlays",
    "zip": "the owner's zip as downloaded",
    "no_outer": "re-host without the outer folder: RAW holds `benign`, `malignant` and `normal` themselves",
    "renamed": "re-host whose outer folder is called `Dataset_BUSI_with_GT 2`",
    "duplicates": "two byte-identical pictures with their own masks",
    "masks_removed": "re-host with pictures of 256 x 256 and no masks",
    "normal_not_black": "one mask of `normal` that holds a lesion",
    "undeclared_value": "one mask holds a grey that is neither background nor lesion",
    "base_missing": "a `_mask_1` whose `_mask` is missing",
    "lossy": "one of several masks was saved as JPEG: its picture would lack a lesion",
    "mask_size": "one of several masks with height and width exchanged",
}

# class, number -> height, width
CASES: dict[tuple[str, int], tuple[int, int]] = {
    ("benign", 4): (30, 41),
    ("benign", 6): (33, 27),
    ("benign", 25): (36, 44),
    ("benign", 195): (38, 46),
    ("benign", 433): (28, 37),
    ("malignant", 53): (40, 33),
    ("malignant", 145): (28, 37),
    ("normal", 1): (26, 35),
    ("normal", 113): (31, 29),
}
LESIONS = {("benign", 4): 2, ("benign", 25): 2, ("benign", 195): 3, ("malignant", 53): 2}
# mode of each mask file of a picture; L where not named
MODES = {
    ("benign", 4): ("RGBA", "RGB"),
    ("benign", 25): ("1", "RGB"),
    ("benign", 195): ("RGB", "L", "1"),
    ("malignant", 53): ("LA", "RGBA"),
    ("normal", 1): ("1",),
}
OVERLAYS = (("benign", 6), ("normal", 113))
# One picture in two classes: the same pixels, in files that differ as bytes.
TWINS = (("benign", 433), ("malignant", 145))


def _picture(case: tuple[str, int]) -> Array:
    """Grey content in three equal channels, with a coloured overlay where the source has one."""
    height, width = CASES[case]
    name = "benign 433" if case in TWINS else f"{case[0]} {case[1]}"
    image = np.dstack([grey(f"breast-cancer {name}", height, width)] * 3)
    if case in OVERLAYS:
        image[2:6, 3:12] = (250, 200, 10)
    return image


def _instances(case: tuple[str, int]) -> Array:
    """One number for each mask file; the only file of a picture may hold two regions."""
    height, width = CASES[case]
    numbers = np.zeros((height, width), np.uint16)
    if case[0] == "normal":
        return numbers
    lesions = LESIONS.get(case, 1)
    for index in range(lesions):
        numbers[disc(height, width, 5 + 9 * index, 7 + 10 * index, 3 + index % 2)] = index + 1
    if lesions == 1:
        numbers[-5:-2, 3:9] = 1
    return numbers


def _file_name(case: tuple[str, int]) -> str:
    """The stem as published, with its space and parentheses."""
    return f"{case[0]} ({case[1]})"


def _stored(mask: Array, mode: str) -> Array:
    """A mask as an array that Pillow writes in this mode."""
    if mode == "1":
        return mask
    value = (mask * 255).astype(np.uint8)
    opaque = np.full_like(value, 255)
    return {
        "L": value,
        "LA": np.dstack([value, opaque]),
        "RGB": np.dstack([value] * 3),
        "RGBA": np.dstack([value, value, value, opaque]),
    }[mode]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    outer = {"no_outer": "", "renamed": "Dataset_BUSI_with_GT 2"}.get(variant, "Dataset_BUSI_with_GT")
    work = folder / "unpacked" if variant == "zip" else folder
    top = work / outer

    rows = []
    for case in CASES:
        stem = _file_name(case)
        image = _picture(case)
        if variant == "masks_removed":
            image = np.asarray(Image.fromarray(image).resize((256, 256)))
        save(top / case[0] / f"{stem}.png", image, compress_level=1 if case == TWINS[1] else 6)
        numbers = _instances(case)
        files = LESIONS.get(case, 1)
        modes = MODES.get(case, ("L",) * files)
        for index in range(files):
            suffix = f"_{index}" if index else ""
            if variant != "masks_removed":
                save(top / case[0] / f"{stem}_mask{suffix}.png", _stored(numbers == index + 1, modes[index]))
        rows.append(
            Row(
                image_id=stem,
                image=image,
                mask=(numbers > 0).astype(np.uint8),
                # ASSUMED: the outer folder is often renamed or dropped, so the path begins with the class folder.
                source_file=f"{case[0]}/{stem}.png",
                columns={
                    "label": case[0],
                    "instances": numbers,  # ASSUMED: 1 for `_mask`, 2 for `_mask_1`, 3 for `_mask_2`
                    "num_masks": files,
                },
            )
        )
    promise = Phantom(raw=folder, rows=rows)
    # ASSUMED: the named pair is reported by name whenever it is there, and both pictures stay.
    promise.known += [f"{_file_name(case)}.png" for case in TWINS]

    def reject(*stems: str) -> None:
        promise.rejected += stems
        promise.rows = [row for row in rows if row.image_id not in stems]

    if variant == "zip":
        promise.raw = as_zip(work, folder / "Dataset_BUSI.zip")
        shutil.rmtree(work)
    elif variant == "duplicates":
        first, second = ("benign", 25), ("benign", 26)
        twin = top / "benign" / f"{_file_name(second)}.png"
        twin.write_bytes((top / "benign" / f"{_file_name(first)}.png").read_bytes())
        lesion = disc(*CASES[first], 20, 12, 6)
        save(top / "benign" / f"{_file_name(second)}_mask.png", (lesion * 255).astype(np.uint8))
        row = Row(
            image_id=_file_name(second),
            image=_picture(first),
            mask=lesion.astype(np.uint8),
            source_file=f"benign/{_file_name(second)}.png",
            columns={"label": "benign", "instances": lesion.astype(np.uint16), "num_masks": 1},
        )
        # ASSUMED: byte-identical pictures under two names both stay as rows and are listed.
        rows.insert(3, row)
        promise.duplicate.append(f"{_file_name(second)}.png")
    elif variant == "masks_removed":
        # ASSUMED: every picture is rejected for its missing mask; no row is left.
        promise.known.clear()
        reject(*(row.image_id for row in rows))
    elif variant == "normal_not_black":
        lesion = disc(*CASES["normal", 1], 9, 20, 5)
        save(top / "normal" / "normal (1)_mask.png", lesion)
        reject("normal (1)")
    elif variant == "undeclared_value":
        stored = _stored(_instances(("benign", 6)) > 0, "L")
        stored[20:24, 15:20] = 100
        save(top / "benign" / "benign (6)_mask.png", stored)
        reject("benign (6)")
    elif variant == "base_missing":
        (top / "benign" / "benign (25)_mask.png").unlink()
        reject("benign (25)")
    elif variant == "lossy":
        path = top / "malignant" / "malignant (53)_mask_1.png"
        Image.open(path).convert("L").save(path.with_suffix(".jpg"))
        path.unlink()
        reject("malignant (53)")
    elif variant == "mask_size":
        path = top / "malignant" / "malignant (53)_mask_1.png"
        Image.open(path).transpose(Image.Transpose.TRANSPOSE).save(path)
        reject("malignant (53)")
    return promise
