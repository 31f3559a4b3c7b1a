"""VerSe: rawdata/ and derivatives/ by subject, of both years; scans in their own orders of axes, a mask of 64-bit floats, centroids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, natural, rng, save, write
from tests.support.nifti import SECRETS, Scan, axial, stored, turned, write_nifti

TIERS = {"": "open"}

VARIANTS: dict[str, str] = {
    "clean": "both years, all three splits, a subject with two scans",
    "osf": "the folders of the other address: training/, validation/",
    "centroids_missing": "a scan without centroids: null",
    "mask_missing": "a scan without its mask",
    "sacrum": "a mask holds 26",
    "centroid_outside": "a centroid beyond the image",
    "centroid_26": "a centroid of the sacrum",
    "no_list": "the file of centroids is no list",
}

SHAPE, SPACING, ORIGIN = (6, 12, 10), (0.5, 0.5, 2.0), (-9.0, 11.0, -4.0)
SCANS = (
    ("dataset-verse19training", "sub-verse004", "sub-verse004", "PIR"),
    ("dataset-01training", "sub-gl003", "sub-gl003_dir-ax", "LPS"),
    ("dataset-02validation", "sub-gl017", "sub-gl017", "LPS"),
    ("dataset-verse19test", "sub-verse012", "sub-verse012_split-verse012", "RAS"),
    ("dataset-verse19test", "sub-verse012", "sub-verse012_split-verse013", "PIR"),
)
NAMES = [*(f"C{n}" for n in range(1, 8)), *(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 7))]
OSF = {"dataset-verse19training": "training", "dataset-01training": "training", "dataset-02validation": "validation"}


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes five scans and says what must come out."""
    tree = folder / "raw"
    rows: list[Row] = []
    volumes: list[Row] = []
    promise = Phantom(tree, rows, {"volumes": volumes}, secrets=list(SECRETS), not_used=["_snp.png"])
    for number, (top, subject, name, code) in enumerate(SCANS):
        if variant == "osf":
            top = OSF.get(top, "test")
        split = next(word for word in ("training", "validation", "test") if word in top).replace("training", "train")
        image = rng(f"verse {name}").integers(-1024, 2000, SHAPE).astype(np.int16)
        raw = _mask(number, variant)
        path = f"{top}/rawdata/{subject}/{name}_ct.nii.gz"
        beside = tree / top / "derivatives" / subject
        write_nifti(tree / path, *turned(axial(image), SPACING, ORIGIN, code))
        write(tree / path.replace(".nii.gz", ".json"), json.dumps({"KVP": 120, "PatientName": SECRETS[0]}))
        kind: Any = np.float64 if subject == "sub-gl017" else np.uint8
        damaged = number == 0 and variant in ("mask_missing", "sacrum", "centroid_outside", "centroid_26", "no_list")
        if not (damaged and variant == "mask_missing"):
            write_nifti(beside / f"{name}_seg-vert_msk.nii.gz", *turned(axial(raw.astype(kind)), SPACING, ORIGIN, code))
        save(beside / f"{name}_seg-vert_snp.png", np.zeros((4, 4), np.uint8))
        listed, told = _centroids(number, code, variant)
        lonely = variant == "centroids_missing" and number == 0
        if not lonely:
            write(beside / f"{name}_seg-subreg_ctd.json", json.dumps(listed))
        if damaged:
            promise.rejected.append(name)
            continue
        picture, intercept = stored(image)
        scan = Scan(picture, 1.0, intercept, SPACING, ORIGIN)
        mask = np.where(raw == 28, 26, raw).astype(np.uint8)
        mine = scan.slices(name, mask, path, split=split, patient_id=subject)
        for row in mine:
            here = [one for one, index in told if index == row.columns["slice_index"]]
            row.columns["centroids"] = None if lonely else here
        rows += mine
        every = None if lonely else [one for one, _ in sorted(told, key=lambda pair: pair[1])]
        volumes.append(scan.volume(name, mask, path, split=split, patient_id=subject, columns={"centroids": every}))
    rows.sort(key=lambda row: natural(row.image_id))
    return promise


def _mask(number: int, variant: str) -> Array:
    """Vertebrae one above the other, slices first."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[1:3, 4:8, 3:6] = 20 + number
    mask[4:, 4:8, 3:6] = 28 if number == 1 else 19
    if variant == "sacrum" and number == 0:
        mask[0, 0, 0] = 26
    return mask


def _centroids(number: int, code: str, variant: str) -> tuple[Any, list[tuple[dict[str, Any], int]]]:
    """(what the file says, the records that must come out, each with its slice)."""
    if variant == "no_list" and number == 0:
        return {"direction": list(code)}, []
    listed: list[dict[str, Any]] = [{"direction": list(code)}]
    told = []
    for label, (column, row, index) in ((20 + number, (4.0, 5.5, 1.6)), (28 if number == 1 else 19, (4.1, 5.0, 4.4))):
        place = {"L": column, "R": 9 - column, "P": row, "A": 11 - row, "S": index, "I": 5 - index}
        listed.append({"label": label, **{axis: place[letter] for axis, letter in zip("XYZ", code, strict=True)}})
        there = [ORIGIN[0] + column * 0.5, ORIGIN[1] + row * 0.5, ORIGIN[2] + index * 2.0]
        name = "T13" if label == 28 else NAMES[label - 1]
        told.append(({"label": name, **dict(zip("xyz", there, strict=True))}, round(index)))
    if number == 0 and variant == "centroid_outside":
        listed[1]["X"] = 30.0
    if number == 0 and variant == "centroid_26":
        listed[1]["label"] = 26
    return listed, told
