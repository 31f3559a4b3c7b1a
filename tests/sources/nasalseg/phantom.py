"""NasalSeg: NRRD scans and masks in two folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as Itk

from tests.support.kit import Array, Phantom, Row, rng
from tests.support.nifti import Scan, stored

VARIANTS: dict[str, str] = {
    "clean": "two scans",
    "mask_missing": "a scan without its mask",
    "value_6": "a mask holds 6, which is nothing",
}

SHAPE, SPACING, ORIGIN = (3, 9, 8), (0.9, 0.9, 1.25), (-7.0, 12.0, 3.0)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes two scans and says what must come out."""
    tree = folder / "raw"
    rows: list[Row] = []
    volumes: list[Row] = []
    promise = Phantom(tree, rows, {"volumes": volumes})
    for number, name in enumerate(("P001", "P002")):
        image = rng(f"nasalseg {name}").integers(-900, 900, SHAPE).astype(np.int16)
        mask = rng(f"nasalseg mask {name}").integers(0, 6, SHAPE).astype(np.uint8)
        damaged = number == 0 and variant != "clean"
        image_path, mask_path = f"NasalSeg/images/{name}_img.nrrd", f"NasalSeg/labels/{name}_seg.nrrd"
        _save(tree / image_path, image)
        if not (damaged and variant == "mask_missing"):
            drawn = mask.copy()
            drawn[0, 0, 0] = 6 if damaged else drawn[0, 0, 0]
            _save(tree / mask_path, drawn)
        if damaged:
            promise.rejected.append(name)
            continue
        voxels, intercept = stored(image)
        scan, path = Scan(voxels, 1.0, intercept, SPACING, ORIGIN), image_path.removeprefix("NasalSeg/")
        rows += scan.slices(name, mask, path, patient_id=name)
        volumes.append(scan.volume(name, mask, path, patient_id=name))
    return promise


def _save(path: Path, voxels: Array) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Itk.GetImageFromArray(voxels)
    image.SetSpacing(SPACING)
    image.SetOrigin(ORIGIN)
    Itk.WriteImage(image, str(path), useCompression=True)
