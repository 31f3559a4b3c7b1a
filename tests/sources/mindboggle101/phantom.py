"""Mindboggle-101: a folder a cohort, with a folder a scan; labels are the numbers of the DKT protocol."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, rng
from tests.support.nifti import Scan, add, axial, turned, volumes_in, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "two scans of two cohorts, with a copy that has structures of software",
    "mask_missing": "a scan of which only that copy is there",
    "label_1001": "a number that is no region of the protocol",
}

SHAPE, SPACING, ORIGIN = (3, 9, 8), (1.0, 1.0, 1.0), (-7.0, 12.0, 3.0)

NUMBERS = [0, *(side + n for side in (1000, 2000) for n in range(2, 36) if n not in (4, 32, 33))]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes two scans and says what must come out."""
    tree = folder / "raw"
    promise = volumes_in(tree)
    for cohort, name in (("MMRR-21", "MMRR-21-3"), ("OASIS-TRT-20", "OASIS-TRT-20-1")):
        image = rng(f"mindboggle {name}").integers(0, 900, SHAPE).astype(np.int16)
        mask = rng(f"mindboggle mask {name}").integers(0, 63, SHAPE).astype(np.uint8)
        damaged = name == "MMRR-21-3" and variant != "clean"
        home = f"{cohort}_volumes/{name}"
        write_nifti(tree / home / "t1weighted.nii.gz", *turned(axial(image), SPACING, ORIGIN, "LPS"))
        numbers = np.array(NUMBERS, np.int32)[mask]
        write_nifti(tree / home / "labels.DKT31.manual+aseg.nii.gz", *turned(axial(numbers), SPACING, ORIGIN, "RAS"))
        promise.not_used.append("labels.DKT31.manual+aseg.nii.gz")
        if damaged and variant == "label_1001":
            numbers[0, 0, 0] = 1001
        if not (damaged and variant == "mask_missing"):
            write_nifti(tree / home / "labels.DKT31.manual.nii.gz", *turned(axial(numbers), SPACING, ORIGIN, "RAS"))
        if damaged:
            promise.rejected.append(name)
            continue
        scan = Scan.of(image, SPACING, ORIGIN)
        add(promise, scan, name, mask, f"{home}/t1weighted.nii.gz", patient_id=name, columns={"cohort": cohort})
    return promise
