"""I2CVB prostate: `GE/Patient N/` and `Siemens/Patient N/` with one DICOM folder per sequence and ground truth below GT/.

Variants add the multi-site re-host in NIfTI (Site C) and what users hold before unpacking. A variant whose name starts with
`refused_` must be refused as a whole.
"""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from tests.support.dicom import SECRETS, Series, ordered, stored, write_series
from tests.support.kit import Array, Phantom, Row, disc, grey, rng, write
from tests.support.nifti import afni

VARIANTS: dict[str, str] = {
    "clean": "both scanners side by side: all sequences, a patient without cancer, one without ground truth, one GT slice missing",
    "siemens_only": "only the Siemens archive was downloaded",
    "ge_only": "only the GE archive was downloaded, kept one folder deeper",
    "flipped_gt": "one patient's ground truth runs against the image; `gt_flipped` says so",
    "authors_copy": "GT_inv, the authors' own flipped copy, lies beside GT: listed, not used",
    "underscore_names": "Patient_383 as unpacking scripts rename it",
    "saml": "multi-site re-host: I2CVB/CaseNN.nii.gz with CaseNN_segmentation.nii.gz",
    "saml_capital": "the same with CaseNN_Segmentation.nii.gz, other sites beside",
    "short_gt": "a ground truth with another number of rows and columns: rejected",
    "no_gland": "zones without the gland folder: the gland column is null, the rest is used",
    "truncated_gt": "a ground truth slice is cut off: its patient is rejected",
    "saml_missing_mask": "a case without its mask: rejected",
    "refused_split_parts": "ge-1-5t.tar.gz.aa, .ab not joined yet: refused with the command that joins them",
}

EDITIONS = ("original", "saml")  # ASSUMED: the re-host is an edition: other citation, other classes
DESCRIP = "prostate of Quittenbaum"
GZIP_NAME = "Quittenbaum_T2.nii"
# ASSUMED: ascending class index wins, so the gland comes first and cancer last.
CLASSES = {"prostate": 1, "pz": 2, "cg": 3, "cap": 4}
HEIGHT, WIDTH = 30, 26


def _truths(key: str, count: int) -> dict[str, Array]:
    """Gland, zones and cancer, (slices, rows, columns), bool; lopsided along every axis."""
    found = {name: np.zeros((count, HEIGHT, WIDTH), bool) for name in CLASSES}
    shift = int(rng(key).integers(0, 3))
    for z in range(1, count):  # the first slice lies below the gland; the last one is inside it
        gland = disc(HEIGHT, WIDTH, 14 + shift, 11, 4.2 + 1.2 * z)
        centre = disc(HEIGHT, WIDTH, 12 + shift, 12, 2.0 + 0.8 * z)
        zone = gland & ~disc(HEIGHT, WIDTH, 11 + shift, 12, 3.2 + 0.9 * z)
        found["prostate"][z], found["cg"][z], found["pz"][z] = gland, centre & gland, zone
        if z in (2, 3):
            found["cap"][z] = zone & disc(HEIGHT, WIDTH, 19 + shift, 9, 3.0)
    found["pz"] &= ~found["cg"]
    return found


def _label_map(truths: dict[str, Array], names: list[str]) -> Array:
    mask = np.zeros(truths["prostate"].shape, np.uint8)
    for name, value in CLASSES.items():
        if name in names:
            mask[truths[name]] = value
    return mask


def _t2w(key: str, truths: dict[str, Array]) -> Array:
    """Noise with a bright gland, so that its edge tells the order of the slices."""
    count = len(truths["prostate"])
    noise = np.stack([grey(f"{key} {z}", HEIGHT, WIDTH, 60, np.int32) for z in range(count)])
    return np.asarray(noise + 100 + 500 * truths["prostate"] + 150 * truths["pz"]).astype(np.uint16)


class Patient:
    """One patient of the owner's release."""

    def __init__(self, vendor: str, number: str, count: int, classes: str, *, folder: str | None = None) -> None:
        self.vendor, self.number, self.count = vendor, number, count
        self.names = classes.split()
        self.folder = folder or f"Patient {number}"
        self.truths = _truths(f"gland {number}", count)
        self.unread: int | None = None  # a slice whose ground truth is missing
        self.flipped = False
        self.gt: dict[str, Series] = {}
        self.t2w: Series | None = None
        self.others: list[Series] = []

    def series(self, folder: Path, pixels: Array, kind: str, **options: Any) -> Series:
        """Writes one series of this patient; the header's identities are planted, PatientID among them."""
        siemens = self.vendor == "Siemens"
        # An oblique axial plane: the rows tilt by about ten degrees around the left-right axis.
        slope = (1.0, 0.0, 0.0, 0.0, 0.98480775, 0.17364818) if siemens else (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
        settings: dict[str, Any] = {
            "modality": "MR",
            "description": kind,
            "orientation": slope,
            "slice_spacing": 1.25 if siemens else 3.0,
            "slice_thickness": 1.25 if siemens else 3.0,
            "pixel_spacing": (0.875, 0.9) if siemens else (0.27, 0.28),
            "origin": (-60.0, -50.0, -30.0),
            "bits_stored": 12,
            "removed": None,
            "file_name": lambda n, sop: f"IM-0001-{n:04d}.dcm" if siemens else f"MRI{n:03d}.dcm",
        }
        settings.update(options)
        return write_series(
            folder, pixels, name=f"i2cvb {self.number} {kind}", study=f"i2cvb {self.number}",
            patient_id="HOSP-55512345", **settings,
        )  # fmt: skip

    def write(self, root: Path) -> None:
        """Writes all folders of the patient."""
        here = root / self.vendor / self.folder
        self.t2w = self.series(here / "T2W", _t2w(f"t2w {self.number}", self.truths), "T2W")
        for order, name in enumerate(self.names):
            value = (1, 255, 1000, 7)[order]  # anything but 0 is the structure
            truth = self.truths[name][::-1] if self.flipped else self.truths[name]
            series = self.series(here / "GT" / name, (truth * value).astype(np.uint16), f"GT {name}")
            if self.unread is not None:
                series.paths[self.unread].unlink()
            self.gt[name] = series
        # ASSUMED: DCE, DWI and ADC lie on grids of their own and are no part of this table.
        small = np.stack([grey(f"other {self.number} {z}", 16, 14, 900, np.uint16) for z in range(2)])
        if self.vendor == "Siemens" or self.number not in ("33540", "72679", "203662"):
            for time in range(2):  # all time points in one folder, one series each
                self.others.append(
                    self.series(here / "DCE", small + time, f"DCE {time}", slice_spacing=3.5,
                                file_name=lambda n, sop, t=time: f"IM-{t + 1:04d}-{n:04d}.dcm")
                )  # fmt: skip
        self.others.append(self.series(here / "DWI", small, "DWI", slice_spacing=3.5))
        if self.vendor == "Siemens":
            self.others.append(self.series(here / "ADC", small // 2, "ADC", slice_spacing=3.5))
            write(here / "MRSI" / "CSI_SE_3D_140ms_16c.rda", _rda())

    def rows(self) -> tuple[list[Row], Row]:
        """Expected rows."""
        assert self.t2w is not None
        names = self.names
        mask = _label_map(self.truths, names) if names else None

        def columns(index: int) -> dict[str, Any]:
            found: dict[str, Any] = {"scanner": "siemens_3t" if self.vendor == "Siemens" else "ge_1_5t"}
            for name in CLASSES:
                known = name in names and index != self.unread
                found[f"mask_{name}"] = self.truths[name][index].astype(np.uint8) if known else None
            found["gt_flipped"] = self.flipped if names else None
            return found

        rows = self.t2w.rows(mask, patient_id=self.number, volume_id=self.number, columns=columns)
        whole = mask
        if self.unread is not None and mask is not None:
            rows[self.unread] = replace(rows[self.unread], mask=None)
            whole = mask.copy()
            whole[self.unread] = 255
        return rows, self.t2w.volume(whole, patient_id=self.number, volume_id=self.number)


def _rda() -> bytes:
    """A spectrum of the scanner: text header with names, then numbers."""
    header = (
        ">>> Begin of header <<<\r\nPatientName: Quittenbaum^Zwiebelfisch\r\nPatientBirthDate: 19310417\r\n"
        "InstitutionName: Klinik am Weissensee\r\nVectorSize: 16\r\n>>> End of header <<<\r\n"
    )
    return header.encode() + rng("rda").random(64).astype("<f8").tobytes()


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the variant below `folder`."""
    if variant not in VARIANTS:
        raise KeyError(variant)
    raw = folder / "raw"
    if variant.startswith("saml"):
        return _saml(raw, variant)
    if variant == "refused_split_parts":
        for name in ("ge-1-5t.tar.gz.aa", "ge-1-5t.tar.gz.ab", "siemens-3t.tar.gz.aa"):
            write(raw / name, b"\x1f\x8b\x08\x00" + rng(name).bytes(200) if name.endswith("aa") else rng(name).bytes(200))
        return Phantom(raw, [], refused=True)
    everything = "prostate pz cg cap"
    patients = [
        Patient("Siemens", "383", 5, everything),
        Patient("Siemens", "384", 4, "prostate pz cg"),  # no cancer: no folder
        Patient("Siemens", "737", 3, ""),  # no ground truth
        Patient("GE", "33540", 4, everything),  # no DCE
        Patient("GE", "428260", 4, "prostate pz cg"),
    ]
    patients[4].unread = 2
    if variant == "siemens_only":
        patients = patients[:3]
    if variant == "ge_only":
        patients = patients[3:]
    if variant == "underscore_names":
        for patient in patients:
            patient.folder = patient.folder.replace(" ", "_")
    if variant == "flipped_gt":
        patients[1].flipped = True
    if variant == "no_gland":
        patients[0].names = ["pz", "cg"]
    root = raw / "prostate" if variant == "ge_only" else raw
    promise = Phantom(raw, [], edition="original", secrets=SECRETS)
    for patient in patients:
        patient.write(root)
        promise.not_used += [series.uid for series in patient.others]
    if any(patient.vendor == "Siemens" for patient in patients):
        promise.not_used.append("CSI_SE_3D_140ms_16c.rda")
    if any(patient.unread is not None for patient in patients):
        promise.known.append("428260")
    lost = _damage(root, variant, patients[0], promise)
    found = [patient.rows() for patient in patients if patient is not lost]
    promise.rows = ordered([row for rows, _ in found for row in rows])
    promise.configs = {"volumes": ordered([volume for _, volume in found])}
    return promise


def _damage(root: Path, variant: str, patient: Patient, promise: Phantom) -> Patient | None:
    """Spoils the first patient; returns it when nothing of it may come out."""
    here = root / patient.vendor / patient.folder
    if variant == "authors_copy":
        flipped = patient.truths["prostate"][::-1].astype(np.uint16)
        promise.not_used.append(patient.series(here / "GT_inv" / "prostate", flipped, "GT inv").uid)
    if variant == "short_gt":
        for path in patient.gt["pz"].paths:
            path.unlink()
        patient.series(here / "GT" / "pz", patient.truths["pz"][:, :-2, :].astype(np.uint16), "GT pz")
    if variant == "truncated_gt":
        path = patient.gt["cg"].paths[2]
        path.write_bytes(path.read_bytes()[:-500])
    if variant in ("short_gt", "truncated_gt"):
        promise.rejected.append(patient.number)
        return patient
    return None


def _nifti(path: Path, voxels: Array, affine: Array) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(voxels, affine)
    image.header["descrip"] = DESCRIP.encode()
    image.header["aux_file"] = b"Doktorowa"
    image.header.extensions.append(afni(DESCRIP))
    with path.open("wb") as target, gzip.GzipFile(GZIP_NAME, "wb", fileobj=target, mtime=0) as packed:
        packed.write(image.to_bytes())


def _to_file(array: Array) -> Array:
    """(slices, rows, columns) in LPS order as the axes that the file stores."""
    return array[:, ::-1].transpose(2, 1, 0)


def _saml(raw: Path, variant: str) -> Phantom:
    """The re-host: gland only; values above 1 occur and mean gland too."""
    root = raw / "Processed_data_nii"
    suffix = "_Segmentation" if variant == "saml_capital" else "_segmentation"
    promise = Phantom(raw, [], edition="saml", secrets=[DESCRIP, GZIP_NAME, "Doktorowa"])
    # Stored right to left but posterior to anterior: axes (R->L, P->A, I->S).
    affine = np.array([[-0.6, 0, 0, 40.0], [0, 0.65, 0, -45.0], [0, 0, 3.0, -10.0], [0, 0, 0, 1]])
    rows, volumes = [], []
    for number in ("00", "02", "11"):
        truths = _truths(f"saml {number}", 4)
        pixels = _t2w(f"saml {number}", truths).astype(np.int16) - 200
        gland = truths["prostate"].astype(np.uint8)
        published = gland.copy()
        if number == "02":
            published[truths["pz"]] = 2
        name = f"I2CVB/Case{number}.nii.gz"
        _nifti(root / name, _to_file(pixels), affine)
        if variant == "saml_missing_mask" and number == "11":
            promise.rejected.append("Case11")
            continue
        _nifti(root / f"I2CVB/Case{number}{suffix}.nii.gz", _to_file(published), affine)
        image, slope, intercept = stored(pixels)
        same = {
            "volume_id": f"Case{number}",
            "num_slices": 4,
            "orientation": "LPS",
            "rescale_slope": slope,
            "rescale_intercept": intercept,
        }
        geometry = {"plane": "axial", "pixel_spacing": [0.65, 0.6], "slice_spacing": 3.0}
        for index in range(4):
            columns = {**same, **geometry, "slice_index": index, "mask_prostate": gland[index]}
            rows.append(
                Row(
                    f"Case{number}_{index:04d}",
                    image[index],
                    gland[index],
                    name,
                    patient_id=f"Case{number}",
                    columns=columns,
                )
            )
        volumes.append(Row(f"Case{number}", image, gland, name, patient_id=f"Case{number}", columns=same))
    if variant == "saml_capital":
        # ASSUMED: the other sites of the re-host are other data sets: listed, not used.
        for site, segmentation in (("RUNMC", "segmentation"), ("BMC", "Segmentation"), ("HK", "segmentation")):
            for name in ("Case00", f"Case00_{segmentation}"):
                voxels = rng(site + name).integers(0, 2, (6, 7, 3)).astype(np.int16)
                _nifti(root / site / f"{name}.nii.gz", voxels, affine)
                promise.not_used.append(f"{site}/{name}.nii.gz")
    promise.rows, promise.configs = ordered(rows), {"volumes": ordered(volumes)}
    return promise
