"""BHSD: a folder of scans and one of masks, whose name has a blank."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, rng
from tests.support.nifti import Scan, add, axial, turned, volumes_in, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "two scans",
    "mask_missing": "a scan without its mask",
    "value_6": "a mask holds 6, which is nothing",
}

SHAPE, SPACING, ORIGIN = (3, 9, 8), (0.9, 0.9, 1.25), (-7.0, 12.0, 3.0)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes two scans and says what must come out."""
    tree = folder / "raw"
    promise = volumes_in(tree)
    for number, name in enumerate(("ID_1a2b", "ID_3c4d")):
        image = rng(f"bhsd {name}").integers(-900, 900, SHAPE).astype(np.int16)
        mask = rng(f"bhsd mask {name}").integers(0, 6, SHAPE).astype(np.uint8)
        damaged = number == 0 and variant != "clean"
        image_path, mask_path = f"label_192/images/{name}.nii.gz", f"label_192/ground truths/{name}.nii.gz"
        write_nifti(tree / image_path, *turned(axial(image), SPACING, ORIGIN, "LPS"))
        if not (damaged and variant == "mask_missing"):
            drawn = mask.copy()
            drawn[0, 0, 0] = 6 if damaged else drawn[0, 0, 0]
            write_nifti(tree / mask_path, *turned(axial(drawn), SPACING, ORIGIN, "RAS"))
        if damaged:
            promise.rejected.append(name)
            continue
        scan = Scan.of(image, SPACING, ORIGIN)
        add(promise, scan, name, mask, image_path, patient_id=name)
    return promise
