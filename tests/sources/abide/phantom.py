"""ABIDE: `Outputs/<pipeline>/<strategy>/<derivative>/<FILE_ID>_<derivative>.nii.gz`, a wide table; raw scans.

The pair of interest is `func_mean` with the automatic brain mask `func_mask`; raw T1 scans have no mask.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_tar, as_zip, disc, litter, natural, rng, write
from tests.support.nifti import SECRETS, Scan, axial, stored, turned, write_nifti

VARIANTS: dict[str, str] = {
    "clean": "the bucket's tree: float means, masks as floats and integers, several orders of axes, the table",
    "nilearn": "the flat folder that nilearn makes, the table beside it",
    "two_pipelines": "one subject in two pipelines and two strategies",
    "nested": "two folders deep, with litter of macOS and Windows",
    "zipped": "everything in one zip below a top folder",
    "no_table": "the bucket's tree without the table",
    "table_dialect": "the table re-saved with semicolons, BOM and CRLF",
    "table_latin1": "the table in Latin-1 with bare CR line ends",
    "raw_scans": "raw scans of two sites, unpacked: T1 without masks, the time series left alone",
    "raw_packed": "raw scans as downloaded: one .tgz per site",
    "mask_missing": "a subject without func_mask",
    "mask_value": "a func_mask holds 2",
    "mask_size": "a func_mask on a smaller grid than its mean",
    "nan": "a mean with a voxel that is not a number",
    "truncated": "a .nii.gz cut short",
    "zero_byte": "an empty .nii.gz",
    "missing_column": "the table lacks FILE_ID",
    "repeated_key": "the table has one FILE_ID twice with different diagnoses",
    "both": "derivatives and raw scans beside each other",
}

SHAPE = (14, 17, 6)  # to the left, to the back, upwards
ORIGIN = (-19.5, -21.0, -9.0)
SPACING = (3.0, 3.0, 3.0)
TABLE = "Phenotypic_V1_0b_preprocessed1.csv"
HEAD = ["", "Unnamed: 0", "SUB_ID", "X", "subject", "SITE_ID", "FILE_ID", "DX_GROUP", "DSM_IV_TR", "AGE_AT_SCAN", "SEX"]
HEAD += ["HANDEDNESS_CATEGORY", "FIQ", "VIQ", "PIQ", "EYE_STATUS_AT_SCAN", "func_mean_fd", "qc_rater_1"]
HEAD += ["qc_notes_rater_1", "qc_anat_rater_2", "qc_func_rater_2", "qc_anat_rater_3", "qc_func_rater_3", "SUB_IN_SMP"]


@dataclass
class Subject:
    """One line of the table."""

    site: str
    file_id: str
    group: str
    age: str
    sex: str
    iq: str
    fd: str
    rating: str
    note: str = ""
    code: str = "LAS"

    @property
    def number(self) -> str:
        """The subject's number as file names carry it."""
        return self.file_id.rpartition("_")[2]

    def line(self, index: int) -> list[str]:
        """The subject's line of the table."""
        number = self.number.lstrip("0")
        start = [str(index), str(index + 1), number, str(index + 1), number, self.site, self.file_id, self.group]
        start += ["1" if self.group == "1" else "0", self.age, self.sex, "R", self.iq, "", "-9999", "1"]
        return [*start, self.fd, self.rating, self.note, "OK", "maybe", "OK", "OK", "1"]

    def columns(self) -> dict[str, Any]:
        """Columns that come from the table."""
        # ASSUMED: the table's own names in lower case, numbers as float32; `site` is SITE_ID; -9999 is null.
        return {
            "label": "autism" if self.group == "1" else "control",
            "site": self.site,
            "age": float(np.float32(self.age)),
            "sex": "male" if self.sex == "1" else "female",
            "fiq": None if self.iq in ("", "-9999") else float(self.iq),
            "piq": None,
            "func_mean_fd": float(np.float32(self.fd)),
            "qc_rater_1": self.rating,
        }


SUBJECTS = [
    Subject("PITT", "Pitt_0050003", "1", "24.45", "1", "124", "0.3220915328", "OK"),
    Subject("CMU", "CMU_a_0050642", "2", "33", "2", "-9999", "0.0812", "OK", code="RAS"),
    Subject("UM_1", "UM_1_0050272", "2", "14.2", "1", "", "0.2511", "fail", "ghosting, ringing", code="LPS"),
    Subject("TRINITY", "Trinity_0050269", "1", "17.05", "1", "97", "0.0411", "maybe", code="LAS"),
]
MISSING = Subject("PITT", "no_filename", "1", "16.77", "1", "103", "0.1168276402", "fail", "ERROR #24")


def _mean(key: str) -> Array:
    """A mean image, slices first: fractions in the head, exactly 0 outside."""
    noise = rng(f"abide {key}").normal(900.0, 250.0, (SHAPE[2], SHAPE[1], SHAPE[0]))
    return np.where(disc(SHAPE[1], SHAPE[0], 8, 6, 6.4), noise, 0.0).astype(np.float32)


def _brain(key: str) -> Array:
    """A brain mask, slices first."""
    shift = sum(key.encode()) % 3
    mask = np.zeros((SHAPE[2], SHAPE[1], SHAPE[0]), dtype=np.uint8)
    for index in range(1, SHAPE[2] - 1):
        mask[index][disc(SHAPE[1], SHAPE[0], 6 + shift, 5, 4.5)] = 1
        mask[index][9 + shift : 11 + shift, 6 : 8 + index] = 1
    return mask


def _save(path: Path, array: Array, code: str, identities: bool = True) -> None:
    """Stores an array, slices first, in another order of axes."""
    voxels, affine = turned(axial(array), SPACING, ORIGIN, code)
    write_nifti(path, voxels, affine, identities)


def _pair(tree: Path, subject: Subject, pipeline: str, strategy: str, flat: bool, table: bool) -> tuple[list[Row], Row]:
    """Writes mean and mask of a subject; returns the rows of the slices and the row of the volume."""
    key = f"{pipeline}_{strategy}_{subject.file_id}"
    mean, mask = _mean(key), _brain(key)
    home = f"{pipeline}/{strategy}"

    def place(derivative: str, suffix: str = "nii.gz") -> str:
        return f"{home}/{'' if flat else derivative + '/'}{subject.file_id}_{derivative}.{suffix}"

    _save(tree / place("func_mean"), mean, subject.code)
    _save(tree / place("func_mask"), mask.astype(np.float32 if subject.group == "1" else np.uint8), subject.code, False)
    if pipeline == "cpac":
        _save(tree / place("alff"), _mean(f"alff {key}"), subject.code)
        write(tree / place("rois_aal", "1D"), "#2001\t#2002\n0.25\t-1.5\n0.5\t2.25\n")
        voxels, affine = turned(axial(mean), SPACING, ORIGIN, subject.code)
        write_nifti(tree / place("func_preproc"), np.stack([voxels, voxels * np.float32(1.01)], axis=3), affine)
    scan = Scan(mean, 1.0, 0.0, SPACING, ORIGIN)
    columns: dict[str, Any] = {"mask_origin": "automatic", "pipeline": pipeline, "strategy": strategy}
    columns |= subject.columns() if table else {"label": None, "age": None, "sex": None}
    promise: dict[str, Any] = {"patient_id": subject.number}
    # ASSUMED: FILE_ID repeats over pipelines and strategies, so both always stand before it in the id;
    # paths begin with the folder of the pipeline, which the bucket and nilearn share.
    slices = scan.slices(key, mask, place("func_mean"), columns=dict(columns), **promise)
    return slices, scan.volume(key, mask, place("func_mean"), columns=dict(columns), **promise)


def _table(tree: Path, variant: str) -> None:
    """The table, one line for a subject without files among the others."""
    lines = [list(HEAD)] + [subject.line(index) for index, subject in enumerate([MISSING, *SUBJECTS])]
    lines[1][2] = lines[1][4] = "50002"
    if variant == "missing_column":
        at = HEAD.index("FILE_ID")
        lines = [[*line[:at], *line[at + 1 :]] for line in lines]
    if variant == "repeated_key":
        again = SUBJECTS[0].line(9)
        again[HEAD.index("DX_GROUP")] = "2"
        lines.append(again)
    if variant == "table_latin1":
        lines[2][HEAD.index("qc_notes_rater_1")] = "B\u00e4nder"
    mark = ";" if variant == "table_dialect" else ","
    text = [mark.join(f'"{cell}"' if "," in cell else cell for cell in line) for line in lines]
    if variant == "table_dialect":
        write(tree / TABLE, b"\xef\xbb\xbf" + "".join(line + "\r\n" for line in text).encode())
    elif variant == "table_latin1":
        write(tree / TABLE, "".join(line + "\r" for line in text).encode("latin-1"))
    else:
        write(tree / TABLE, "".join(line + "\n" for line in text))


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree of a variant and says what must come out of it."""
    outer = folder / "raw"
    if variant in ("raw_scans", "raw_packed"):
        return _scans(folder, variant)
    flat = variant == "nilearn"
    project = outer / ("ABIDE_pcp" if flat else "data/Projects/ABIDE_Initiative")
    tree = project if flat else project / "Outputs"
    wanted = [(subject, "cpac", "nofilt_noglobal") for subject in SUBJECTS]
    if variant == "two_pipelines":
        wanted += [(SUBJECTS[0], "ccs", "nofilt_noglobal"), (SUBJECTS[0], "ccs", "filt_global")]
    found = [_pair(tree, *entry, flat, variant != "no_table") for entry in wanted]
    if variant != "no_table":
        _table(project, variant)
    if variant == "both":
        _scans(folder, "raw_scans")
    if variant in ("both", "missing_column"):
        return Phantom(outer, [], refused=True, secrets=list(SECRETS))
    rejected = _damage(tree / "cpac/nofilt_noglobal", SUBJECTS[2], variant)
    if rejected:
        del found[2]
    # ASSUMED: derivatives and raw scans are two editions, `pcp` and `raw`: their classes differ.
    if variant == "repeated_key":
        rejected = [SUBJECTS[0].file_id]
        del found[0]
    phantom = _promise(outer, found, "pcp")
    phantom.rejected = rejected
    phantom.not_used = [f"Pitt_0050003_{name}" for name in ("alff.nii.gz", "func_preproc.nii.gz", "rois_aal.1D")]
    if variant == "nested":
        litter(outer)
        phantom.raw = folder
    elif variant == "zipped":
        phantom.raw = as_zip(project, folder / "abide.zip", "ABIDE_Initiative/")
    return phantom


def _promise(raw: Path, found: list[tuple[list[Row], Row]], edition: str) -> Phantom:
    """Rows in natural order."""
    rows = sorted((row for rows, _ in found for row in rows), key=lambda row: natural(row.image_id))
    volumes = sorted((row for _, row in found), key=lambda row: natural(row.image_id))
    return Phantom(raw, rows, {"volumes": volumes}, edition, secrets=list(SECRETS))


def _damage(home: Path, subject: Subject, variant: str) -> list[str]:
    """Spoils one subject where the variant says so; returns what must be named as rejected."""
    key = f"cpac_nofilt_noglobal_{subject.file_id}"
    mean, mask = (home / name / f"{subject.file_id}_{name}.nii.gz" for name in ("func_mean", "func_mask"))
    brain = _brain(key)
    if variant == "mask_missing":
        mask.unlink()
    elif variant == "mask_value":
        brain[2, 3:5, 4:9] = 2
        _save(mask, brain, subject.code)
    elif variant == "mask_size":
        _save(mask, brain[:, :-1], subject.code)
    elif variant == "nan":
        array = _mean(key)
        array[3, 8, 6] = np.nan
        _save(mean, array, subject.code)
    elif variant == "truncated":
        mean.write_bytes(mean.read_bytes()[: mean.stat().st_size // 2])
    elif variant == "zero_byte":
        mean.write_bytes(b"")
    else:
        return []
    return [subject.file_id]


def _scans(folder: Path, variant: str) -> Phantom:
    """Raw scans: `<Site>/<number>/session_1/anat_1/mprage.nii.gz`."""
    tree = folder / "raw"
    found = []
    spacing, origin = (1.0, 1.0, 1.25), (-8.0, -11.5, -3.75)
    for site, number, code, kind in (
        ("Pitt", "0050003", "PSR", np.int16),
        ("Pitt", "0050004", "LAS", np.int16),
        ("UM_1", "0050272", "RAS", np.uint16),
    ):
        low = -5 if kind is np.int16 else 0
        array = rng(f"abide raw {number}").integers(low, 1800, (5, 21, 16)).astype(kind)
        home = f"{site}/{number}/session_1"
        voxels, affine = turned(axial(array), spacing, origin, code)
        write_nifti(tree / home / "anat_1/mprage.nii.gz", voxels, affine)
        series = np.stack([voxels[:4, :5, :3]] * 2, axis=3)
        write_nifti(tree / home / "rest_1/rest.nii.gz", series, affine)
        pixels, intercept = stored(array)
        scan = Scan(pixels, 1.0, intercept, spacing, origin)
        # ASSUMED: every file is called mprage, so site and number are the id.
        volume, file = f"{site}_{number}", f"{home}/anat_1/mprage.nii.gz"
        found.append((scan.slices(volume, None, file, patient_id=number), scan.volume(volume, None, file, patient_id=number)))
    phantom = _promise(tree, found, "raw")
    phantom.not_used = ["rest.nii.gz"]
    if variant == "raw_packed":
        phantom.raw = folder / "downloads"
        for site in ("Pitt", "UM_1"):
            as_tar(tree / site, phantom.raw / f"{site}.tgz", f"{site}/")
    return phantom
