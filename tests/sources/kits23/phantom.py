"""KiTS23: a folder a case, axes stored as slice, row, column from the top of the body downwards, and outlines of single objects."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, disc, rng
from tests.support.nifti import SECRETS, Scan, axial, stored, turned, write_nifti

TIERS = {"": "noncommercial"}

VARIANTS: dict[str, str] = {
    "clean": "two cases with outlines of single objects",
    "image_missing": "a case of the repository whose image was not downloaded",
    "mask_missing": "a case without its mask",
    "mask_value_4": "a mask holds 4",
    "grid_differs": "a mask of fewer slices than its image",
}

SHAPE, SPACING = (4, 12, 10), (0.75, 0.75, 3.0)
ORIGIN = (0.0, 0.0, -9.0)  # the first stored slice is the uppermost, and lies at 0


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes two cases and says what must come out."""
    tree = folder / "raw"
    rows: list[Row] = []
    volumes: list[Row] = []
    promise = Phantom(tree, rows, {"volumes": volumes}, secrets=list(SECRETS), not_used=["kidney_instance-1_annotation-1.nii.gz"])
    for number, name in enumerate(("case_00000", "case_00588")):
        voxels = rng(f"kits23 {name}").integers(-1024, 3000, SHAPE).astype(np.int16)
        mask = np.zeros(SHAPE, np.uint8)
        for value in range(1, 4 - number):  # the second case has no cyst
            mask[1:, disc(*SHAPE[1:], 4, 3, 4 - value)] = value
        damaged = variant != "clean" and number == 0
        drawn = mask + np.uint8(mask == 3) if damaged and variant == "mask_value_4" else mask
        drawn = drawn[1:] if damaged and variant == "grid_differs" else drawn
        for word, array in (("imaging", voxels), ("segmentation", drawn), ("instances/kidney_instance-1_annotation-1", mask)):
            if not (damaged and variant == {"imaging": "image_missing", "segmentation": "mask_missing"}.get(word)):
                write_nifti(tree / f"dataset/{name}/{word}.nii.gz", *turned(axial(array), SPACING, ORIGIN, "IPL"))
        if damaged:
            promise.rejected.append(name)
            continue
        image, intercept = stored(voxels)
        scan = Scan(image, 1.0, intercept, SPACING, ORIGIN)
        rows += scan.slices(name, mask, f"{name}/imaging.nii.gz", patient_id=name)
        volumes.append(scan.volume(name, mask, f"{name}/imaging.nii.gz", patient_id=name))
    return promise
