"""Multiple sclerosis of Mendeley Data: a folder a patient, three sequences of other sizes, each with its mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, natural, rng
from tests.support.nifti import Scan, add, axial, turned, volumes_in, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "two patients, one of whom lacks a sequence altogether",
    "mask_missing": "a sequence without its mask",
    "mask_of_another": "the mask of a sequence lies on the grid of another one",
}

ORIGIN, SHAPES = (-7.0, 12.0, 3.0), {"T1": (3, 9, 8), "T2": (4, 10, 8), "Flair": (3, 12, 11)}


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes five volumes and says what must come out."""
    tree = folder / "raw"
    promise = volumes_in(tree)
    for patient, sequence in (("1", "T1"), ("1", "T2"), ("1", "Flair"), ("10", "T1"), ("10", "Flair")):
        name, shape, spacing = f"{patient}-{sequence}", SHAPES[sequence], (1.0, 1.0, 3.0 if sequence == "T2" else 5.0)
        image = rng(f"ms {name}").integers(0, 900, shape).astype(np.int16)
        mask = rng(f"ms mask {name}").integers(0, 2, shape).astype(np.uint8)
        damaged = name == "1-T1" and variant != "clean"
        path = f"Patient-{patient}/{name}.nii"
        write_nifti(tree / path, *turned(axial(image), spacing, ORIGIN, "RAS"))
        if not (damaged and variant == "mask_missing"):
            drawn = np.zeros(SHAPES["T2"], np.uint8) if damaged else mask
            write_nifti(tree / f"Patient-{patient}/{patient}-LesionSeg-{sequence}.nii", *turned(axial(drawn), spacing, ORIGIN, "RAS"))
        if damaged:
            promise.rejected.append(name)
            continue
        scan = Scan.of(image, spacing, ORIGIN)
        add(promise, scan, name, mask, path, patient_id=patient, columns={"sequence": sequence.lower()})
    promise.rows.sort(key=lambda row: natural(row.image_id))
    return promise
