"""NCI-ISBI 2013: DICOM series told by PatientID, NRRD masks whose axes run in other directions and orders than the series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as Itk

from tests.support.dicom import SECRETS, ordered, write_series
from tests.support.kit import Array, Phantom, Row, disc, rng

VARIANTS: dict[str, str] = {
    "clean": "a mask on the series' grid, one stored from top to bottom, one with its axes in another order; a series without a mask",
    "series_missing": "a mask without its series",
    "two_series": "two series of a patient with a mask",
    "other_distance": "a mask with slices of another distance",
    "value_3": "a mask holds 3",
}

COUNT, HEIGHT, WIDTH = 4, 10, 8
SPACING, ORIGIN, DISTANCE = (0.625, 0.5), (-20.0, -15.0, -30.0), 3.5
PATIENTS = (
    ("Training", "Prostate3T-01-0001", ""),
    ("Training", "ProstateDx-01-0006", "_correctedLabels"),
    ("Test", "ProstateDx-03-0001", ""),
)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes three patients and says what must come out."""
    tree = folder / "raw"
    rows: list[Row] = []
    volumes: list[Row] = []
    promise = Phantom(tree, rows, {"volumes": volumes}, secrets=list(SECRETS))
    for number, (split, patient, end) in enumerate(PATIENTS):
        pixels = rng(f"isbi {patient}").integers(0, 900, (COUNT, HEIGHT, WIDTH)).astype(np.uint16)
        mask = np.zeros(pixels.shape, np.uint8)
        mask[1:3, disc(HEIGHT, WIDTH, 5, 3, 3)] = 1
        mask[1:3, disc(HEIGHT, WIDTH, 4, 3, 1.5)] = 2
        damaged = variant if number == 0 and variant != "clean" else ""
        where = tree / f"{('PROSTATE-DIAGNOSIS', 'Prostate-3T')[number == 0]}/{patient}/series"
        drawn = np.where(mask == 2, 3, mask).astype(np.uint8) if damaged == "value_3" else mask
        _save(tree / f"{split}/{patient}{end}.nrrd", drawn, number, 1.75 if damaged == "other_distance" else DISTANCE)
        if damaged == "series_missing":
            promise.rejected.append(patient)
            continue
        series = _series(where, pixels, patient)
        if damaged == "two_series":
            _series(where.with_name("more"), pixels, patient, " again")
        if damaged:
            promise.rejected.append(patient)
            continue
        kept = {"collection": ("prostate_diagnosis", "prostate_3t")[number == 0]}
        told = {"patient_id": patient, "volume_id": patient}
        some = series.rows(mask, **told, columns=lambda index, kept=kept: dict(kept))  # type: ignore[misc]
        whole = series.volume(mask, **told, columns=kept)
        for row in (*some, whole):
            row.split = {"Training": "train", "Test": "test"}[split]
        rows += some
        volumes.append(whole)
    other = _series(tree / "PROSTATE-DIAGNOSIS/ProstateDx-01-0099/series", pixels, "ProstateDx-01-0099")
    promise.not_used.append(f"{other.uid}/{other.sop_uids[0]}.dcm")
    promise.rows = ordered(rows)
    return promise


def _series(folder: Path, pixels: Array, patient: str, again: str = "") -> Any:
    return write_series(
        folder,
        pixels,
        name=f"isbi {patient}{again}",
        patient_id=patient,
        modality="MR",
        origin=ORIGIN,
        pixel_spacing=SPACING,
        slice_spacing=DISTANCE,
        slice_thickness=DISTANCE,
    )


def _save(path: Path, mask: Array, way: int, distance: float) -> None:
    """Writes a mask as it lies (0), from top to bottom (1), or with slices as its fastest axis (2)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Itk.GetImageFromArray(mask)
    image.SetSpacing((SPACING[1], SPACING[0], distance))
    image.SetOrigin(ORIGIN)
    if way == 1:
        image = Itk.Flip(image, (False, False, True))
    if way == 2:
        image = Itk.PermuteAxes(image, (2, 0, 1))
    Itk.WriteImage(image, str(path), useCompression=True)
