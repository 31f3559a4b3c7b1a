"""MCT-LTDiag: a folder a patient, as each one's tar holds it, with four phases and the masks of one of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, rng
from tests.support.nifti import Scan, add, axial, turned, volumes_in, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "two patients",
    "mask_missing": "a patient without the mask of the tumours",
    "mask_of_another_phase": "the mask of a liver lies on the grid of another phase",
}

SHAPE, SPACING, ORIGIN = (3, 9, 8), (0.9, 0.9, 1.25), (-7.0, 12.0, 3.0)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes two patients and says what must come out."""
    tree = folder / "raw"
    promise = volumes_in(tree)
    for name in ("BCLM-0001", "HCC-0002"):
        image = rng(f"mct {name}").integers(-900, 900, SHAPE).astype(np.int16)
        liver, tumour = (rng(f"mct {word} {name}").integers(0, 2, SHAPE).astype(np.uint8) for word in ("liver", "tumour"))
        damaged = name == "BCLM-0001" and variant != "clean"
        path = f"{name}/NIFTI/pvp.nii.gz"
        write_nifti(tree / path, *turned(axial(image), SPACING, ORIGIN, "LPS"))
        for phase in ("nc", "art", "delay"):
            other = np.zeros((2, 9, 8), np.int16)
            write_nifti(tree / f"{name}/NIFTI/{phase}.nii.gz", *turned(axial(other), SPACING, ORIGIN, "LPS"))
            promise.not_used.append(f"{phase}.nii.gz")
        drawn = liver[:2] if damaged and variant == "mask_of_another_phase" else liver
        write_nifti(tree / f"{name}/liver_mask_pvp.nii.gz", *turned(axial(drawn), SPACING, ORIGIN, "RAS"))
        if not (damaged and variant == "mask_missing"):
            write_nifti(tree / f"{name}/mask_pvp.nii.gz", *turned(axial(tumour), SPACING, ORIGIN, "RAS"))
        if damaged:
            promise.rejected.append(name)
            continue
        scan = Scan.of(image, SPACING, ORIGIN, {"mask_liver": liver, "mask_tumour": tumour})
        mask = np.where(tumour == 1, 2, liver).astype(np.uint8)
        add(promise, scan, name, mask, path, patient_id=name)
    return promise
