"""FAR-POLYP-SEG: Dataset/Patient<n>/{Polyp,BinaryMask,Normal}/<name>.jpg, masks as JPEG."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, colour, disc, save_jpeg

VARIANTS: dict[str, str] = {
    "clean": "the archive, unpacked",
    "zip": "the archive as downloaded",
    "missing_mask": "one frame with a polyp has no mask",
    "ids": "one mask holds 1 for the polyp",
    "other_folder": "a folder of a patient that nobody described",
}

_FILES = [("Patient1", "001"), ("Patient1", "002"), ("Patient20", "001")]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "Dataset"
    phantom = Phantom(raw=raw, rows=[])
    for place, (patient, stem) in enumerate(_FILES):
        odd, top = place == 1, raw / patient
        image = save_jpeg(top / "Polyp" / f"{stem}.jpg", colour(f"{patient} {stem}", 32, 40))
        white = disc(32, 40, 15, 18, 7 + place).astype(np.uint8) * np.uint8(1 if odd and variant == "ids" else 255)
        mask = top / "BinaryMask" / f"{stem}.jpg"
        decoded = save_jpeg(mask, np.dstack([white] * 3) if place == 2 else white, quality=80)
        if odd and variant == "missing_mask":
            mask.unlink()
        if odd and variant in ("missing_mask", "ids"):
            phantom.rejected.append(f"BinaryMask/{stem}.jpg")
            continue
        grey = decoded if decoded.ndim == 2 else decoded[..., 0]
        source_file = f"{patient}/Polyp/{stem}.jpg"
        truth = (grey > 127).astype(np.uint8)
        phantom.rows.append(Row(f"{patient}_Polyp_{stem}", image, truth, source_file, patient_id=patient, columns={"has_polyp": True}))
    normal = save_jpeg(raw / "Patient1" / "Normal" / "001.jpg", colour("normal", 32, 40))
    empty = np.zeros((32, 40), np.uint8)
    phantom.rows.append(
        Row("Patient1_Normal_001", normal, empty, "Patient1/Normal/001.jpg", patient_id="Patient1", columns={"has_polyp": False})
    )
    if variant == "other_folder":
        save_jpeg(raw / "Patient1" / "Overlay" / "001.jpg", colour("overlay", 32, 40))
        phantom.not_used.append("Patient1/Overlay/001.jpg")
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "Dataset.zip", top="Dataset/")
    return phantom
