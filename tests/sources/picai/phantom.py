"""PI-CAI: MetaImage scans of five sequences, NIfTI masks of several hands; the zones of one of them end before the image does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as Itk

from tests.support.kit import Array, Phantom, Row, rng, write
from tests.support.nifti import SECRETS, Scan, axial, stored, turned, write_nifti

TIERS = {"": "noncommercial"}
VARIANTS: dict[str, str] = {
    "clean": "a graded study, one outlined by other experts, one without the masks of programs",
    "mask_missing": "a study without an outline",
    "mask_moved": "an outline 5 mm beside its image",
    "zones_between": "zones half a voxel beside the image's voxels",
}

SHAPE, SPACING, ORIGIN = (4, 8, 6), (0.5, 0.5, 3.5), (-7.0, 12.0, 3.0)
STUDIES = ("10000_1000000", "10001_1000001", "10001_1000002")
HEAD = (
    "patient_id,study_id,mri_date,patient_age,psa,psad,prostate_volume,histopath_type,"
    "lesion_PIRADS,lesion_GS,lesion_ISUP,case_ISUP,case_csPCa,center"
)
LESIONS, ANATOMY = "csPCa_lesion_delineations", "anatomical_delineations"


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes three studies of two patients and says what must come out."""
    tree = folder / "raw"
    rows: list[Row] = []
    volumes: list[Row] = []
    adc: list[Row] = []
    promise = Phantom(tree, rows, {"volumes": volumes, "adc": adc}, secrets=[*SECRETS, "2019-07-02"])
    labels = tree / "picai_labels"
    lines = [HEAD]
    for number, name in enumerate(STUDIES):
        patient, study = name.split("_")
        lines.append(
            f"{patient},{study},2019-07-02,7{number},7.7,,{50 + number},MRBx,3,3+4,2,{2 - number},{('YES', 'NO', 'NO')[number]},PCNN"
        )
        image = rng(f"picai {name}").integers(0, 900, SHAPE).astype(np.int16)
        _save(tree / f"{patient}/{name}_t2w.mha", image, SPACING)
        coarse = rng(f"picai adc {name}").integers(0, 3000, (3, 4, 5)).astype(np.int16)
        _save(tree / f"{patient}/{name}_adc.mha", coarse, (2.0, 2.0, 3.5))
        path = f"{patient}/{name}_adc.mha"
        adc += Scan(*_kept(coarse), (2.0, 2.0, 3.5), ORIGIN).slices(f"{name}_adc", None, path, patient_id=patient)
        damaged = variant if number == 0 else ""
        masks = _masks(labels, name, number, damaged)
        if damaged in ("mask_missing", "mask_moved", "zones_between"):
            promise.rejected.append(name)
            continue
        columns: dict[str, Any] = {
            "age": 70.0 + number,
            "psa": 7.7,
            "prostate_volume": 50.0 + number,
            "isup": 2 - number,
            "clinically_significant": number == 0,
            "center": "PCNN",
        }
        scan, path = Scan(*_kept(image), SPACING, ORIGIN), f"{patient}/{name}_t2w.mha"
        slices = scan.slices(name, masks["mask"], path, patient_id=patient, columns=columns)
        beside = {column: mask for column, mask in masks.items() if column != "mask"}
        for k, row in enumerate(slices):
            row.columns |= {column: None if (mask[k] == 255).all() else mask[k] for column, mask in beside.items()}
        rows += slices
        volumes.append(scan.volume(name, masks["mask"], path, patient_id=patient, columns={**columns, **beside}))
    write(labels / "clinical_information/marksheet.csv", "\n".join(lines) + "\n")
    write_nifti(labels / f"{LESIONS}/AI/Bosma22a/{STUDIES[0]}.nii.gz", *turned(axial(np.zeros(SHAPE, np.int8)), SPACING, ORIGIN, "LPS"))
    promise.not_used.append(f"AI/Bosma22a/{STUDIES[0]}.nii.gz")
    return promise


def _kept(image: Array) -> tuple[Array, float, float]:
    voxels, intercept = stored(image)
    return voxels, 1.0, intercept


def _masks(labels: Path, name: str, number: int, damaged: str) -> dict[str, Array]:
    """Writes the masks of a study, and gives them as they must come out."""
    cancer = np.zeros(SHAPE, np.uint8)
    cancer[1, 2:4, 2:5] = 1 if number == 1 else 3
    if number == 2:
        cancer[:] = 0
    who = "Pooch25" if number == 1 else "resampled"
    if damaged != "mask_missing":
        origin = (ORIGIN[0], ORIGIN[1] + 5, ORIGIN[2]) if damaged == "mask_moved" else ORIGIN
        drawn = cancer if number == 1 else cancer.astype(np.uint16)
        write_nifti(labels / f"{LESIONS}/human_expert/{who}/{name}.nii.gz", *turned(axial(drawn), SPACING, origin, "LPS"))
    masks = {"mask": np.where(cancer == 1, 5, np.where(cancer == 3, 2, 0)).astype(np.uint8)}
    if number == 2:
        return masks
    gland = np.zeros(SHAPE, np.uint8)
    gland[:3, 1:6, 1:5] = 1
    zones = gland.copy()
    zones[1, 3:6, 1:5] = 2
    for column, (where, drawn) in {
        "mask_whole_gland": ("whole_gland/AI/Bosma22b", gland),
        "mask_zones": ("zonal_pz_tz/AI/Yuan23", zones),
    }.items():
        write_nifti(labels / f"{ANATOMY}/{where}/{name}.nii.gz", *turned(axial(drawn), SPACING, ORIGIN, "LPS"))
        masks[column] = drawn
    # Three of four slices, stored from top to bottom.
    off = 0.25 if damaged == "zones_between" else 0.0
    part = turned(axial(zones[:3]), SPACING, (ORIGIN[0] + off, *ORIGIN[1:]), "LPI")
    write_nifti(labels / f"{ANATOMY}/zonal_pz_tz/AI/HeviAI23/{name}.nii.gz", *part)
    reached = zones.copy()
    reached[3] = 255
    return {**masks, "mask_zones_2": reached}


def _save(path: Path, voxels: Array, spacing: tuple[float, float, float]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Itk.GetImageFromArray(voxels)
    image.SetSpacing(spacing)
    image.SetOrigin(ORIGIN)
    Itk.WriteImage(image, str(path), useCompression=True)
