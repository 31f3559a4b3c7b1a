"""HVSMR-2.0: a scan, its mask and the reach of its vessels side by side, and parts of the same scans in other folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, natural, rng
from tests.support.nifti import SECRETS, Scan, axial, turned, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "the folder orig",
    "cropped": "all three folders: parts of the scans are listed as not used",
    "mask_missing": "a scan without its mask",
    "mask_value_9": "a mask holds 9",
    "mask_turned": "a mask stored in another order of axes: the same voxels",
}

SHAPE, SPACING, ORIGIN = (4, 12, 10), (0.75, 0.75, 1.5), (-7.0, 12.0, 3.0)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes three patients and says what must come out."""
    tree = folder / "raw"
    rows: list[Row] = []
    volumes: list[Row] = []
    promise = Phantom(tree, rows, {"volumes": volumes}, secrets=list(SECRETS), not_used=["_orig_seg_endpoints.nii.gz"])
    for number in (0, 2, 10):
        name = f"pat{number}"
        image = rng(f"hvsmr2 {number}").integers(0, 1500, SHAPE).astype(np.uint16)
        mask = np.zeros(SHAPE, np.uint8)
        for value in range(1, 9 - (number == 2)):  # one patient has a structure less
            mask[1 + value % 3, value : value + 3, value] = value
        damaged = number == 0 and variant in ("mask_missing", "mask_value_9")
        drawn = np.where(mask == 8, 9, mask).astype(np.uint8) if damaged and variant == "mask_value_9" else mask
        code = "PSR" if variant == "mask_turned" and number == 0 else "LAS"
        write_nifti(tree / f"orig/{name}_orig.nii.gz", *turned(axial(image), SPACING, ORIGIN, "LAS"))
        if not (damaged and variant == "mask_missing"):
            write_nifti(tree / f"orig/{name}_orig_seg.nii.gz", *turned(axial(drawn), SPACING, ORIGIN, code))
        write_nifti(tree / f"orig/{name}_orig_seg_endpoints.nii.gz", *turned(axial(mask), SPACING, ORIGIN, "LAS"))
        if variant == "cropped":
            for part in ("cropped/{}_cropped", "cropped/{}_cropped_seg", "cropped_norm/{}_cropped_norm", "cropped_norm/{}_cropped_seg"):
                write_nifti(tree / f"{part.format(name)}.nii.gz", *turned(axial(mask[1:]), SPACING, ORIGIN, "LAS"))
        if damaged:
            promise.rejected.append(name)
            continue
        scan = Scan(image, 1.0, 0.0, SPACING, ORIGIN)
        rows += scan.slices(name, mask, f"{name}_orig.nii.gz", patient_id=name)
        volumes.append(scan.volume(name, mask, f"{name}_orig.nii.gz", patient_id=name))
    if variant == "cropped":
        promise.not_used += ["_cropped.nii.gz", "_cropped_norm.nii.gz"]
    rows.sort(key=lambda row: natural(row.image_id))
    return promise
