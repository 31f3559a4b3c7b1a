"""AMOS22: CT and MRI in the Decathlon's folders; a table beside them with dates of birth, shifted for MRI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Phantom, Row, natural, rng, write
from tests.support.nifti import SECRETS, Scan, axial, stored, turned, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "CT and MRI, the table beside them",
    "no_table": "the zip alone: facts of patients are null",
    "label_missing": "a training volume without its mask",
    "bladder_in_mri": "a mask of MRI holds the bladder",
}

SHAPE, SPACING, ORIGIN = (4, 16, 10), (0.75, 0.75, 5.0), (-7.0, 12.0, 3.0)
CLASSES = [
    "spleen",
    "right_kidney",
    "left_kidney",
    "gallbladder",
    "esophagus",
    "liver",
    "stomach",
    "aorta",
    "inferior_vena_cava",
    "pancreas",
    "right_adrenal_gland",
    "left_adrenal_gland",
    "duodenum",
    "bladder",
    "prostate_or_uterus",
]
VOLUMES = (("Tr", "amos_0005"), ("Tr", "amos_0501"), ("Tr", "amos_0500"), ("Va", "amos_0138"), ("Ts", "amos_0200"))
SPLITS = {"Tr": "train", "Va": "validation", "Ts": "test"}
HEAD = "amos_id,Patient's Birth Date,Patient's Sex,Patient's Age,Manufacturer's Model Name,Manufacturer,Acquisition Date,Site"
LINES = (
    *("138,19310417,M,090Y,Aquilion ONE,TOSHIBA,20210301,people", "5,19310417,M,093Y,Aquilion ONE,TOSHIBA,20210301,people"),
    *("500,19620202,M,059Y,Optima CT540,GE MEDICAL SYSTEMS,20210401,center", "500,19700303,F,051Y,Ingenia,Philips,20210501,center"),
    *("501,19710304,F,050Y,Ingenia,Philips,20210502,center", "200,19550606,F,,Optima CT540,GE MEDICAL SYSTEMS,20210601,center"),
)
NOBODY: dict[str, Any] = {"age": None, "sex": None, "manufacturer": None, "site": None}
TOLD: dict[str, dict[str, Any]] = {
    "amos_0005": {"age": 90.0, "sex": "male", "manufacturer": "TOSHIBA", "site": "people"},
    "amos_0138": {"age": 90.0, "sex": "male", "manufacturer": "TOSHIBA", "site": "people"},
    "amos_0200": {"age": None, "sex": "female", "manufacturer": "GE MEDICAL SYSTEMS", "site": "center"},
}


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes five volumes and says what must come out."""
    tree = folder / "raw"
    rows: list[Row] = []
    volumes: list[Row] = []
    promise = Phantom(tree, rows, {"volumes": volumes}, secrets=[*SECRETS, "20210301"], not_used=["dataset.json"])
    write(tree / "amos22/dataset.json", '{"modality": {"0": "CT"}}')
    if variant != "no_table":
        write(tree / "labeled_data_meta_0000_0599.csv", "\n".join((HEAD, *LINES)) + "\n")
    for part, name in VOLUMES:
        mri = name == "amos_0501"
        voxels = rng(f"amos {name}").integers(0 if mri else -1024, 2000, SHAPE).astype(np.int16)
        mask = np.zeros(SHAPE, np.uint8)
        for value in range(1, 14 if mri else 16):
            mask[1 + value % 3, value, value % 7 : value % 7 + 3] = value
        damaged = (variant == "label_missing" and name == "amos_0005") or (variant == "bladder_in_mri" and mri)
        write_nifti(tree / f"amos22/images{part}/{name}.nii.gz", *turned(axial(voxels), SPACING, ORIGIN, "LAS"))
        drawn = np.where(mask == 13, 14, mask).astype(np.uint8) if damaged else mask
        if part != "Ts" and not (damaged and variant == "label_missing"):
            write_nifti(tree / f"amos22/labels{part}/{name}.nii.gz", *turned(axial(drawn), SPACING, ORIGIN, "LAS"))
        if damaged:
            promise.rejected.append(name)
            continue
        image, intercept = stored(voxels)
        scan = Scan(image, 1.0, intercept, SPACING, ORIGIN)
        told = {} if variant == "no_table" else TOLD
        names = [] if part == "Ts" else CLASSES[:13] if mri else CLASSES
        columns = {
            "modality": "MRI" if mri else "CT",
            "annotated_classes": [CLASSES.index(one) + 1 for one in names],
            **told.get(name, NOBODY),
        }
        patient = "amos_0005" if name == "amos_0138" and variant != "no_table" else name
        where: dict[str, Any] = {"split": SPLITS[part], "patient_id": patient, "columns": columns}
        path = f"images{part}/{name}.nii.gz"
        rows += scan.slices(name, None if part == "Ts" else mask, path, **dict(where))
        volumes.append(scan.volume(name, None if part == "Ts" else mask, path, **dict(where)))
    rows.sort(key=lambda row: natural(row.image_id))
    return promise
