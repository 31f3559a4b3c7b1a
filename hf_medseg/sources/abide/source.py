"""ABIDE I: preprocessed means of functional MRI with automatic brain masks, or raw T1 scans; autism and controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.dataset.columns import FLOAT32, MASK_ORIGIN, SEX, TEXT, Column, Label
from hf_medseg.formats.nifti import NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.cells import age_in, known, number_in, sex_in, whole_in
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union

PIPELINES = r"(ccs|cpac|dparsf|niak)/(filt_global|filt_noglobal|nofilt_global|nofilt_noglobal)/"

SCAN = r"([^/]+)/(\d{7})/session_1/anat_1/mprage\.nii\.gz"

BRAIN = {0: 0, 1: 1}

# codes of the table, 1 first
GROUPS = {1: "autism", 2: "control"}

SEXES = {1: "male", 2: "female"}

NOTHING = (-9999.0, -999.0)

EYES = {1: "open", 2: "closed"}

NUMBERS = ("FIQ", "VIQ", "PIQ", "func_mean_fd")

RATINGS = ("qc_rater_1", "qc_anat_rater_2", "qc_func_rater_2", "qc_anat_rater_3", "qc_func_rater_3")


def cases(raw: Raw) -> Iterator[Case]:
    """One case a mean image (pipeline, strategy, subject), or one a raw scan."""
    if raw.edition == "raw":
        yield from _scans(raw)
        return
    means = raw.find(PIPELINES + r"(?:func_mean/)?([^/]+)_func_mean\.nii\.gz")
    masks = raw.find(PIPELINES + r"(?:func_mask/)?([^/]+)_func_mask\.nii\.gz")
    keys = union(means, masks)
    table = _table(raw, r"Phenotypic_V1_0b_preprocessed1\.csv", "FILE_ID", {subject for _, _, subject in keys})
    facts = {subject: _facts(row) for subject, row in table.items()}
    for key in keys:
        pipeline, strategy, subject = key
        mean, mask = (
            found.need(key, f"{pipeline}/{strategy}/{name}/{subject}_{name}.nii.gz")
            for found, name in ((means, "func_mean"), (masks, "func_mask"))
        )
        yield Case(
            "_".join(key),
            {"image": NiftiVolume(mean), "mask": Values(NiftiVolume(mask), BRAIN)},
            {"pipeline": pipeline, "strategy": strategy, "mask_origin": "automatic", **facts.get(subject, {})},
            patient_id=subject.rpartition("_")[2],
            problem=Problem.of(table.conflicts.get(subject, "")),
        )


def _scans(raw: Raw) -> Iterator[Case]:
    scans = raw.find(SCAN)
    table = _table(raw, r"Phenotypic_V1_0b\w*\.csv", "SUB_ID", {subject.lstrip("0") for _, subject in scans})
    facts = {subject: _facts(row) for subject, row in table.items()}
    for (site, subject), file in scans.items():
        key = subject.lstrip("0")
        yield Case(
            f"{site}_{subject}",
            {"image": NiftiVolume(file), "mask": None},
            {"site": site.upper(), **facts.get(key, {})},
            patient_id=subject,
            problem=Problem.of(table.conflicts.get(key, "")),
        )


def _table(raw: Raw, pattern: str, key: str, there: set[str]) -> Keyed:
    table = raw.table(pattern, (key, "DX_GROUP", "AGE_AT_SCAN", "SEX"))
    return Keyed() if table is None else table.by(key, of=there, each=True)


def _facts(row: Mapping[str, str]) -> dict[str, object]:
    """What the table says of a subject; -9999 and empty cells are unknown."""
    site, *ratings = (known(row.get(name)) for name in ("SITE_ID", *RATINGS))
    return {
        "label": _name(GROUPS, whole_in(row, "DX_GROUP", nothing=NOTHING)),
        "site": site,
        "age": age_in(row, "AGE_AT_SCAN", nothing=NOTHING),
        "sex": sex_in(row, "SEX", SEXES, nothing=NOTHING),
        "eyes": _name(EYES, whole_in(row, "EYE_STATUS_AT_SCAN", nothing=NOTHING)),
        **{name.lower(): number_in(row, name, nothing=NOTHING) for name in NUMBERS},
        **dict(zip(RATINGS, ratings, strict=True)),
    }


def _name(names: dict[int, str], code: int | None) -> str | None:
    """The name of a code; a code that the table does not declare stays as it is, and its case is rejected."""
    return None if code is None else names.get(code, str(code))


PEOPLE: dict[str, Column] = {
    "label": Label(tuple(GROUPS.values())),
    "site": TEXT,
    "age": FLOAT32,
    "sex": SEX,
    "eyes": Label(tuple(EYES.values())),
    **{name.lower(): FLOAT32 for name in NUMBERS},
    **dict.fromkeys(RATINGS, TEXT),
}

SOURCE = source_of(
    __file__,
    {
        "pcp": Reading(
            landmarks=(PIPELINES + r"(?:func_mean/)?[^/]+_func_mean\.nii\.gz",),
            configs=volume_configs({"pipeline": TEXT, "strategy": TEXT, "mask_origin": MASK_ORIGIN, **PEOPLE}),
            not_used=(
                (r"[^/]+_func_preproc\.nii\.gz", "time series: no image of this table"),
                (r"[^/]+\.1D", "time series of regions, no image"),
                (
                    r"[^/]+_(?:alff|falff|degree_\w+|dual_regression|eigenvector_\w+|lfcd|reho|vmhc)\.nii\.gz",
                    "map of a statistic, no image of this table",
                ),
                (r"[^/]+\.mgz", "FreeSurfer output in another space"),
            ),
        ),
        "raw": Reading(
            landmarks=(SCAN,),
            configs=volume_configs(PEOPLE),
            not_used=((r"rest_\d+/rest\.nii\.gz", "time series: no image of this table"),),
        ),
    },
    cases,
    signature=(PIPELINES + r"(?:func_mean/)?[^/]+_func_mean\.nii\.gz", r"Phenotypic_V1_0b(?:_preprocessed1)?\.csv", SCAN),
    ids=(
        r"(?:Caltech|CMU_[ab]|KKI|Leuven_[12]|MaxMun_[a-d]|NYU|OHSU|Olin|Pitt|SBL|SDSU|Stanford|Trinity|UCLA_[12]|UM_[12]|USM|Yale)_005[01]\d{3}",
    ),
)
