"""CT-ORG: volumes and labels by number, flat as the owners pack them or in the two folders of copies; labels are floats."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, natural, rng
from tests.support.nifti import Scan, add, axial, turned, volumes_in, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "the owners' flat package",
    "folders": "a copy's two folders",
    "labels_missing": "a volume without labels",
    "label_half": "labels hold 2.5",
    "label_7": "labels hold 7",
}

SHAPE, SPACING, ORIGIN = (4, 12, 10), (0.75, 0.75, 2.5), (-7.0, 12.0, 3.0)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes three volumes and says what must come out."""
    tree = folder / "raw"
    promise = volumes_in(tree)
    for number, split in ((0, "test"), (20, "test"), (21, "train")):
        name = f"volume-{number}"
        voxels = rng(f"ct-org {number}").integers(-1024, 3000, SHAPE).astype(np.int16)
        mask = np.zeros(SHAPE, np.uint8)
        for value in range(1, 6 + (number == 21)):  # one scan holds the brain
            mask[1 + value % 3, value : value + 3, value] = value
        damaged = number == 0 and variant not in ("clean", "folders")
        images, labels = ("volumes/", "labels/") if variant == "folders" else ("", "")
        write_nifti(tree / f"{images}{name}.nii.gz", *turned(axial(voxels), SPACING, ORIGIN, "LAS"))
        wrong = {"label_half": 2.5, "label_7": 7}.get(variant)
        drawn = np.where(mask == 2, wrong, mask) if damaged and wrong else mask
        if not (damaged and variant == "labels_missing"):
            write_nifti(tree / f"{labels}labels-{number}.nii.gz", *turned(axial(drawn.astype(np.float32)), SPACING, ORIGIN, "LAS"))
        if damaged:
            promise.rejected.append(name)
            continue
        scan = Scan.of(voxels, SPACING, ORIGIN)
        add(promise, scan, name, mask, f"{name}.nii.gz", split=split, patient_id=name)
    promise.rows.sort(key=lambda row: natural(row.image_id))
    return promise
