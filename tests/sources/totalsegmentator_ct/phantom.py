"""TotalSegmentator CT: 117 binary masks a scan, most of them empty; a table with semicolons and a byte order mark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, rng, write
from tests.support.nifti import SECRETS, Scan, axial, stored, turned, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "v2: no folder above the scans, two structures overlap",
    "v3": "v3: a folder above the scans, vertebrae_L6 in the place of vertebrae_S1",
    "structure_missing": "a scan without the file of one structure",
    "structure_moved": "a structure 5 mm beside its scan",
    "no_line": "a scan that the table does not name",
}

SHAPE, SPACING, ORIGIN = (3, 6, 5), (1.5, 1.5, 1.5), (-7.0, 12.0, 3.0)
HEAD = "image_id;age;gender;institute;study_type;split;manufacturer;scanner_model;kvp;pathology;pathology_location"
ORGANS = (
    "spleen kidney_right kidney_left gallbladder liver stomach pancreas adrenal_gland_right adrenal_gland_left lung_upper_lobe_left "
    "lung_lower_lobe_left lung_upper_lobe_right lung_middle_lobe_right lung_lower_lobe_right esophagus trachea thyroid_gland small_bowel "
    "duodenum colon urinary_bladder prostate kidney_cyst_left kidney_cyst_right sacrum"
)
SPINE = [f"vertebrae_{part}{number}" for part, last in (("L", 5), ("T", 12), ("C", 7)) for number in range(last, 0, -1)]
REST = (
    "heart aorta pulmonary_vein brachiocephalic_trunk subclavian_artery_right subclavian_artery_left common_carotid_artery_right "
    "common_carotid_artery_left brachiocephalic_vein_left brachiocephalic_vein_right atrial_appendage_left superior_vena_cava "
    "inferior_vena_cava portal_vein_and_splenic_vein iliac_artery_left iliac_artery_right iliac_vena_left iliac_vena_right humerus_left "
    "humerus_right scapula_left scapula_right clavicula_left clavicula_right femur_left femur_right hip_left hip_right spinal_cord "
    "gluteus_maximus_left gluteus_maximus_right gluteus_medius_left gluteus_medius_right gluteus_minimus_left gluteus_minimus_right "
    "autochthon_left autochthon_right iliopsoas_left iliopsoas_right brain skull"
)
RIBS = [f"rib_{side}_{number}" for side in ("left", "right") for number in range(1, 13)]


def structures(edition: str) -> list[str]:
    """The structures in the order of their numbers."""
    lowest = "vertebrae_L6" if edition == "v3" else "vertebrae_S1"
    return [*ORGANS.split(), lowest, *SPINE, *REST.split(), *RIBS, "sternum", "costal_cartilages"]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes two scans and says what must come out."""
    edition = "v3" if variant == "v3" else "v2"
    top = folder / "raw/Totalsegmentator_dataset_v300" if edition == "v3" else folder / "raw"
    rows: list[Row] = []
    volumes: list[Row] = []
    promise = Phantom(folder / "raw", rows, {"volumes": volumes}, edition, secrets=list(SECRETS))
    names = structures(edition)
    lines = [HEAD]
    for number, name in enumerate(("s0011", "s1429")):
        voxels = rng(f"totalsegmentator {name}").integers(-1024, 3000, SHAPE).astype(np.int16)
        write_nifti(top / f"{name}/ct.nii.gz", *turned(axial(voxels), SPACING, ORIGIN, "RAS"))
        drawn = _structures(number, names[25])
        damaged = number == 0 and variant in ("structure_missing", "structure_moved", "no_line")
        if not (damaged and variant == "no_line"):
            lines.append(f"{name};6{number};{'mf'[number]};B;ct abdomen;{('train', 'test')[number]};Siemens;SOMATOM;120.0;tumor;")
        nothing = write_nifti(folder / "empty.nii.gz", *turned(axial(np.zeros(SHAPE, np.uint8)), SPACING, ORIGIN, "RAS")).read_bytes()
        for structure in names:
            path = top / f"{name}/segmentations/{structure}.nii.gz"
            if structure in drawn:
                origin = (-7.0, 17.0, 3.0) if damaged and variant == "structure_moved" else ORIGIN
                write_nifti(path, *turned(axial(drawn[structure]), SPACING, origin, "RAS"))
            elif not (damaged and variant == "structure_missing" and structure == "brain"):
                write(path, nothing)
        if damaged:
            promise.rejected.append(name)
            continue
        rows_of, volume = _rows(name, number, stored(voxels), [drawn.get(one, np.zeros(SHAPE, np.uint8)) for one in names])
        rows += rows_of
        volumes.append(volume)
    write(top / "meta.csv", "\ufeff" + "\r\n".join(lines) + "\r\n")
    return promise


def _structures(number: int, lowest: str) -> dict[str, Array]:
    """What a scan shows: the first one's liver reaches into its heart."""
    liver, heart, vertebra = (np.zeros(SHAPE, np.uint8) for _ in range(3))
    liver[1, 1:4, 1:3] = heart[1, 3:5, 2:4] = vertebra[2, 4:, 3:] = 1
    return {"liver": liver, "heart": heart, lowest: vertebra} if number == 0 else {"liver": liver}


def _rows(name: str, number: int, image: tuple[Array, float], masks: list[Array]) -> tuple[list[Row], Row]:
    """The rows of a scan: the higher class wins."""
    mask = np.zeros(SHAPE, np.uint8)
    for index, one in enumerate(masks, 1):
        mask[one != 0] = index
    columns: dict[str, Any] = {
        "mask_origin": "corrected",
        "age": 60.0 + number,
        "sex": ("male", "female")[number],
        "kvp": 120.0,
        "institute": "B",
        "study_type": "ct abdomen",
        "manufacturer": "Siemens",
        "scanner_model": "SOMATOM",
        "pathology": "tumor",
        "pathology_location": None,
    }
    overlap = [bool((sum(one[k].astype(int) for one in masks) > 1).any()) for k in range(SHAPE[0])]
    scan = Scan(image[0], 1.0, image[1], SPACING, ORIGIN)
    told: dict[str, Any] = {"split": ("train", "test")[number], "patient_id": name}
    rows = scan.slices(name, mask, f"{name}/ct.nii.gz", columns=columns, **told)
    for k, row in enumerate(rows):
        row.columns |= {"masks": [one[k] for one in masks], "mask_overlap": overlap[k]}
    whole = {**columns, "masks": masks, "mask_overlap": any(overlap)}
    return rows, scan.volume(name, mask, f"{name}/ct.nii.gz", columns=whole, **told)
