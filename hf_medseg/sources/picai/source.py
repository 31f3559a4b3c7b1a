"""PI-CAI: prostate cancer in biparametric MRI, with gland and zones; MetaImage scans, NIfTI masks of several hands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of, volume_configs
from hf_medseg.dataset.columns import FLAG, FLOAT32, INT32, PICTURE, TEXT, VOLUME_COLUMNS, Column
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.formats.fitted import Fitted
from hf_medseg.formats.headed import HeadedVolume
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.cells import age_in, known, number_in, whole_in
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union

# Patient and study, as images and as masks have them.
SCAN, NAME = r"(\d{5})/\1_(\d{7})", r"(\d{5})_(\d{7})"


# config -> (the word in the names of its files, what it is)
SEQUENCES = {
    "adc": ("adc", "The apparent diffusion coefficient"),
    "hbv": ("hbv", "Diffusion of a high b-value"),
    "cor": ("cor", "Coronal T2"),
    "sag": ("sag", "Sagittal T2"),
}

EXPERTS = "csPCa_lesion_delineations/human_expert"

# Grades that an expert gave; the other experts' outlines have none, and are the last class.
GRADED = {0: 0, 2: 1, 3: 2, 4: 3, 5: 4}
UNGRADED = {0: 0, 1: 5}

# column -> (folder of a program's masks, its classes)
AUTOMATIC = {
    "mask_whole_gland": ("anatomical_delineations/whole_gland/AI/Bosma22b", 1),
    "mask_whole_gland_2": ("anatomical_delineations/whole_gland/AI/Guerbet23", 1),
    "mask_zones": ("anatomical_delineations/zonal_pz_tz/AI/Yuan23", 2),
    "mask_zones_2": ("anatomical_delineations/zonal_pz_tz/AI/HeviAI23", 2),
}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a study: axial T2 with its masks, or another sequence alone, which lies on another grid."""
    if raw.config in SEQUENCES:
        for (patient, study), file in raw.find(rf"{SCAN}_{SEQUENCES[raw.config][0]}\.mha").items():
            yield Case(f"{patient}_{study}_{raw.config}", {"image": HeadedVolume(file), "mask": None}, patient_id=patient)
        return
    images = raw.find(rf"{SCAN}_t2w\.mha")
    graded, ungraded = (raw.find(rf"{EXPERTS}/{folder}/{NAME}{NIFTI}") for folder in ("resampled", "Pooch25"))
    automatic = {column: raw.find(rf"{folder}/{NAME}{NIFTI}") for column, (folder, _) in AUTOMATIC.items()}
    lines = _lines(raw)
    for key in union(images, graded, ungraded):
        patient, study = key
        name = f"{patient}_{study}"
        if key in ungraded and key not in graded:
            mask = Values(NiftiVolume(ungraded[key]), UNGRADED)
        else:
            mask = Values(NiftiVolume(graded.need(key, f"{EXPERTS}/resampled/{name}.nii.gz")), GRADED)
        yield Case(
            name,
            {
                "image": HeadedVolume(images.need(key, f"{patient}/{name}_t2w.mha")),
                "mask": mask,
                **{
                    column: Values(
                        Fitted(NiftiVolume(found[key]), NOT_ANNOTATED),
                        {NOT_ANNOTATED: NOT_ANNOTATED, **{value: value for value in range(AUTOMATIC[column][1] + 1)}},
                    )
                    for column, found in automatic.items()
                    if key in found
                },
            },
            _said(lines.get(key, {})),
            patient_id=patient,
        )


def _lines(raw: Raw) -> Keyed:
    """The lines of the owners' table by patient and study."""
    table = raw.table(r"marksheet\.csv", ("patient_id", "study_id"))
    return Keyed() if table is None else table.by("patient_id", "study_id")


def _said(line: Mapping[str, str]) -> dict[str, object]:
    """What the owners' table says of a study: an allow-list, without dates."""
    return {
        "age": age_in(line, "patient_age"),
        "psa": number_in(line, "psa"),
        "prostate_volume": number_in(line, "prostate_volume"),
        "isup": whole_in(line, "case_ISUP"),
        "clinically_significant": {"yes": True, "no": False}.get(line.get("case_csPCa", "").strip().lower()),
        "center": known(line.get("center")),
    }


OWN: dict[str, Column] = {
    **dict.fromkeys(AUTOMATIC, PICTURE),
    "age": FLOAT32,
    "psa": FLOAT32,
    "prostate_volume": FLOAT32,
    "isup": INT32,
    "clinically_significant": FLAG,
    "center": TEXT,
}

SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{SCAN}_t2w\.mha", rf"{EXPERTS}/(?:resampled|Pooch25)/{NAME}{NIFTI}"),
        configs=(
            *volume_configs(OWN),
            *(Config(name, VOLUME_COLUMNS, description=f"{what}, one row a slice; no masks.") for name, (_, what) in SEQUENCES.items()),
        ),
        not_used=(
            (rf"{EXPERTS}/original/{NAME}{NIFTI}", "an outline on the grid of another sequence; the owners put it on that of T2"),
            (rf"csPCa_lesion_delineations/AI/.+{NIFTI}", "a program's outlines of lesions; people outlined those of all studies"),
            (rf"{SCAN}_(?:adc|hbv|cor|sag)\.mha", "a sequence on a grid of its own: see the configs"),
            (r"[^/]+\.(?:csv|json|xlsx)", "a table; no column is made from it"),
            (r"(?:README\.md|LICENSE)", "text about the data"),
        ),
    ),
    cases,
    signature=(rf"{SCAN}_(?:t2w|adc|hbv)\.mha", rf"{EXPERTS}/(?:original|resampled|Pooch25)/{NAME}{NIFTI}"),
    ids=(r"1[01]\d{3}_100[01]\d{3}",),
)
