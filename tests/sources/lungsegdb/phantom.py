"""LungSegDB: `raw data` and `preprocessed data`, each with V1 and V2, each with CT_Images and CT_Masks of equal stems.

The names of the files inside the folders were never published: the stems here are invented.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.kit import Array, Phantom, Row, colour, disc, grey, rng, save, write

VARIANTS: dict[str, str] = {
    "clean": "the tree of the dataset page: both forms of V1 and V2, folder names with spaces, .TIF and .tif",
    "renamed": "underscores instead of spaces, lower-case folders and extensions",
    "v1_only": "only `raw data/V1`, as kept by users who need the part with a known license",
    "soft_masks": "masks with values beside the two extremes: foreground is above half of the maximum",
    "signed": "raw slices as signed 16-bit TIFF, stored shifted by 32768",
    "leftovers": "a slice without its mask, and a mask without its slice",
    "twins": "one stem as .TIF and as .tif: equal files in one place, different ones in another",
    "bad_files": "a cut TIFF, an empty file, two pages, a mask of another size",
    "face_masks": "the face mask set of the same author, whose text was copied onto the dataset page",
}
# ASSUMED: the facts of a configuration are the columns `version`, `variant` and `origin`, written as class names.
ORIGIN = {"V1": "lidc_idri", "V2": "kaggle_chest_ct_cancer"}
# ASSUMED: a LIDC id inside a stem, where there is one, groups the slices of that patient; others are unknown.
STEMS = {
    "V1": ["1", "2", "10", "LIDC-IDRI-0003_041", "LIDC-IDRI-0003_042"],
    "V2": ["1", "7", "000108 (3)"],
}
HEIGHT, WIDTH = 36, 44
SAMPLE_FORMAT = 339  # TIFF tag; 2 = signed


def lungs(name: str, height: int = HEIGHT, width: int = WIDTH) -> Array:
    """Two discs of different size, both of them class 1."""
    shift = rng(name).integers(-2, 3, 4)
    right = disc(height, width, height * 0.45 + shift[0], width * 0.27 + shift[1], height * 0.22)
    left = disc(height, width, height * 0.60 + shift[2], width * 0.74 + shift[3], height * 0.15)
    return (right | left).astype(np.uint8)


def slice_of(name: str, form: str, version: str, number: int) -> Array:
    """A slice as a file may hold it: 16-bit in the raw form of V1, 8-bit grey or colour elsewhere."""
    if form == "raw" and version == "V1":
        return grey(name, HEIGHT, WIDTH, 4096, np.uint16)
    return colour(name, HEIGHT, WIDTH) if version == "V2" and number == 1 else grey(name, HEIGHT, WIDTH)


def mask_file(truth: Array, version: str, number: int) -> Array:
    """The same truth with 255 or 1 as foreground, and with one or three channels."""
    values = truth * (255 if version == "V1" else 1)
    return np.stack([values] * 3, axis=-1) if number == 2 else values


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below `folder`."""
    if variant == "face_masks":
        return face_masks(folder)
    plain = variant == "renamed"
    top = folder / ("lungsegdb" if plain else "LungSegDB")
    tables: dict[str, list[Row]] = {}
    for form in ["raw", "preprocessed"]:
        for version in ["V1", "V2"]:
            if variant == "v1_only" and (form, version) != ("raw", "V1"):
                continue
            below = f"{form}_data/{version.lower()}" if plain else f"{form} data/{version}"
            images, masks = (f"{below}/{kind.lower() if plain else kind}" for kind in ("CT_Images", "CT_Masks"))
            rows = tables.setdefault(f"{form}_{version.lower()}", [])
            for number, stem in enumerate(STEMS[version]):
                name = f"{form}/{version}/{stem}"
                image = slice_of(name, form, version, number)
                truth = lungs(name) if number else np.zeros((HEIGHT, WIDTH), np.uint8)  # the first slice lies below
                ending = "tif" if plain or (form, number) == ("preprocessed", 1) else "TIF"
                compression = "tiff_lzw" if number % 2 and image.dtype == np.uint8 else None
                save(top / images / f"{stem}.{ending}", image, format="TIFF", compression=compression)
                other = "tif" if plain or number == 1 else "TIF"
                save(top / masks / f"{stem}.{other}", mask_file(truth, version, number), format="TIFF")
                rows.append(
                    Row(
                        image_id=stem,
                        image=image,
                        mask=truth,
                        source_file=f"{images}/{stem}.{ending}",
                        patient_id=stem[:14] if stem.startswith("LIDC") else None,
                        columns={"version": version.lower(), "variant": form, "origin": ORIGIN[version]},
                    )
                )
    write(top / "README.txt", "LungSegDB\n")
    promise = Phantom(top if plain else folder, tables.pop("raw_v1"), configs=tables)
    change(promise, top / "raw data/V1", variant)
    return promise


def change(promise: Phantom, place: Path, variant: str) -> None:
    """Turns the default configuration's folder into what the variant needs."""
    rows, images, masks = promise.rows, place / "CT_Images", place / "CT_Masks"
    if variant == "soft_masks":
        for row in rows[1:]:
            assert row.mask is not None
            soft = np.where(row.mask == 1, 255, 0).astype(np.uint8)
            soft[::5] = np.where(row.mask[::5] == 1, 129, 126)
            save(masks / f"{row.image_id}.{'tif' if row.image_id == '2' else 'TIF'}", soft, format="TIFF")
    elif variant == "signed":
        for row in rows:
            values = rng(f"signed/{row.image_id}").integers(-1024, 1400, (HEIGHT, WIDTH)).astype(np.int16)
            save(images / f"{row.image_id}.TIF", values.view(np.uint16), format="TIFF", tiffinfo={SAMPLE_FORMAT: 2})
            row.image = (values.astype(np.int32) + 32768).astype(np.uint16)
    elif variant == "leftovers":
        (masks / "10.TIF").unlink()
        (images / "LIDC-IDRI-0003_041.TIF").unlink()
        promise.rows = [rows[0], rows[1], rows[4]]
        promise.rejected = ["10.TIF", "LIDC-IDRI-0003_041.TIF"]
    elif variant == "twins":
        shutil.copyfile(images / "1.TIF", images / "1.tif")
        save(images / "10.tif", grey("another slice", HEIGHT, WIDTH, 4096, np.uint16), format="TIFF")
        promise.rows = [row for row in rows if row.image_id != "10"]
        promise.duplicate, promise.rejected = ["1.tif"], ["10.tif"]
    elif variant == "bad_files":
        cut = images / "2.TIF"
        cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 3])
        write(masks / "10.TIF", b"")
        pages = [Image.fromarray(grey(f"page {n}", HEIGHT, WIDTH)) for n in range(2)]
        pages[0].save(images / "LIDC-IDRI-0003_041.TIF", save_all=True, append_images=pages[1:])
        save(masks / "LIDC-IDRI-0003_042.TIF", lungs("small", HEIGHT // 2, WIDTH // 2) * 255, format="TIFF")
        promise.rows = rows[:1]
        promise.rejected = ["2.TIF", "10.TIF", "LIDC-IDRI-0003_041.TIF", "LIDC-IDRI-0003_042.TIF"]


def face_masks(folder: Path) -> Phantom:
    """Photographs and masks of another project, which is no lung data."""
    for number in range(1, 4):
        name = f"MSFD/1/{{}}/{number}.jpg"
        save(folder / name.format("face_crop"), colour(f"face {number}", 40, 32))
        save(folder / name.format("face_crop_segmentation"), lungs(f"face {number}", 40, 32) * 255)
    return Phantom(folder, [], refused=True)
