"""CAMUS: pictures of two axes in NIfTI, what is known of them in text files, splits in three lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from tests.support.kit import Array, Phantom, Row, disc, grey, write

VARIANTS: dict[str, str] = {
    "clean": "three patients in two views and two phases",
    "mask_missing": "a picture without its mask",
    "mask_value_4": "a mask holds 4",
    "no_list": "a patient in no list",
    "two_lists": "a patient in two lists",
    "no_info": "a view without its text file: its facts are null",
}

PATIENTS = (("patient0001", "training", "train"), ("patient0002", "validation", "validation"), ("patient0500", "testing", "test"))
HEIGHT, WIDTH = 18, 14


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes three patients and says what must come out."""
    tree = folder / "raw"
    promise = Phantom(tree, [], not_used=["patient0001_2CH_half_sequence.nii.gz", "patient0001_2CH_half_sequence_gt.nii.gz"])
    lists: dict[str, list[str]] = {"training": [], "validation": [], "testing": []}
    for number, (patient, word, split) in enumerate(PATIENTS):
        if not (variant == "no_list" and number == 0):
            lists[word].append(patient)
        if variant == "two_lists" and number == 0:
            lists["testing"].append(patient)
        for view in ("2CH", "4CH"):
            told = not (variant == "no_info" and number == 0 and view == "2CH")
            if told:
                info = "ED: 18\nES: 1\nNbFrame: 18\nSex: F\nAge: 56\nImageQuality: Good\nEF: 54.5\nFrameRate: 48.4\n"
                write(tree / f"database_nifti/{patient}/Info_{view}.cfg", info)
            for phase in ("ED", "ES"):
                name = f"{patient}_{view}_{phase}"
                image, mask = grey(f"camus {name}", HEIGHT, WIDTH), _mask()
                damaged = name == "patient0001_2CH_ED" and variant in ("mask_missing", "mask_value_4")
                path = f"{patient}/{name}.nii.gz"
                _save(tree / f"database_nifti/{path}", image.T)
                if not (damaged and variant == "mask_missing"):
                    drawn = np.where(mask == 3, 4, mask).astype(np.uint8) if damaged else mask
                    _save(tree / f"database_nifti/{patient}/{name}_gt.nii.gz", drawn.T)
                if damaged or (number == 0 and variant in ("no_list", "two_lists")):
                    promise.rejected.append(name)
                    continue
                facts: dict[str, Any] = {"frame": 18 if phase == "ED" else 1, "age": 56.0, "sex": "female"}
                facts |= {"image_quality": "good", "ejection_fraction": 54.5}
                columns = {
                    "view": view,
                    "phase": "end_diastole" if phase == "ED" else "end_systole",
                    "rescale_slope": 1.0,
                    "rescale_intercept": 0.0,
                    **(facts if told else dict.fromkeys(facts)),
                }
                promise.rows.append(Row(name, image, mask, path, split=split, patient_id=patient, columns=columns))
    for end in ("", "_gt"):
        _save(tree / f"database_nifti/patient0001/patient0001_2CH_half_sequence{end}.nii.gz", np.zeros((WIDTH, HEIGHT, 3), np.uint8))
    for word, names in lists.items():
        write(tree / f"database_split/subgroup_{word}.txt", "\n".join(names) + "\n")
    return promise


def _mask() -> Array:
    """The ventricle in its myocardium, the atrium below."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[disc(HEIGHT, WIDTH, 6, 5, 4)] = 2
    mask[disc(HEIGHT, WIDTH, 6, 5, 2)] = 1
    mask[12:15, 4:8] = 3
    return mask


def _save(path: Path, array: Array) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(np.ascontiguousarray(array), np.diag([-0.3, -0.3, 1.0, 1.0])), path)  # type: ignore[no-untyped-call]
