"""BRISC 2025: segmentation_task/<split>/{images,masks}, classification_task/<split>/<class> with the same pictures; masks with ringing."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc, grey, natural, rng, save, save_jpeg

VARIANTS: dict[str, str] = {
    "clean": "both tasks, as downloaded",
    "zip": "brisc2025.zip",
    "segmentation_only": "without the classification task",
    "missing_mask": "one picture has no mask",
    "resized_mask": "one mask was smoothed: values between 10 and 246",
    "another_twin": "the classification task's copy of one picture differs",
}

# number, class, plane, split, (height, width), (row, column, radius), RGB
_PICTURES = [
    (1, "gl", "ax", "train", (32, 32), (14, 12, 6), False),
    (1148, "me", "sa", "train", (30, 34), (20, 20, 4), True),
    (3544, "pi", "co", "train", (28, 28), (9, 9, 3), False),
    (2477, "no", "ax", "train", (32, 32), None, False),
    (86, "gl", "co", "test", (33, 32), (12, 18, 7), True),
    (561, "no", "ax", "test", (24, 24), None, False),
]
_FOLDERS = {"gl": "glioma", "me": "meningioma", "pi": "pituitary", "no": "no_tumor"}
_PLANES = {"ax": "axial", "co": "coronal", "sa": "sagittal"}
_ODD = 1148


def _ringing(name: str, truth: Array) -> Array:
    """A mask as the owners publish it: 0 to 10 outside, 246 to 255 inside."""
    noise = rng(name).integers(0, 11, truth.shape)
    return np.where(truth, 255 - np.minimum(noise, 9), noise).astype(np.uint8)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "brisc2025"
    phantom = Phantom(raw=raw, rows=[])
    for number, tumor, plane, split, size, shape, rgb in _PICTURES:
        odd = number == _ODD
        stem = f"brisc2025_{split}_{number:05d}_{tumor}_{plane}_t1"
        copy = raw / "classification_task" / split / _FOLDERS[tumor] / f"{stem}.jpg"
        first = raw / "segmentation_task" / split / "images" / f"{stem}.jpg" if shape else copy
        if shape is None and variant == "segmentation_only":
            continue
        image = save_jpeg(first, (colour if rgb else grey)(f"brisc {stem}", *size))
        if shape and variant != "segmentation_only":
            copy.parent.mkdir(parents=True, exist_ok=True)
            if variant == "another_twin" and odd:
                save_jpeg(copy, colour(f"brisc other {stem}", *size))
            else:
                shutil.copyfile(first, copy)
        truth = disc(*size, *shape) if shape else None
        if truth is not None and not (variant == "missing_mask" and odd):
            stored = _ringing(stem, truth)
            if variant == "resized_mask" and odd:
                stored[0, 0] = 96
            save(raw / "segmentation_task" / split / "masks" / f"{stem}.png", stored)
        if odd and variant in ("missing_mask", "resized_mask", "another_twin"):
            phantom.rejected.append(stem)
            continue
        if shape and variant != "segmentation_only":
            phantom.duplicate.append(copy.name)
        source_file = first.relative_to(raw).as_posix()
        columns = {"label": _FOLDERS[tumor], "plane": _PLANES[plane]}
        phantom.rows.append(Row(stem, image, None if truth is None else truth.astype(np.uint8), source_file, split, columns=columns))
    phantom.rows.sort(key=lambda row: natural(row.image_id))
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "download" / "brisc2025.zip", top="brisc2025/")
    return phantom
