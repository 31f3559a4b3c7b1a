"""MSLesSeg: three sequences and a mask of floats in MNI space; train has points in time, test has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, disc, litter, natural, rng
from tests.support.nifti import SECRETS, Scan, axial, turned, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "train with two points in time, test without",
    "litter": "what macOS leaves in the zip",
    "inside": "RAW is the folder train alone",
    "t2_missing": "a scan without T2",
    "mask_moved": "a mask 5 mm beside its image",
    "mask_half": "a mask holds 0.5",
}

SHAPE, SPACING, ORIGIN = (5, 12, 10), (1.0, 1.0, 1.0), (-90.0, 126.0, -72.0)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes three scans and says what must come out."""
    tree = folder / "raw"
    top = tree / "MSLesSeg Dataset"
    rows: list[Row] = []
    volumes: list[Row] = []
    promise = Phantom(tree, rows, {"volumes": volumes}, secrets=list(SECRETS))
    for split, patient, time in (("train", "P9", 1), ("train", "P9", 2), ("test", "P54", None)):
        if variant == "inside" and split == "test":
            continue
        name = patient if time is None else f"{patient}_T{time}"
        above = f"{split}/{patient}/" + ("" if time is None else f"T{time}/")
        noise = rng(f"mslesseg {name}")
        scans = {word: noise.integers(0, 1500, SHAPE).astype(np.float32) for word in ("FLAIR", "T1", "T2")}
        mask = np.zeros(SHAPE, np.uint8)
        mask[1:3, disc(*SHAPE[1:], 6, 3, 2)] = 1
        damaged = time == 1 and variant in ("t2_missing", "mask_moved", "mask_half")
        for word, array in scans.items():
            if not (damaged and variant == "t2_missing" and word == "T2"):
                write_nifti(top / f"{above}{name}_{word}.nii.gz", *turned(axial(array), SPACING, ORIGIN, "LAS"))
        drawn = np.where(mask == 0, np.float32(-0.0), mask * np.float32(0.5 if damaged and variant == "mask_half" else 1))
        origin = (ORIGIN[0], ORIGIN[1] + 5, ORIGIN[2]) if damaged and variant == "mask_moved" else ORIGIN
        write_nifti(top / f"{above}{name}_MASK.nii.gz", *turned(axial(drawn.astype(np.float32)), SPACING, origin, "LAS"))
        if damaged:
            promise.rejected.append(name)
            continue
        stored = {word: array.astype(np.uint16) for word, array in scans.items()}
        scan = Scan(stored["FLAIR"], 1.0, 0.0, SPACING, ORIGIN, {"image_t1": stored["T1"], "image_t2": stored["T2"]})
        path = f"{above}{name}_FLAIR.nii.gz"
        rows += scan.slices(name, mask, path, split=split, patient_id=patient, columns={"time_point": time})
        volumes.append(scan.volume(name, mask, path, split=split, patient_id=patient, columns={"time_point": time}))
    rows.sort(key=lambda row: natural(row.image_id))
    if variant == "litter":
        litter(tree)
    if variant == "inside":
        promise.raw = top / "train"
    return promise
