"""2018 Data Science Bowl: <hash>/images/<hash>.png (RGBA, opaque) and <hash>/masks/*.png, a file a nucleus, 0 and 255."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc, grey, save, write

VARIANTS: dict[str, str] = {
    "clean": "the corrected copy, as its repository is downloaded: two nuclei share a pixel",
    "original": "stage1_train.zip as downloaded, without a folder above, with a picture that the copy leaves out",
    "with_test": "the original beside test pictures without masks and the forms",
    "no_masks": "one picture has no mask",
    "recoloured": "one mask holds 0 and 1",
    "lossy": "one mask was saved as JPEG: its picture would lack a nucleus",
    "neither": "a part of either: nothing tells the edition",
    "mixed": "both editions in one folder",
}

_LEFT_OUT = "12aeefb1b522b283"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _nuclei(name: str, overlapping: bool) -> dict[str, Array]:
    """The masks of a picture by the names of their files."""
    shapes = [disc(256, 320, 40, 50, 9), disc(256, 320, 120, 200, 14), disc(256, 320, 200, 90, 5)]
    if overlapping:
        shapes[2][120, 190] = True  # inside of the second
    return {_hash(f"{name} {k}"): shape for k, shape in enumerate(shapes)}


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    original = variant in ("original", "with_test")
    raw = folder / ("download" if original else "kaggle-dsbowl-2018-dataset-fixes")
    top = raw / "stage1_train"
    phantom = Phantom(raw=raw, rows=[], edition="original" if original else "corrected")
    if variant in ("neither", "mixed"):
        phantom.refused = True
    for place, name in enumerate(("first", "second", "third")):
        odd, image_id = place == 1, _hash(name)
        if place == 2 and (original or variant == "mixed"):
            image_id = _LEFT_OUT + image_id[16:]
        image = colour(name, 256, 320) if place else np.repeat(grey(name, 256, 320)[..., None], 3, axis=2)
        save(top / image_id / "images" / f"{image_id}.png", np.dstack([image, np.full((256, 320), 255, np.uint8)]))
        masks = _nuclei(name, overlapping=odd and not original)
        if place == 0 and not original and variant != "neither":
            first, *others = masks
            masks = {f"{first}-1": masks[first], _hash("forty")[:40]: masks[others[0]], others[1]: masks[others[1]]}
        if odd and variant == "no_masks":
            phantom.rejected.append(image_id)
            continue
        for mask, shape in masks.items():
            white = 1 if odd and variant == "recoloured" else 255
            ending = "jpg" if odd and variant == "lossy" and mask == min(masks) else "png"
            save(top / image_id / "masks" / f"{mask}.{ending}", shape.astype(np.uint8) * np.uint8(white))
        if odd and variant in ("recoloured", "lossy"):
            phantom.rejected.append(image_id)
            continue
        instances, kept = np.zeros((256, 320), np.uint16), sorted(masks)
        for number, mask in enumerate(kept, 1):
            instances[masks[mask]] = number
        columns = {
            "instances": instances,
            "masks": [masks[mask].astype(np.uint8) for mask in kept],
            "mask_names": kept,
            "mask_overlap": odd and not original,
        }
        source_file = f"{image_id}/images/{image_id}.png"
        phantom.rows.append(Row(image_id, image, (instances > 0).astype(np.uint8), source_file, columns=columns))
    if phantom.refused:
        phantom.rows, phantom.edition = [], None
    if variant == "with_test":
        test = _hash("test")
        save(raw / "stage1_test" / test / "images" / f"{test}.png", np.dstack([colour("t", 20, 20), np.full((20, 20), 255, np.uint8)]))
        write(raw / "stage1_train_labels.csv", "ImageId,EncodedPixels\n")
        phantom.not_used += [f"stage1_test/{test}/images/{test}.png", "stage1_train_labels.csv"]
    if variant == "original":
        phantom.raw = as_zip(top, folder / "zip" / "stage1_train.zip")
    return phantom
