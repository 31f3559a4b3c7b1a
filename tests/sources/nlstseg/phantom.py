"""NLSTseg: folders of archives, with a folder a person of a scan and a mask that numbers lesions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, rng
from tests.support.nifti import Scan, add, axial, turned, volumes_in, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "two people, of two archives",
    "mask_missing": "a scan without its mask",
    "mask_of_another": "a mask lies on the grid of another scan",
}

SHAPE, SPACING, ORIGIN = (3, 9, 8), (0.7, 0.7, 2.0), (-7.0, 12.0, 3.0)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes two scans and says what must come out."""
    tree = folder / "raw"
    promise = volumes_in(tree)
    for archive, name in ((2, "100147"), (7, "218890")):
        image = rng(f"nlstseg {name}").integers(-900, 900, SHAPE).astype(np.int16)
        lesions = rng(f"nlstseg lesions {name}").integers(0, 4, SHAPE).astype(np.uint8)
        damaged = archive == 2 and variant != "clean"
        path = f"NLSTseg_{archive}_LungTumor/{name}/{name}_CT.nii.gz"
        write_nifti(tree / path, *turned(axial(image), SPACING, ORIGIN, "LPS"))
        if not (damaged and variant == "mask_missing"):
            drawn = lesions[:2] if damaged else lesions
            write_nifti(tree / path.replace("_CT", "_tumor"), *turned(axial(drawn), SPACING, ORIGIN, "RAS"))
        if damaged:
            promise.rejected.append(name)
            continue
        scan = Scan.of(image, SPACING, ORIGIN, {"instances": lesions.astype(np.uint16)})
        mask = (lesions > 0).astype(np.uint8)
        add(promise, scan, name, mask, path, patient_id=name)
    return promise
