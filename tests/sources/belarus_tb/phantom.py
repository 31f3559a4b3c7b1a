"""Belarus tuberculosis portal: `patient/<id>/case/<id>/imaging/study/<id>/<study>/series/<series>/<instance>.dcm`.

Chest CT as series, chest X-rays as single files, a JPEG rendering beside some DICOM files. No masks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.uid import UID

from tests.support.dicom import SECRETS, Series, natural, ordered, uid, write_series
from tests.support.kit import Array, Phantom, Row, grey, rng, save_jpeg, write

VARIANTS: dict[str, str] = {
    "clean": "three patients, one with two cases; CT with two kernels and a localiser, X-rays in both photometries, JPEGs",
    "any-folder": "users' own folders: patient from PatientID, no case",
    "ct-only": "an export that holds no X-ray",
    "cxr-only": "an export that holds no CT",
    "jpg-only": "one study has renderings only: not used",
    "conflicting-cases": "one instance lies under two patients' folders",
    "conflicting-slice": "two slices of a series with one position and different pixels",
    "mixed-orientation": "one slice of a series stands upright",
}

HEIGHT, WIDTH = 26, 34


def _edit(kernel: str | None, kind: list[str]) -> Callable[[FileDataset, int], None]:
    def edit(header: FileDataset, index: int) -> None:
        header.ImageType = kind
        if kernel is not None:
            header.ConvolutionKernel = kernel

    return edit


def _home(raw: Path, variant: str, patient: str, case: str, study: str, series: str) -> Path:
    """The folder of a series, named by the texts that its UIDs are made of."""
    if variant == "any-folder":
        return raw / "my download" / patient / series
    at = raw / "patient" / patient / "case" / case / "imaging" / "study" / study.split()[-1]
    return at / uid(f"study {study}") / "series" / uid(f"series {series}")


def _ct(folder: Path, name: str, study: str, patient: str, count: int, kernel: str, signed: bool) -> Series:
    pixels = rng(name).integers(0, 1800, (count, HEIGHT, WIDTH))
    pixels[:, 4:11, 6:15] += 900
    return write_series(
        folder,
        (pixels - 1024).astype(np.int16) if signed else pixels.astype(np.uint16),
        name=name,
        study=study,
        patient_id=patient,
        description="CHEST",
        pixel_spacing=(0.71, 0.71),
        slice_spacing=5.0,
        slice_thickness=5.0,
        intercept=0.0 if signed else -1024.0,
        bits_stored=16 if signed else 12,
        removed=None,
        file_name=lambda number, sop: f"{sop}.dcm",
        edit=_edit(kernel, ["ORIGINAL", "PRIMARY", "AXIAL"]),
    )


def _cxr(folder: Path, name: str, study: str, patient: str, modality: str, bits: int, dark: bool) -> Series:
    pixels = grey(name, 40, 33, 2**bits - 5, np.uint16)
    pixels[6:20, 4:12] //= 3
    return write_series(
        folder,
        pixels[None],
        name=name,
        study=study,
        patient_id=patient,
        modality=modality,
        description="Chest PA",
        bits_stored=bits,
        monochrome1=dark,
        removed=None,
        file_name=lambda number, sop: f"{sop}.dcm",
        edit=_edit(None, ["DERIVED", "PRIMARY"]),
    )


def _ct_rows(series: Series, patient: str, case: str | None, kernel: str) -> tuple[list[Row], Row]:
    """ASSUMED: a volume is a series; `case_id`, `convolution_kernel` and `instance_number` are columns."""

    def columns(index: int) -> dict[str, Any]:
        number = int(series.headers[index].InstanceNumber)
        return {"case_id": case, "convolution_kernel": kernel, "instance_number": number, "modality": "CT"}

    whole = {"case_id": case, "convolution_kernel": kernel, "modality": "CT"}
    return series.rows(patient_id=patient, columns=columns), series.volume(patient_id=patient, columns=whole)


def _cxr_row(series: Series, patient: str, case: str | None) -> Row:
    """ASSUMED: X-rays are a config `cxr` of their own; the image id is the SOPInstanceUID, the file's published stem."""
    sop = series.sop_uids[0]
    values = {
        "case_id": case,
        "modality": series.modality,
        "rescale_slope": series.slope,
        "rescale_intercept": series.intercept,
    }
    return Row(sop, series.image[0], None, f"{series.uid}/{sop}.dcm", patient_id=patient, columns=values)


def _rendering(series: Series, index: int) -> str:
    """A JPEG of a slice under the instance's name."""
    picture: Array = (series.image[index] / series.image[index].max() * 255).astype(np.uint8)
    save_jpeg(series.paths[index].with_suffix(".jpg"), picture)
    return series.paths[index].with_suffix(".jpg").name


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns what must come out of it.

    Ids: patients 201, 1044 (two cases) and 1187. Case 77 of 1044 holds one CT in two kernels behind a localiser.
    """
    if variant not in VARIANTS:
        raise ValueError(variant)
    slices: list[Row] = []
    volumes: list[Row] = []
    xrays: list[Row] = []
    not_used: list[str] = []
    rejected: list[str] = []
    no_case = variant == "any-folder"

    if variant != "cxr-only":
        plans = [
            ("201", "31", "by study 1", "by ct 1", 4, "B30f", True),
            ("1044", "77", "by study 2", "by ct 2 soft", 3, "STANDARD", False),
            ("1044", "77", "by study 2", "by ct 2 lung", 3, "LUNG", False),
        ]
        for patient, case, study, name, count, kernel, signed in plans:
            series = _ct(_home(folder, variant, patient, case, study, name), name, study, patient, count, kernel, signed)
            some, whole = _ct_rows(series, patient, None if no_case else case, kernel)
            if variant in ("conflicting-slice", "mixed-orientation") and name == "by ct 1":
                odd = series.headers[1].copy()
                odd.SOPInstanceUID = odd.file_meta.MediaStorageSOPInstanceUID = UID(uid("sop by odd"))
                odd.PixelData = series.headers[2].PixelData
                if variant == "mixed-orientation":
                    odd.ImageOrientationPatient = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0]
                    odd.ImagePositionPatient = [-71.5, 10.0, -60.0]
                odd.save_as(series.paths[0].with_name(f"{uid('sop by odd')}.dcm"))
                rejected.append(series.uid)
                continue
            slices += some
            volumes.append(whole)
            if name == "by ct 1":
                not_used.append(_rendering(series, 0))
        scout = write_series(
            _home(folder, variant, "1044", "77", "by study 2", "by scout"),
            rng("scout").integers(0, 4000, (1, 30, 24)).astype(np.uint16),
            name="by scout",
            study="by study 2",
            patient_id="1044",
            orientation=(1.0, 0.0, 0.0, 0.0, 0.0, -1.0),
            intercept=-1024.0,
            removed=None,
            file_name=lambda number, sop: f"{sop}.dcm",
            edit=_edit(None, ["ORIGINAL", "PRIMARY", "LOCALIZER"]),
        )
        not_used.append(scout.sop_uids[0])

    if variant != "ct-only":
        films = [
            ("201", "31", "by study 3", "by cxr 1", "CR", 12, True),
            ("1044", "105", "by study 4", "by cxr 2", "DX", 14, False),
            ("1187", "12", "by study 5", "by cxr 3", "DX", 16, True),
        ]
        for patient, case, study, name, modality, bits, dark in films:
            series = _cxr(_home(folder, variant, patient, case, study, name), name, study, patient, modality, bits, dark)
            xrays.append(_cxr_row(series, patient, None if no_case else case))
            if name != "by cxr 2":
                not_used.append(_rendering(series, 0))
            if variant == "conflicting-cases" and name == "by cxr 3":
                other = _home(folder, variant, "201", "32", study, name) / series.paths[0].name
                twin = series.headers[0].copy()
                twin.PixelData = (series.image[0] // 2).tobytes()
                other.parent.mkdir(parents=True)
                twin.save_as(other)
                xrays.pop()
                rejected.append(series.sop_uids[0])
    if variant == "jpg-only":
        lone = uid("sop by lone")
        at = _home(folder, variant, "1187", "13", "by study 6", "by lone")
        save_jpeg(at / f"{lone}.jpg", grey("lone", 32, 25))
        not_used.append(f"{lone}.jpg")
    if variant in ("clean", "any-folder"):
        # The tables of a release have no published layout: listed, not read.
        write(folder / "TB_Portals_Patient_Cases.csv", "patient_id,condition_id,gender\n201,31,Male\n")
        not_used.append("TB_Portals_Patient_Cases.csv")
    xrays.sort(key=lambda row: natural(row.image_id))
    configs = {"volumes": ordered(volumes), "cxr": xrays}
    if variant == "ct-only":
        del configs["cxr"]
    if variant == "cxr-only":
        configs = {"cxr": xrays}
    return Phantom(
        folder,
        ordered(slices),
        {name: rows for name, rows in configs.items() if rows},
        rejected=rejected,
        not_used=not_used,
        secrets=SECRETS,
    )
