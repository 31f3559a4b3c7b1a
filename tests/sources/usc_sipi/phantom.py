"""USC-SIPI image database: flat folders `textures`, `aerials`, `misc`, `sequences` of `<dotted name>.tiff`.

Two texture mosaics have an eight-level label image beside them; everything else has no mask.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_tar, as_zip, colour, disc, encode, grey, litter, natural, rng, save, write

VARIANTS: dict[str, str] = {
    "clean": "the four folders; dotted names, one undotted, the two label images, grey beside colour",
    "rotate_folder": "the rotated textures in a sub-folder of textures",
    "archives": "the owner's archives as downloaded: two .tar.gz, one .zip, one .tar",
    "nested": "two folders deep, with litter of macOS and Windows",
    "zipped": "everything in one zip below a top folder",
    "few": "a copy with withdrawn portraits and most other files gone",
    "nine_levels": "a label image with a ninth grey level",
    "seven_levels": "a label image that has lost one of its eight levels",
    "label_missing": "a mosaic without its label image",
    "label_size": "a label image smaller than its mosaic",
    "truncated": "a TIFF cut short",
    "zero_byte": "an empty TIFF",
}

VOLUMES = ["textures", "aerials", "misc", "sequences"]
FILES: dict[str, list[tuple[str, str]]] = {
    "textures": [
        ("1.1.01", "L"),
        ("1.1.04", "L"),
        ("1.2.04", "L"),
        ("1.3.10", "L"),
        ("1.5.07", "L"),
        ("bark.000", "L"),
        ("bark.030", "L"),
        ("wool.200", "L"),
        ("texmos1.p512", "L"),
        ("texmos2.p512", "L"),
        ("texmos3.p512", "L"),
        ("texmos3b.p512", "L"),
    ],
    "aerials": [("2.1.01", "RGB"), ("2.2.24", "RGB"), ("3.2.25", "L"), ("wash-ir", "L")],
    "misc": [
        ("4.1.01", "RGB"),
        ("4.2.03", "RGB"),
        ("4.2.07", "RGB"),
        ("5.1.09", "L"),
        ("5.2.10", "L"),
        ("7.1.10", "L"),
        ("boat.512", "L"),
        ("gray21.512", "L"),
        ("house", "RGB"),
        ("testpat.1k", "L"),
    ],
    "sequences": [
        ("6.1.05", "L"),
        ("6.1.16", "L"),
        ("6.2.17", "L"),
        ("6.3.11", "L"),
        ("motion03.512", "L"),
        ("motion10.512", "L"),
    ],
}
FRAMES = {
    "6.1.05": ("6.1", 5),
    "6.1.16": ("6.1", 16),
    "6.2.17": ("6.2", 17),
    "6.3.11": ("6.3", 11),
    "motion03.512": ("motion", 3),
    "motion10.512": ("motion", 10),
}
LEVELS = {"texmos2": [0, 36, 73, 109, 146, 182, 219, 255], "texmos3": [11, 40, 60, 99, 100, 180, 201, 254]}
WITHDRAWN = {"4.1.01", "4.2.07", "2.2.24", "1.3.10", "texmos1.p512", "texmos3b.p512", "6.3.11"}


def _size(name: str) -> tuple[int, int]:
    """Height and width of a picture."""
    turn = sum(name.encode())
    return 24 + turn % 9, 35 + turn % 6


def _regions(name: str, height: int, width: int) -> Array:
    """Which of eight textures stands where: 0..7, every one present, asymmetrical."""
    y, x = np.mgrid[:height, :width]
    field = np.asarray((y * 2 // height) * 4 + (x * x * 4) // (width * width))
    field[disc(height, width, height * 0.3, width * 0.35, 5)] = 6
    field[2:5, 1:9] = 7 if name == "texmos2" else 3
    return field.astype(np.uint8)


def _mosaic(folder: Path, name: str, variant: str) -> Array | None:
    """Writes the label image of a mosaic and returns the label map, or None where the variant spoils it."""
    height, width = _size(f"{name}.p512")
    regions = _regions(name, height, width)
    levels = np.array(LEVELS[name], dtype=np.uint8)[regions]
    spoiled = name == "texmos2"
    target = folder / f"{name}.s512.tiff"
    if spoiled and variant == "label_missing":
        return None
    if spoiled and variant == "nine_levels":
        levels[-3:, -4:] = 77
    if spoiled and variant == "seven_levels":
        levels[levels == 219] = 182
    if spoiled and variant == "label_size":
        levels = levels[:-2, :-3]
    save(target, levels)
    bad = spoiled and variant in ("nine_levels", "seven_levels", "label_size")
    # ASSUMED: no texture is background, so the sorted grey levels become 1..8 and 0 stays free.
    return None if bad else regions + np.uint8(1)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree of a variant and says what must come out of it."""
    tree = folder / ("USC/sipi" if variant == "nested" else "raw")
    found: dict[str, list[Row]] = {volume: [] for volume in VOLUMES}
    rejected: list[str] = []
    for volume in VOLUMES:
        for name, mode in FILES[volume]:
            if variant == "few" and name in WITHDRAWN:
                continue
            height, width = _size(name)
            pixels = colour(f"sipi {name}", height, width) if mode == "RGB" else grey(f"sipi {name}", height, width)
            if name == "5.2.10":
                pixels = (pixels // 4 * 4).astype(np.uint8)
            if name == "gray21.512":
                pixels = np.tile(np.linspace(0, 255, width).astype(np.uint8) // 12 * 12, (height, 1))
                pixels[0] = rng("sipi edge").integers(0, 256, width)
            apart = variant == "rotate_folder" and name[:4] in ("bark", "wool")
            place = f"{volume}/{'rotate/' if apart else ''}{name}.tiff"
            save(tree / place, pixels)
            mask = None
            if name in ("texmos2.p512", "texmos3.p512"):
                mask = _mosaic(tree / volume, name.removesuffix(".p512"), variant)
                if mask is None:
                    rejected.append("texmos2")
                    continue
            columns: dict[str, Any] = {}
            if volume == "sequences":
                columns = dict(zip(("sequence", "frame"), FRAMES[name], strict=True))
            found[volume].append(Row(name, pixels, mask, place, columns=columns))
    if variant in ("truncated", "zero_byte"):
        data = encode(grey("sipi damage", 31, 42), "TIFF")
        write(tree / "textures/1.4.12.tiff", data[: len(data) // 2] if variant == "truncated" else b"")
        rejected.append("1.4.12.tiff")
    for rows in found.values():
        rows.sort(key=lambda row: natural(row.image_id))
    raw = tree
    if variant == "nested":
        litter(tree)
        raw = folder / "USC"
    elif variant == "zipped":
        raw = as_zip(tree, folder / "sipi.zip", "USC-SIPI/")
    elif variant == "archives":
        # ASSUMED: each archive holds its folder.
        raw = folder / "downloads"
        for volume, suffix in zip(VOLUMES, ("tar.gz", "tar.gz", "zip", "tar"), strict=True):
            pack = as_zip if suffix == "zip" else as_tar
            pack(tree / volume, raw / f"{volume}.{suffix}", f"{volume}/")
    # ASSUMED: `textures`, the only volume with masks, is the default config.
    return Phantom(raw, found["textures"], {name: found[name] for name in VOLUMES[1:]}, rejected=rejected)
