"""MFSD: `MSFD/1/{dataset.csv,img,face_crop,face_crop_segmentation}` with one row per face crop, and `MSFD/2/img` without labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.support import kit
from tests.support.kit import Array, Phantom, Row

VARIANTS: dict[str, str] = {
    "clean": "both folders below MSFD; crops without a mask, `_1` beside `_10`, grey and RGB masks, all JPEG",
    "part-1": "folder 1 alone is what the user passes",
    "no-table": "dataset.csv is not there",
    "cut-crop": "a crop cut short: rejected",
    "empty-mask": "a mask file of no bytes: rejected",
    "sizes-differ": "a mask larger than its crop: rejected",
    "orphan-mask": "a mask without its crop: rejected",
}

# crop stem, height, width, whether it has a mask
CROPS = (
    ("000012_1", 32, 28, True),
    ("005320_1", 30, 24, False),
    ("005320_2", 36, 30, True),
    ("005320_10", 28, 34, True),
    ("010001_1", 40, 33, True),
)
PHOTOS = ("000012", "005320", "010001")
TARGET = "010001_1"


def _shape(stem: str, height: int, width: int) -> Array:
    """A shape without symmetry that survives JPEG."""
    number = int(stem.rpartition("_")[2])
    shape = np.zeros((height, width), bool)
    shape[height // 2 : height - 3, 3 : width - 6] = True
    shape[height // 2 - 6 : height // 2, 3 : 9 + number % 5] = True
    return shape


def _smooth(key: str, height: int, width: int) -> Array:
    """A photograph's stand-in: a colour ramp with noise."""
    y, x = np.mgrid[:height, :width]
    ramp = np.stack([x * 5, y * 4, (x + y) * 2], axis=-1) + kit.rng(key).integers(0, 60, (height, width, 3))
    return np.clip(ramp, 0, 255).astype(np.uint8)


def _mask(path: Path, shape: Array, rgb: bool) -> Array:
    """Writes a JPEG mask and returns its thresholded truth."""
    pixels = shape.astype(np.uint8) * 255
    kit.save_jpeg(path, np.stack([pixels] * 3, axis=-1) if rgb else pixels, quality=85)
    with Image.open(path) as picture:
        truth = np.asarray(picture.convert("L")) > 127
    if not np.array_equal(truth, shape):
        raise ValueError(f"the shape of {path.name} does not survive JPEG")
    return truth.astype(np.uint8)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and returns what must come out."""
    top = folder / "MSFD"
    one, two = top / "1", top / "2"
    phantom = Phantom(raw=one if variant == "part-1" else top, rows=[])
    for stem, height, width, masked in CROPS:
        name = f"{stem}.jpg"
        crop, file = one / "face_crop" / name, one / "face_crop_segmentation" / name
        image = kit.save_jpeg(crop, _smooth(f"mfsd/{stem}", height, width))
        mask = _mask(file, _shape(stem, height, width), stem == "005320_2") if masked else None
        if stem == TARGET and variant in ("cut-crop", "empty-mask", "sizes-differ"):
            if variant == "cut-crop":
                crop.write_bytes(crop.read_bytes()[:400])
            elif variant == "empty-mask":
                file.write_bytes(b"")
            else:
                _mask(file, _shape(stem, height + 4, width + 2), False)
            phantom.rejected.append(name)
        elif stem == TARGET and variant == "orphan-mask":
            crop.unlink()
            phantom.rejected.append(f"face_crop_segmentation/{name}")
        else:
            phantom.rows.append(
                Row(
                    image_id=stem,
                    image=image,
                    mask=mask,
                    source_file=f"face_crop/{name}",
                    patient_id=stem.rpartition("_")[0],  # ASSUMED: the photograph groups its faces
                )
            )
    for stem in PHOTOS:
        kit.save_jpeg(one / "img" / f"{stem}.jpg", _smooth(f"mfsd/photo/{stem}", 44, 48))
    if variant != "no-table":
        lines = ["filename,with_mask,x1,y1,x2,y2"]
        for stem, height, width, masked in CROPS:
            lines.append(f"{stem.rpartition('_')[0]}.jpg,{masked},3,2,{3 + width},{2 + height}")
        kit.write(one / "dataset.csv", "\n".join(lines) + "\n")
    kit.save_jpeg(two / "img" / "900001.jpg", _smooth("mfsd/two", 30, 41))
    phantom.not_used += [f"img/{stem}.jpg" for stem in PHOTOS]
    if variant != "part-1":
        phantom.not_used.append("2/img/900001.jpg")
    return phantom
