"""ATM'22: two batches of a folder of scans and one of masks, whose files have the same names."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, rng
from tests.support.nifti import Scan, add, axial, turned, volumes_in, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "a scan in each batch, and two masks of EXACT'09, whose scans are not given out",
    "scan_missing": "a mask without its scan, which is not of EXACT'09",
    "value_2": "a mask holds 2, which is nothing",
}

SHAPE, SPACING, ORIGIN = (3, 9, 8), (0.9, 0.9, 1.25), (-7.0, 12.0, 3.0)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes two scans and says what must come out."""
    tree = folder / "raw"
    promise = volumes_in(tree)
    for batch, name in ((1, "ATM_001_0000"), (1, "ATM_242_0000"), (2, "ATM_251_0000"), (2, "ATM_511_0000")):
        image = rng(f"atm22 {name}").integers(-900, 900, SHAPE).astype(np.int16)
        mask = rng(f"atm22 mask {name}").integers(0, 2, SHAPE).astype(np.uint8)
        withheld, damaged = name[4:7] in ("242", "511"), name == "ATM_001_0000" and variant != "clean"
        path, mask_path = (f"TrainBatch{batch}/{folder}/{name}.nii.gz" for folder in ("imagesTr", "labelsTr"))
        if not withheld and not (damaged and variant == "scan_missing"):
            write_nifti(tree / path, *turned(axial(image), SPACING, ORIGIN, "LPS"))
        drawn = mask.copy()
        drawn[0, 0, 0] = 2 if damaged and variant == "value_2" else drawn[0, 0, 0]
        write_nifti(tree / mask_path, *turned(axial(drawn), SPACING, ORIGIN, "RAS"))
        if withheld:
            promise.not_used.append(f"{name}.nii.gz")
        elif damaged:
            promise.rejected.append(name)
        else:
            scan = Scan.of(image, SPACING, ORIGIN)
            add(promise, scan, name, mask, path, patient_id=name)
    return promise
