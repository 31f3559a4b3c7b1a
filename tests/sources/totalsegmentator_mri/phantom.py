"""TotalSegmentator MRI: 50 binary masks a scan; both versions hold files of the same names, and the folder alone tells them apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, rng, write
from tests.support.nifti import SECRETS, Scan, axial, turned, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "v3: in the folder that the CT set has too",
    "v2": "v2: a scan of which every mask is empty",
    "structure_missing": "a scan without the file of one structure",
    "version_untold": "folders of scans without the folder of the version",
    "ct_beside": "unpacked over the CT set, whose folders have the same names",
}

FOLDERS = {"v2": "TotalsegmentatorMRI_dataset_v200", "v3": "Totalsegmentator_dataset_v300"}
SHAPE, ORIGIN = (3, 6, 5), (-7.0, 12.0, 3.0)
WORDS = (
    "spleen kidney_right kidney_left gallbladder liver stomach pancreas adrenal_gland_right adrenal_gland_left lung_left lung_right "
    "esophagus small_bowel duodenum colon urinary_bladder prostate sacrum vertebrae intervertebral_discs spinal_cord heart aorta "
    "inferior_vena_cava portal_vein_and_splenic_vein iliac_artery_left iliac_artery_right iliac_vena_left iliac_vena_right humerus_left "
    "humerus_right scapula_left scapula_right clavicula_left clavicula_right femur_left femur_right hip_left hip_right "
    "gluteus_maximus_left gluteus_maximus_right gluteus_medius_left gluteus_medius_right gluteus_minimus_left gluteus_minimus_right "
    "autochthon_left autochthon_right iliopsoas_left iliopsoas_right brain"
)
NAMES = WORDS.split()


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes two scans and says what must come out."""
    edition = "v2" if variant == "v2" else "v3"
    top = folder / "raw" / ("copy" if variant == "version_untold" else FOLDERS[edition])
    rows: list[Row] = []
    volumes: list[Row] = []
    promise = Phantom(folder / "raw", rows, {"volumes": volumes}, edition, secrets=list(SECRETS))
    promise.refused = variant in ("version_untold", "ct_beside")
    for number, name in enumerate(("s0011", "s0026")):
        spacing = ((0.75, 0.75, 2.5), (1.25, 1.25, 6.0))[number]
        voxels = rng(f"totalsegmentator {name}").integers(0, 900, SHAPE).astype(np.uint16)
        write_nifti(top / f"{name}/mri.nii.gz", *turned(axial(voxels), spacing, ORIGIN, "RAS"))
        if variant == "ct_beside":
            write_nifti(top / f"{name}/ct.nii.gz", *turned(axial(voxels), spacing, ORIGIN, "RAS"))
        drawn = _structures(number, edition)
        damaged = number == 0 and variant == "structure_missing"
        for structure in NAMES:
            if not (damaged and structure == "brain"):
                path = top / f"{name}/segmentations/{structure}.nii.gz"
                mask = drawn.get(structure, np.zeros(SHAPE, np.uint8))
                write_nifti(path, *turned(axial(mask), spacing, ORIGIN, "RAS"), identities=False)
        if damaged:
            promise.rejected.append(name)
        elif not promise.refused:
            scan = Scan(voxels, 1.0, 0.0, spacing, ORIGIN)
            _promise(rows, volumes, scan, name, [drawn.get(one, np.zeros(SHAPE, np.uint8)) for one in NAMES], number, edition)
    write(top / "meta.csv", "\ufeffimage_id;age;gender;split\r\ns0011;60;m;train\r\ns0026;61;f;test\r\n")
    return promise


def _structures(number: int, edition: str) -> dict[str, Array]:
    """What a scan shows: the first one's liver reaches into its heart; of the second one nothing is drawn in v2."""
    if number and edition == "v2":
        return {}
    liver, heart = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    liver[1, 1:4, 1:3] = heart[1, 3:5, 2:4] = 1
    return {"liver": liver, "heart": heart} if number == 0 else {"liver": liver}


def _promise(rows: list[Row], volumes: list[Row], scan: Scan, name: str, masks: list[Array], number: int, edition: str) -> None:
    """The rows of a scan: the higher class wins."""
    mask = np.zeros(SHAPE, np.uint8)
    for index, one in enumerate(masks, 1):
        mask[one != 0] = index
    searched = not (number and edition == "v2")
    columns: dict[str, Any] = {
        "mask_origin": "corrected",
        "age": 60.0 + number,
        "sex": ("male", "female")[number],
        "annotated_classes": NAMES if searched else [],
        "manufacturer": None,
    }
    overlap = [bool((sum(one[k].astype(int) for one in masks) > 1).any()) for k in range(SHAPE[0])]
    told: dict[str, Any] = {"split": ("train", "test")[number], "patient_id": name}
    slices = scan.slices(name, mask, f"{name}/mri.nii.gz", columns=columns, **told)
    for k, row in enumerate(slices):
        row.columns |= {"masks": [one[k] for one in masks], "mask_overlap": overlap[k]}
    rows += slices
    whole = {**columns, "masks": masks, "mask_overlap": any(overlap)}
    volumes.append(scan.volume(name, mask, f"{name}/mri.nii.gz", columns=whole, **told))
