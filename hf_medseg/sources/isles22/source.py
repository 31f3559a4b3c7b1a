"""ISLES'22: acute ischemic stroke in diffusion MRI, with FLAIR on a grid of its own."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of, volume_configs
from hf_medseg.dataset.columns import FLOAT32, FLOAT64, PICTURE, SEX, TEXT, VOLUME_COLUMNS, Column
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.cells import age_in, known, number_in, sex_in
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tables import json_of
from hf_medseg.raw.tree import Raw, union

SCAN = r"(sub-strokecase\d{4})/(ses-\d{4})/"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a patient: DWI and ADC with the lesions, or FLAIR alone, which lies on another grid."""
    dwi, adc, flair = (raw.find(rf"(?:rawdata/)?{SCAN}(?:dwi/|anat/)?\1_\2_(?i:{word}){NIFTI}") for word in ("dwi", "adc", "flair"))
    masks = raw.find(rf"derivatives/{SCAN}\1_\2_msk{NIFTI}")
    sidecars = raw.find(rf"(?:rawdata/)?{SCAN}(?:dwi/)?\1_\2_dwi\.json")
    if raw.config == "flair":
        for (patient, session), file in flair.items():
            yield Case(f"{patient}_{session}_flair", {"image": NiftiVolume(file), "mask": None}, patient_id=patient)
        return
    for key in union(dwi, adc, masks):
        patient, session = key
        image, other = (
            found.need(key, f"{patient}/{session}/dwi/{patient}_{session}_{w}.nii.gz") for found, w in ((dwi, "dwi"), (adc, "adc"))
        )
        mask = masks.need(key, f"derivatives/{patient}/{session}/{patient}_{session}_msk.nii.gz")
        yield Case(
            f"{patient}_{session}",
            {"image": NiftiVolume(image), "image_adc": NiftiVolume(other), "mask": Values(NiftiVolume(mask), {0: 0, 1: 1})},
            _said(raw, sidecars.get(key)),
            patient_id=patient,
        )


def _said(raw: Raw, sidecar: RawFile | None) -> dict[str, object]:
    """What the file beside the image says of patient and scanner: an allow-list, without dates."""
    if sidecar is None:
        return {}
    raw.use(sidecar)
    said = json_of(sidecar)
    cells = raw.said(sidecar.path, said if isinstance(said, dict) else {})
    return {
        "age": age_in(cells, "PatientAge"),
        "sex": sex_in(cells, "PatientSex"),
        "field_strength": number_in(cells, "MagneticFieldStrength"),
        "b_value": number_in(cells, "DiffusionBValue"),
        "manufacturer": known(str(cells.get("Manufacturer") or "")),
    }


OWN: dict[str, Column] = {
    "image_adc": PICTURE,
    "rescale_slope_adc": FLOAT64,
    "rescale_intercept_adc": FLOAT64,
    "age": FLOAT32,
    "sex": SEX,
    "field_strength": FLOAT32,
    "b_value": FLOAT32,
    "manufacturer": TEXT,
}

SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{SCAN}(?:dwi/)?\1_\2_dwi{NIFTI}",),
        configs=(*volume_configs(OWN), Config("flair", VOLUME_COLUMNS, description="FLAIR on its own grid, one row a slice; no masks.")),
        not_used=(
            (r"[^/]+_snp\.png", "a preview"),
            (r"[^/]+_(?i:adc|flair)\.json", "what the scanner was; the file beside DWI says the same"),
            (
                r"(?:participants\.tsv|dataset_description\.json|README|LICENSE)",
                "text about the data; columns are made of the files beside DWI",
            ),
        ),
    ),
    cases,
    signature=(r"sub-strokecase\d{4}_ses-\d{4}_(?i:dwi|adc|flair|msk)\.nii(?:\.gz)?",),
    ids=(r"sub_strokecase\d{4}",),
    begins=(rf"rawdata/{SCAN}[^/]+", rf"derivatives/{SCAN}[^/]+"),
)
