"""EMIDEC: a folder an exam; image and mask have one name in two folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, rng
from tests.support.nifti import Scan, add, axial, turned, volumes_in, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "two scans",
    "mask_missing": "a scan without its mask",
    "value_5": "a mask holds 5, which is nothing",
}

SHAPE, SPACING, ORIGIN = (3, 9, 8), (0.9, 0.9, 1.25), (-7.0, 12.0, 3.0)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes two scans and says what must come out."""
    tree = folder / "raw"
    promise = volumes_in(tree)
    for number, name in enumerate(("Case_N006", "Case_P001")):
        image = rng(f"emidec {name}").integers(-900, 900, SHAPE).astype(np.int16)
        mask = rng(f"emidec mask {name}").integers(0, 5, SHAPE).astype(np.uint8)
        damaged = number == 0 and variant != "clean"
        image_path, mask_path = f"{name}/Images/{name}.nii.gz", f"{name}/Contours/{name}.nii.gz"
        write_nifti(tree / image_path, *turned(axial(image), SPACING, ORIGIN, "LPS"))
        if not (damaged and variant == "mask_missing"):
            drawn = mask.copy()
            drawn[0, 0, 0] = 5 if damaged else drawn[0, 0, 0]
            write_nifti(tree / mask_path, *turned(axial(drawn), SPACING, ORIGIN, "RAS"))
        if damaged:
            promise.rejected.append(name)
            continue
        scan = Scan.of(image, SPACING, ORIGIN)
        columns = {"diagnosis": ("normal", "pathological")[number]}
        add(promise, scan, name, mask, image_path, patient_id=name, columns=columns)
    return promise
