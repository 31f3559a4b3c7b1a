"""FLARE22: images whose names end with the number of a channel, labels without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, litter, rng
from tests.support.nifti import Scan, add, axial, turned, volumes_in, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "as Zenodo packs it, with what macOS leaves",
    "challenge": "the challenge's folders: training, tuning and unlabelled cases",
    "label_missing": "a case without labels",
    "label_14": "labels hold 14",
    "labels_moved": "labels 5 mm beside their image",
}

SHAPE, SPACING, ORIGIN = (4, 12, 10), (0.75, 0.75, 2.5), (-7.0, 12.0, 3.0)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes two cases and says what must come out."""
    tree = folder / "raw"
    promise = volumes_in(tree)
    challenge = variant == "challenge"
    second = ("Tuning", "FLARETs_0001", "validation") if challenge else ("FLARE22Train", "FLARE22_Tr_0050", "train")
    first = ("Training/FLARE22_LabeledCase50" if challenge else "FLARE22Train", "FLARE22_Tr_0001", "train")
    for number, (top, name, split) in enumerate((first, second)):
        voxels = rng(f"flare22 {name}").integers(-1024, 3000, SHAPE).astype(np.int16)
        mask = np.zeros(SHAPE, np.uint8)
        for value in range(1, 14):
            mask[1 + value % 3, value % 7 : value % 7 + 3, value % 6] = value
        damaged = number == 0 and variant in ("label_missing", "label_14", "labels_moved")
        path = f"images/{name}_0000.nii.gz"
        write_nifti(tree / top / path, *turned(axial(voxels), SPACING, ORIGIN, "LAS"))
        drawn = np.where(mask == 13, 14, mask).astype(np.uint8) if damaged and variant == "label_14" else mask
        origin = (ORIGIN[0], ORIGIN[1] + 5, ORIGIN[2]) if damaged and variant == "labels_moved" else ORIGIN
        if not (damaged and variant == "label_missing"):
            write_nifti(tree / f"{top}/labels/{name}.nii.gz", *turned(axial(drawn), SPACING, origin, "LAS"))
        if damaged:
            promise.rejected.append(name)
            continue
        scan = Scan.of(voxels, SPACING, ORIGIN)
        add(promise, scan, name, mask, path, split=split, patient_id=name)
    if challenge:
        unlabelled = "FLARE22_UnlabeledCase1-1000/Case_00001_0000.nii.gz"
        write_nifti(tree / "Training" / unlabelled, *turned(axial(voxels), SPACING, ORIGIN, "LAS"))
        promise.not_used.append(unlabelled)
    elif variant == "clean":
        litter(tree)
    return promise
