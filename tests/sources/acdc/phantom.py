"""ACDC: two outlined frames and the film of each patient; an sform without scales beside a qform that has them; Info.cfg."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np

from tests.support.kit import Array, Phantom, Row, disc, natural, rng, write
from tests.support.nifti import Scan, axial, turned, write_packed

VARIANTS: dict[str, str] = {
    "clean": "training and testing, the sform without scales",
    "folders": "a copy with every file in a folder of its own name",
    "mask_missing": "a frame without its mask",
    "no_info": "a patient without Info.cfg: its facts are null",
    "frames_differ": "a film of another length than Info.cfg says",
}

SHAPE, SPACING, ORIGIN, FRAMES = (3, 12, 10), (1.5, 1.5, 10.0), (0.0, 0.0, 0.0), 4


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes two patients and says what must come out."""
    tree = folder / "raw"
    rows: list[Row] = []
    volumes: list[Row] = []
    films: list[Row] = []
    promise = Phantom(tree, rows, {"volumes": volumes, "cine": films}, not_used=["MANDATORY_CITATION.md"])
    for number, (above, patient, split) in enumerate((("training", "patient001", "train"), ("testing", "patient101", "test"))):
        top = f"{above}/{patient}"
        told = not (variant == "no_info" and number == 0)
        group = ("DCM", "RV")[number]
        if told:
            write(tree / "database" / top / "Info.cfg", f"ED: 2\nES: 4\nGroup: {group}\nHeight: 184.0\nNbFrame: {FRAMES}\nWeight: 95.0\n")
        write(tree / "database" / top / "MANDATORY_CITATION.md", "cite")
        film = rng(f"acdc {patient}").integers(0, 500, (FRAMES, *SHAPE)).astype(np.uint16)
        facts = {"group": group, "height_cm": 184.0, "weight_kg": 95.0} if told else dict.fromkeys(("group", "height_cm", "weight_kg"))
        longer = film[:3] if variant == "frames_differ" and number == 0 else film
        path = _path(top, f"{patient}_4d", variant)
        _save(tree / "database" / path, np.stack([axial(one) for one in longer], axis=-1))
        for frame in range(1, FRAMES + 1):
            phase = {2: "end_diastole", 4: "end_systole"}.get(frame) if told else None
            columns = {"frame": frame, "phase": phase, **facts}
            scan = Scan(film[frame - 1], 1.0, 0.0, SPACING, ORIGIN)
            if not (number == 0 and variant == "frames_differ") and (told or frame == 1):
                films += scan.slices(f"{patient}_4d_frame{frame:02d}", None, path, split=split, patient_id=patient, columns=columns)
            if frame not in (2, 4):
                continue
            name = f"{patient}_frame{frame:02d}"
            image = _path(top, name, variant)
            mask = _mask()
            _save(tree / "database" / image, axial(film[frame - 1]))
            if not (variant == "mask_missing" and number == 0 and frame == 2):
                _save(tree / "database" / _path(top, f"{name}_gt", variant), axial(mask))
                rows += scan.slices(name, mask, image, split=split, patient_id=patient, columns=columns)
                volumes.append(scan.volume(name, mask, image, split=split, patient_id=patient, columns=columns))
            else:
                promise.rejected.append(name)
        if variant in ("frames_differ",) and number == 0:
            promise.rejected.append("patient001_4d")
        if not told:
            promise.rejected.append("patient001_4d")
            films[:] = [row for row in films if row.patient_id != patient]
    rows.sort(key=lambda row: natural(row.image_id))
    return promise


def _path(top: str, name: str, variant: str) -> str:
    return f"{top}/{name}.nii/{name}.nii" if variant == "folders" else f"{top}/{name}.nii.gz"


def _mask() -> Array:
    """Left ventricle in the myocardium, the right one beside it."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[1:, 2:4, 1:3] = 1
    mask[1:, disc(*SHAPE[1:], 7, 5, 3)] = 2
    mask[1:, disc(*SHAPE[1:], 7, 5, 1.5)] = 3
    return mask


def _save(path: Path, voxels: Array) -> None:
    """A header whose sform has lengths of 1 and whose qform has the voxel sizes."""
    _, affine = turned(voxels[..., 0] if voxels.ndim == 4 else voxels, SPACING, ORIGIN, "LPS")
    image = nib.Nifti1Image(voxels, affine)
    image.set_qform(affine, 1)
    plain = affine.copy()
    plain[:3, :3] /= np.array(SPACING)
    image.set_sform(plain, 1)
    image.header["pixdim"][1:4] = SPACING
    write_packed(path, image.to_bytes(), False)
