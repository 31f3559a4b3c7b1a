"""TRUSTED: ultrasound and CT with two readers and a consensus of numbers between 0 and 1."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, rng
from tests.support.nifti import Scan, add, axial, turned, volumes_in, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "two kidneys in ultrasound, of which one was read by one reader only, and their patient's CT",
    "consensus_missing": "a kidney without the consensus",
    "no_number": "a kidney whose name does not say the patient",
}

SHAPE, SPACING, ORIGIN = (3, 9, 8), (0.9, 0.9, 1.25), (-7.0, 12.0, 3.0)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes three volumes and says what must come out."""
    tree = folder / "raw"
    promise = volumes_in(tree)
    for case, kind in (("01", "CT"), ("01L", "US"), ("01R", "US")):
        damaged = case == "01L" and variant != "clean"
        name = "left" if damaged and variant == "no_number" else case
        image = rng(f"trusted {case}").integers(0, 900, SHAPE).astype(np.int16)
        readers = [rng(f"trusted {case} {reader}").integers(0, 2, SHAPE).astype(np.uint8) for reader in (1, 2)]
        mask = readers[0] & readers[1]
        path = f"{kind}_DATA/{kind}_images/{name}_img{kind}.nii.gz"
        masks = tree / f"{kind}_DATA/{kind}_masks"
        write_nifti(tree / path, *turned(axial(image), SPACING, ORIGIN, "LPS"))
        for reader, drawn in enumerate(readers[: 1 if case == "01R" else 2], 1):
            number = f"{name}_{reader}" if kind == "CT" else f"{name}{reader}"
            write_nifti(masks / f"Annotator{reader}/{number}_mask{kind}.nii.gz", *turned(axial(drawn), SPACING, ORIGIN, "RAS"))
        if not (damaged and variant == "consensus_missing"):
            estimate = np.where(mask == 1, 1 - 3e-9, 4e-14)
            write_nifti(masks / f"GT_estimated_masks{kind}/{name}_mask{kind}.nii.gz", *turned(axial(estimate), SPACING, ORIGIN, "RAS"))
        if damaged:
            promise.rejected.append(f"{name}_")
            continue
        columns = {"modality": kind, "mask_origin": "derived"}
        extra = {"mask_2": readers[0]}
        if case == "01R":
            columns["mask_3"] = None
        else:
            extra["mask_3"] = readers[1]
        scan = Scan.of(image, SPACING, ORIGIN, extra)
        add(promise, scan, f"{name}_{kind}", mask, path, patient_id="01", columns=columns)
    return promise
