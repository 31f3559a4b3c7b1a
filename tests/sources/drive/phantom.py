"""DRIVE: `training` and `test`, each with `images` (LZW TIFF), `mask` (field of view, GIF) and manual GIFs.

Today's download has no manuals for the test set; the older archive has two, the second with a palette.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc, rng, save, save_palette

VARIANTS: dict[str, str] = {
    "clean": "training and test as downloaded today: no manuals for the test set; vessel pixels outside the field of view",
    "older_archive": "below one more folder `DRIVE`, with both manuals of the test set, the second a palette GIF",
    "testing": "older archive whose second folder is called `testing`",
    "two_zips": "training.zip and test.zip side by side, as downloaded today",
    "altered": "re-host with augmented training pictures (ids above 40) and stray names of masks",
    "manual_missing": "one training picture without its manual",
    "undeclared_value": "one manual holds a grey that is neither background nor vessel",
    "two_frames": "one manual is a GIF of two frames",
    "swapped": "one manual with height and width exchanged",
}

# ASSUMED: a few of the forty pictures are enough ("fewer files than published" is a note), whatever their size.
HEIGHT, WIDTH = 34, 28
TRAINING = (21, 22, 27, 34, 40)
TEST = (1, 2, 10, 20)
PALETTE = [(4, 2, 4), (252, 254, 252)]
SECRETS = ["Vermeulen^Johanna", "DRV-19310412"]


def _manual(number: int, observer: int) -> Array:
    """Asymmetrical lines, a few pixels of them outside the field of view."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    row, column = rng(f"drive {number} {observer}").integers(7, 15, 2)
    mask[row : row + 2, column:-4] = True
    mask[row:-6, column] = True
    mask[0, 1 : 2 + observer] = True
    return mask


def _grey_gif(path: Path, mask: Array) -> None:
    """A GIF that opens in mode L with the values 0 and 255."""
    save(path, (mask * 255).astype(np.uint8), optimize=False)


def _image(path: Path, number: int) -> Array:
    """An LZW compressed RGB TIFF with text tags."""
    image = colour(f"drive {number}", HEIGHT, WIDTH)
    save(path, image, compression="tiff_lzw", tiffinfo={270: SECRETS[0], 315: SECRETS[1]})
    return image


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    older = variant in ("older_archive", "testing")
    top = folder / "DRIVE" if older else folder / "unpacked" if variant == "two_zips" else folder
    test_folder = "testing" if variant == "testing" else "test"

    rows = []
    for number in (*TRAINING, *TEST):
        train = number in TRAINING
        name, part = ("training", "training") if train else ("test", test_folder)
        stem = f"{number:02}_{name}"
        image = _image(top / part / "images" / f"{stem}.tif", number)
        fov = disc(HEIGHT, WIDTH, 18, 13, 12 - number % 3)
        _grey_gif(top / part / "mask" / f"{stem}_mask.gif", fov)
        first = second = None
        if train or older:
            first = _manual(number, 1)
            _grey_gif(top / part / "1st_manual" / f"{number:02}_manual1.gif", first)
        if older and not train:
            second = _manual(number, 2)
            target = top / part / "2nd_manual" / f"{number:02}_manual2.gif"
            save_palette(target, second, PALETTE, optimize=False)
        rows.append(
            Row(
                image_id=stem,
                image=image,
                mask=None if first is None else first.astype(np.uint8),
                source_file=f"{part}/images/{stem}.tif",
                split="train" if train else "test",
                patient_id=f"{number:02}",
                columns={
                    "mask_2": None if second is None else second.astype(np.uint8),
                    "fov_mask": fov.astype(np.uint8),
                },
            )
        )
    promise = Phantom(raw=folder, rows=rows, secrets=list(SECRETS))

    def reject(*stems: str) -> None:
        promise.rejected += stems
        promise.rows = [row for row in rows if row.image_id not in stems]

    manuals = top / "training" / "1st_manual"
    if variant == "two_zips":
        for part in ("training", "test"):
            as_zip(top, folder / "download" / f"{part}.zip", only=[f"{part}/"])
        shutil.rmtree(top)
        promise.raw = folder / "download"
    elif variant == "altered":
        # ASSUMED: the folder is judged picture by picture: numbers outside 21-40 and pictures whose masks go by other
        # names are rejected, the others converted.
        for number in (41, 57):
            _image(top / "training" / "images" / f"{number}_training.tif", number)
            _grey_gif(top / "training" / "mask" / f"{number}_training_mask.gif", disc(HEIGHT, WIDTH, 15, 13, 9))
        _grey_gif(manuals / "41_manual1.gif", _manual(41, 1))
        _grey_gif(manuals / "57_manual1).gif", _manual(57, 1))
        (manuals / "34_manual1.gif").rename(manuals / "34manual1.gif")
        fov_folder = top / "training" / "mask"
        (fov_folder / "27_training_mask.gif").rename(fov_folder / "27_training_mask .gif")
        reject("27_training", "34_training", "41_training", "57_training")
    elif variant == "manual_missing":
        (manuals / "22_manual1.gif").unlink()
        reject("22_training")
    elif variant == "undeclared_value":
        stored = (_manual(21, 1) * 255).astype(np.uint8)
        stored[20:23, 4:9] = 128
        save(manuals / "21_manual1.gif", stored, optimize=False)
        reject("21_training")
    elif variant == "two_frames":
        frames = [Image.fromarray((_manual(40, observer) * 255).astype(np.uint8)) for observer in (1, 2)]
        frames[0].save(manuals / "40_manual1.gif", save_all=True, append_images=frames[1:], optimize=False)
        reject("40_training")
    elif variant == "swapped":
        _grey_gif(manuals / "21_manual1.gif", _manual(21, 1).T)
        reject("21_training")
    return promise
