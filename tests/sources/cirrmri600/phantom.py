"""CirrMRI600+: two sequences, a folder for each split's images and masks, files named after patients."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, disc, natural, rng
from tests.support.nifti import Scan, add, axial, turned, volumes_in, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "both sequences; a patient in both",
    "doubled": "as unpacked by hand, in folders of the archives' names",
    "t1_alone": "one of the two archives, with healthy subjects beside it",
    "mask_missing": "a scan without its mask",
    "mask_value_2": "a mask holds 2",
}

SPACING, ORIGIN = (1.5, 1.5, 3.0), (-7.0, 12.0, 3.0)
SHAPES = {"T1": (4, 12, 10), "T2": (3, 10, 8)}
SCANS = (("T1", "train", 7), ("T1", "valid", 12), ("T1", "test", 301), ("T2", "train", 7))


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes four scans and says what must come out."""
    tree = folder / "raw"
    promise = volumes_in(tree)
    for number, (sequence, folder_name, patient) in enumerate(SCANS):
        if variant == "t1_alone" and sequence == "T2":
            continue
        name, shape = f"{sequence}_{patient}", SHAPES[sequence]
        top = tree / f"Cirrhosis_{sequence}_3D" if variant == "doubled" else tree
        above = f"Cirrhosis_{sequence}_3D/{folder_name}"
        image = rng(f"cirrmri {name}").integers(0, 900, shape).astype(np.uint16)
        mask = np.zeros(shape, np.uint8)
        mask[1:, disc(*shape[1:], 5, 3, 2.5)] = 1
        damaged = number == 0 and variant.startswith("mask_")
        write_nifti(top / f"{above}_images/{patient}.nii.gz", *turned(axial(image), SPACING, ORIGIN, "LPS"))
        if not (damaged and variant == "mask_missing"):
            drawn = mask * np.uint8(2 if damaged else 1)
            write_nifti(top / f"{above}_masks/{patient}.nii.gz", *turned(axial(drawn), SPACING, ORIGIN, "LPS"))
        if damaged:
            promise.rejected.append(name)
            continue
        scan = Scan(image, 1.0, 0.0, SPACING, ORIGIN)
        split = {"valid": "validation"}.get(folder_name, folder_name)
        columns = {"sequence": sequence, "mask_origin": "corrected"}
        path = f"{above}_images/{patient}.nii.gz"
        add(promise, scan, name, mask, path, split=split, patient_id=str(patient), columns=columns)
    if variant == "t1_alone":
        healthy = "Healthy_subjects/T1_W_Healthy/T1_images/1.nii.gz"
        write_nifti(tree / healthy, *turned(axial(image), SPACING, ORIGIN, "LPS"))
        promise.not_used.append(healthy)
    promise.rows.sort(key=lambda row: natural(row.image_id))
    return promise
