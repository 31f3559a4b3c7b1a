"""CHASE_DB1: one flat folder, `Image_NNx.jpg` with two 1-bit PNG masks beside each picture.

Two digits name the child, L or R the eye; `1stHO` is the reference observer, `2ndHO` the second one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.kit import Array, Phantom, Row, as_zip, disc, files_of, rng, save, save_jpeg, write

# Which editions may be published, by whoever read their terms: the facts must agree.
TIERS = {"": "open"}

VARIANTS: dict[str, str] = {
    "clean": "the owner's flat folder with the readme of the record beside it; vessel pixels outside the disc",
    "zip": "the owner's zip as downloaded, without a top folder",
    "zone_identifier": "a copy made on Windows, three folders deep, with a `:Zone.Identifier` file beside every file",
    "images_masks": "re-host with the pictures in `Images` and the masks in `Masks`",
    "grey_masks": "re-saved masks: 8-bit grey PNG with 0 and 255",
    "undeclared_value": "one re-saved mask holds a grey that is neither background nor vessel",
    "first_missing": "one picture without its reference mask",
    "second_missing": "one picture without its second mask",
    "mask_size": "one reference mask with height and width exchanged",
    "broken": "a truncated picture, an empty mask file",
}

HEIGHT, WIDTH = 40, 46
NAMES = ("01L", "01R", "02L", "02R", "10R", "11L", "14R")


def _picture(name: str) -> Array:
    """A bright disc on black surround."""
    retina = disc(HEIGHT, WIDTH, HEIGHT / 2, WIDTH / 2, 17)
    noise = rng(f"chase-db1 {name}").integers(60, 240, (HEIGHT, WIDTH, 3))
    return (noise * retina[..., None]).astype(np.uint8)


def _vessels(name: str, observer: str) -> Array:
    """Thin asymmetrical lines, some pixels of them outside the disc; never the same for two observers."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    row, column = rng(f"chase-db1 {name} {observer}").integers(8, 24, 2)
    mask[row : row + 2, column:-3] = True
    mask[4:row, column] = True
    mask[0, 2:5] = True
    return mask


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    top = folder
    if variant == "zip":
        top = folder / "unpacked"
    elif variant == "zone_identifier":
        top = folder / "Retinal-Vessel" / "generator" / "CHASEDB1"
    elif variant == "images_masks":
        top = folder / "CHASE_DB1"
    # ASSUMED: below a re-host's own `Images` folder the layout begins with that folder.
    images, masks = ("Images/", "Masks/") if variant == "images_masks" else ("", "")

    rows = []
    for name in NAMES:
        stem = f"Image_{name}"
        image = save_jpeg(top / f"{images}{stem}.jpg", _picture(name))
        observers = [_vessels(name, observer) for observer in ("1st", "2nd")]
        for observer, mask in zip(("1st", "2nd"), observers, strict=True):
            stored = (mask * 255).astype(np.uint8) if variant == "grey_masks" else mask
            save(top / f"{masks}{stem}_{observer}HO.png", stored)
        rows.append(
            Row(
                image_id=stem,
                image=image,
                mask=observers[0].astype(np.uint8),
                source_file=f"{images}{stem}.jpg",
                patient_id=name[:2],
                columns={
                    "mask_2": observers[1].astype(np.uint8),
                    "laterality": "left" if name[2] == "L" else "right",
                },
            )
        )
    promise = Phantom(raw=folder, rows=rows)

    def reject(*stems: str) -> None:
        promise.rejected += stems
        promise.rows = [row for row in rows if row.image_id not in stems]

    if variant == "clean":
        write(folder / "readme.txt", "CHASE_DB1 retinal vessel reference dataset\r\n")
    elif variant == "zip":
        promise.raw = as_zip(top, folder / "CHASEDB1.zip")
        shutil.rmtree(top)
    elif variant == "zone_identifier":
        for _, path in files_of(top):
            write(path.with_name(f"{path.name}:Zone.Identifier"), "[ZoneTransfer]\r\nZoneId=3\r\n")
    elif variant == "undeclared_value":
        # ASSUMED: a third grey is refused rather than thresholded, since the published masks have two values only.
        stored = (_vessels("02R", "1st") * 255).astype(np.uint8)
        stored[5:9, 20:23] = 100
        save(top / "Image_02R_1stHO.png", stored)
        reject("Image_02R")
    elif variant == "first_missing":
        (top / "Image_02L_1stHO.png").unlink()
        reject("Image_02L")
    elif variant == "second_missing":
        # ASSUMED: both observers are promised for every picture, so a lone missing second mask rejects the case.
        (top / "Image_11L_2ndHO.png").unlink()
        reject("Image_11L")
    elif variant == "mask_size":
        Image.open(top / "Image_10R_1stHO.png").transpose(Image.Transpose.TRANSPOSE).save(top / "Image_10R_1stHO.png")
        reject("Image_10R")
    elif variant == "broken":
        whole = (top / "Image_01L.jpg").read_bytes()
        write(top / "Image_01L.jpg", whole[: len(whole) // 2])
        write(top / "Image_14R_2ndHO.png", b"")
        reject("Image_01L", "Image_14R")
    return promise
