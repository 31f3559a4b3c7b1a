"""ISLES'22: DWI and ADC on one grid, FLAIR on another, a mask of 16 bits; nested as Zenodo packs it or flat as the challenge did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, disc, rng, save, write
from tests.support.nifti import SECRETS, Scan, axial, turned, write_nifti

TIERS = {"": "open"}

VARIANTS: dict[str, str] = {
    "clean": "as Zenodo packs it: dwi/ and anat/, FLAIR in capitals",
    "challenge": "the challenge's release: rawdata/, flat, small letters",
    "doubles": "64-bit floats that 32 bits do not hold",
    "mask_missing": "a case without its mask",
    "mask_of_flair": "a mask on FLAIR's grid",
    "mask_value_2": "a mask holds 2",
    "sidecar_missing": "a case without the file beside DWI: its facts are null",
}

SHAPE, SPACING, ORIGIN = (5, 12, 10), (2.0, 2.0, 2.0), (-9.0, 11.0, -4.0)
FLAIR, FLAIR_SPACING, FLAIR_ORIGIN = (3, 24, 20), (0.5, 0.5, 5.0), (-8.0, 10.0, -3.0)
SIDECAR = {
    "PatientSex": "F",
    "PatientAge": "060Y",
    "PatientName": SECRETS[0],
    "PatientBirthDate": SECRETS[2],
    "Manufacturer": "Philips Medical Systems",
    "MagneticFieldStrength": 3.0,
    "DiffusionBValue": 800.0,
    "Rows": 256,
}


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes two cases and says what must come out."""
    tree = folder / "raw"
    slices: list[Row] = []
    volumes: list[Row] = []
    flairs: list[Row] = []
    promise = Phantom(tree, slices, {"volumes": volumes, "flair": flairs}, secrets=list(SECRETS), not_used=["_snp.png"])
    for number, patient in enumerate(("sub-strokecase0001", "sub-strokecase0009")):
        name = f"{patient}_ses-0001"
        flat = variant == "challenge"
        above = f"{'rawdata/' * flat}{patient}/ses-0001/"
        path = f"{above}{'' if flat else 'dwi/'}{name}_dwi.nii.gz"
        noise = rng(f"isles {patient}")
        kind: Any = np.float64 if variant == "doubles" else np.float32
        dwi, adc = ((noise.random(SHAPE) * high - 3).astype(kind) for high in (1600, 5))
        flair = noise.integers(0, 900, FLAIR).astype(np.float32)
        mask = np.zeros(SHAPE, np.uint8)
        mask[2:4, disc(*SHAPE[1:], 5, 4, 2.5)] = 0 if number else 1  # the second case has no lesion
        _save(tree / path, dwi)
        _save(tree / path.replace("_dwi", "_adc"), adc)
        word = "flair" if flat else "FLAIR"
        seen = f"{above}{'' if flat else 'anat/'}{name}_{word}.nii.gz"
        _save(tree / seen, flair, FLAIR_SPACING, FLAIR_ORIGIN)
        write(tree / seen.replace(".nii.gz", ".json"), json.dumps({"Modality": "MR"}))
        damaged = number == 0 and variant.startswith("mask_")
        drawn = mask * np.uint16(2 if variant == "mask_value_2" and number == 0 else 1)
        if not (damaged and variant == "mask_missing"):
            other = (np.zeros(FLAIR, np.uint16), FLAIR_SPACING, FLAIR_ORIGIN) if damaged and variant == "mask_of_flair" else (drawn,)
            _save(tree / f"derivatives/{patient}/ses-0001/{name}_msk.nii.gz", *other)
        save(tree / f"derivatives/{patient}/ses-0001/{name}_snp.png", np.zeros((4, 4), np.uint8))
        lonely = variant == "sidecar_missing" and number == 0
        if not lonely:
            write(tree / path.replace(".nii.gz", ".json"), json.dumps(SIDECAR))
        facts = {"age": 60.0, "sex": "female", "field_strength": 3.0, "b_value": 800.0, "manufacturer": "Philips Medical Systems"}
        columns = dict.fromkeys(facts) if lonely else facts
        flairs += Scan(flair.astype(np.uint16), 1.0, 0.0, FLAIR_SPACING, FLAIR_ORIGIN).slices(
            f"{name}_flair", None, seen, patient_id=patient
        )
        if damaged:
            promise.rejected.append(name)
            continue
        scan = Scan(dwi.astype(np.float32), 1.0, 0.0, SPACING, ORIGIN, {"image_adc": adc.astype(np.float32)})
        slices += scan.slices(name, mask, path, patient_id=patient, columns=dict(columns))
        volumes.append(scan.volume(name, mask, path, patient_id=patient, columns=dict(columns)))
    return promise


def _save(path: Path, array: Array, spacing: Any = SPACING, origin: Any = ORIGIN) -> None:
    """Stores slices as the owners do, in the order left, anterior, superior."""
    write_nifti(path, *turned(axial(array), spacing, origin, "LAS"))
