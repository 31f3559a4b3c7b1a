"""Synthetic DICOM series, with planted identities, for every phantom whose source is published as DICOM."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from tests.support.kit import Array, Row

SOP_CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
    "CR": "1.2.840.10008.5.1.4.1.1.1",
    "DX": "1.2.840.10008.5.1.4.1.1.1.1",
    "MG": "1.2.840.10008.5.1.4.1.1.1.2",
}

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)

# What identify() plants. No byte of an output, log or message may contain any of it.
SECRETS = [
    "Quittenbaum",
    "Zwiebelfisch",
    "19310417",
    "ACC7731904",
    "Klinik am Weissensee",
    "Doktorowa",
    "Schwesterlein",
    "STATION-OMEGA-9",
    "HOSP-55512345",
    "Wiesengrund 12",
    "scanned for Quittenbaum",
    "PRIVATE-QX-4711",
]


def uid(text: str, root: str = "1.3.6.1.4.1.14519.5.2.1.6279.6001") -> str:
    """A UID of archive length that depends on the text alone."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:12], "big")
    return f"{root}.1{number:029d}"


def natural(text: str) -> list[tuple[int, int, str]]:
    """Sort key that compares numbers as numbers."""
    return [(0, int(t), "") if t.isdigit() else (1, 0, t) for t in re.findall(r"\d+|\D+", text)]


def identify(header: Dataset, name: bool = True) -> None:
    """Plants identities in a header: person, staff, place, numbers, free text and a private block."""
    if name:
        header.PatientName = "Quittenbaum^Zwiebelfisch"
    header.PatientBirthDate = "19310417"
    header.AccessionNumber = "ACC7731904"
    header.InstitutionName = "Klinik am Weissensee"
    header.ReferringPhysicianName = "Doktorowa^Alla"
    header.OperatorsName = "Schwesterlein^B"
    header.StationName = "STATION-OMEGA-9"
    header.OtherPatientIDs = "HOSP-55512345"
    header.PatientAddress = "Wiesengrund 12"
    header.ImageComments = "scanned for Quittenbaum"
    block = header.private_block(0x0099, "PHANTOM MAKER", create=True)
    block.add_new(0x01, "LO", "PRIVATE-QX-4711")


@dataclass
class Series:
    """A written series; every list runs along ascending slice position."""

    uid: str
    study_uid: str
    patient_id: str
    modality: str
    sop_uids: list[str]
    paths: list[Path]
    headers: list[FileDataset]
    image: Array  # as the Parquet rows must hold it: (slices, rows, columns), unsigned
    slope: float
    intercept: float
    positions: list[tuple[float, float, float]]
    orientation_cosines: tuple[float, ...]
    pixel_spacing: tuple[float, float]
    slice_thickness: float | None
    slice_spacing: float

    @property
    def letters(self) -> str:
        """Where column, row and slice index increase to."""
        axes = np.asarray(self.orientation_cosines).reshape(2, 3)
        third = np.abs(np.cross(axes[0], axes[1]))  # slices always ascend in LPS
        return "".join(_letter(axis) for axis in (axes[0], axes[1], third))

    def columns(self, index: int) -> dict[str, Any]:
        """The geometry columns of one slice."""
        return {
            "volume_id": self.uid,
            "slice_index": index,
            "num_slices": len(self.sop_uids),
            "pixel_spacing": list(self.pixel_spacing),
            "slice_thickness": self.slice_thickness,
            "slice_spacing": self.slice_spacing,
            "orientation": self.letters,
            "plane": {"L": "sagittal", "P": "coronal", "S": "axial"}[self.letters[2]],
            "image_position": list(self.positions[index]),
            "image_orientation": list(self.orientation_cosines),
            "rescale_slope": self.slope,
            "rescale_intercept": self.intercept,
        }

    def rows(
        self,
        mask: Array | None = None,
        patient_id: str | None = None,
        volume_id: str | None = None,
        columns: Callable[[int], dict[str, Any]] | None = None,
    ) -> list[Row]:
        """One expected row for every slice."""
        volume = volume_id or self.uid
        found = []
        for index, sop in enumerate(self.sop_uids):
            values = {**self.columns(index), "volume_id": volume, **(columns(index) if columns else {})}
            found.append(
                Row(
                    image_id=f"{volume}_{index:04d}",
                    image=self.image[index],
                    mask=None if mask is None else mask[index],
                    source_file=f"{self.uid}/{sop}.dcm",
                    patient_id=patient_id or self.patient_id,
                    columns=values,
                )
            )
        return found

    def volume(
        self,
        mask: Array | None = None,
        patient_id: str | None = None,
        volume_id: str | None = None,
        columns: dict[str, Any] | None = None,
    ) -> Row:
        """The expected row of the config `volumes`."""
        volume = volume_id or self.uid
        values: dict[str, Any] = {"volume_id": volume, "num_slices": len(self.sop_uids), "orientation": self.letters}
        values |= {"rescale_slope": self.slope, "rescale_intercept": self.intercept, **(columns or {})}
        return Row(volume, self.image, mask, self.uid, patient_id=patient_id or self.patient_id, columns=values)


def _letter(axis: Array) -> str:
    """The LPS letter that a direction points to."""
    index = int(np.argmax(np.abs(axis)))
    return ("LPS" if axis[index] > 0 else "RAI")[index]


def write_series(
    folder: Path,
    pixels: Array,
    *,
    name: str,
    patient_id: str,
    study: str | None = None,
    modality: str = "CT",
    description: str | None = None,
    number: int = 1,
    orientation: tuple[float, ...] = AXIAL,
    origin: tuple[float, float, float] = (-71.5, -64.25, -120.0),
    pixel_spacing: tuple[float, float] = (0.703125, 0.65),
    slice_spacing: float = 2.5,
    offsets: Sequence[float] | None = None,
    slice_thickness: float | None = 2.5,
    slope: float = 1.0,
    intercept: float | None = None,
    bits_stored: int = 16,
    monochrome1: bool = False,
    identities: bool = True,
    removed: str | None = "YES",
    file_name: Callable[[int, str], str] | None = None,
    instance_order: Sequence[int] | None = None,
    edit: Callable[[FileDataset, int], None] | None = None,
    frame: str | None = None,
) -> Series:
    """Writes one single-frame file for every slice and says what the rows must hold.

    Args:
        folder: where the files go.
        pixels: raw values, (slices, rows, columns), slices along ascending LPS position, int16, uint16 or uint8.
        name: text from which all UIDs are made.
        patient_id: PatientID.
        study: text from which StudyInstanceUID is made; `name` when not given.
        modality: DICOM code.
        description: SeriesDescription.
        number: SeriesNumber.
        orientation: ImageOrientationPatient.
        origin: position of the first slice; the others follow along the LPS axis nearest the normal.
        pixel_spacing: row and column spacing, mm.
        slice_spacing: distance between slices, mm.
        offsets: distance of each slice from the first, for uneven stacks; `slice_spacing` stays what is measured.
        slice_thickness: SliceThickness, or None to leave it out.
        slope: RescaleSlope.
        intercept: RescaleIntercept; None leaves both tags out.
        bits_stored: BitsStored.
        monochrome1: high values are dark.
        identities: plants SECRETS.
        removed: PatientIdentityRemoved, or None to leave it out.
        file_name: names a file from its number and its SOPInstanceUID.
        instance_order: InstanceNumber of each slice; head to feet by default, so against the slice order.
        edit: last change of a header before writing, with the slice index.
        frame: text from which FrameOfReferenceUID is made; the study when not given.
    """
    count, rows, columns = pixels.shape
    axes = np.asarray(orientation).reshape(2, 3)
    normal = np.cross(axes[0], axes[1])
    normal = normal if normal[int(np.argmax(np.abs(normal)))] > 0 else -normal
    study_uid, series_uid = uid(f"study {study or name}"), uid(f"series {name}")
    numbers = list(instance_order) if instance_order is not None else list(range(count, 0, -1))
    steps = list(offsets) if offsets is not None else [index * slice_spacing for index in range(count)]
    namer = file_name or (lambda n, sop: f"1-{n:03d}.dcm")
    signed = pixels.dtype.kind == "i"
    sops, paths, headers, positions = [], [], [], []
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        sop = uid(f"sop {name} {index}")
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = UID(SOP_CLASSES[modality])
        meta.MediaStorageSOPInstanceUID = UID(sop)
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        header = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
        header.SpecificCharacterSet = "ISO_IR 100"
        header.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        header.SOPClassUID = meta.MediaStorageSOPClassUID
        header.SOPInstanceUID = sop
        header.StudyDate = header.SeriesDate = header.AcquisitionDate = "20000101"
        header.StudyTime = "120000"
        header.AccessionNumber = ""
        header.Modality = modality
        header.Manufacturer = "GE MEDICAL SYSTEMS"
        header.ReferringPhysicianName = ""
        if description is not None:
            header.SeriesDescription = description
        header.PatientName = patient_id
        header.PatientID = patient_id
        header.PatientBirthDate = ""
        header.PatientSex = ""
        if removed is not None:
            header.PatientIdentityRemoved = removed
            header.DeidentificationMethod = "DCM:113100/113105/113107/113108/113109/113111"
        header.StudyInstanceUID = study_uid
        header.SeriesInstanceUID = series_uid
        header.StudyID = ""
        header.SeriesNumber = number
        header.InstanceNumber = numbers[index]
        header.FrameOfReferenceUID = uid(f"frame {frame or study or name}")
        header.PositionReferenceIndicator = ""
        position = tuple(float(round(v, 4)) for v in np.asarray(origin) + normal * steps[index])
        if modality in ("CT", "MR", "PT"):
            header.ImagePositionPatient = list(position)
            header.ImageOrientationPatient = list(orientation)
            if slice_thickness is not None:
                header.SliceThickness = slice_thickness
        header.PixelSpacing = list(pixel_spacing)
        header.SamplesPerPixel = 1
        header.PhotometricInterpretation = "MONOCHROME1" if monochrome1 else "MONOCHROME2"
        header.Rows, header.Columns = rows, columns
        header.BitsAllocated = pixels.dtype.itemsize * 8
        header.BitsStored = min(bits_stored, header.BitsAllocated)
        header.HighBit = header.BitsStored - 1
        header.PixelRepresentation = int(signed)
        if intercept is not None:
            header.RescaleIntercept, header.RescaleSlope = intercept, slope
        if identities:
            identify(header)
        raw = pixels[index].tobytes()
        header.PixelData = raw + b"\0" * (len(raw) % 2)
        header["PixelData"].VR = "OW" if header.BitsAllocated == 16 else "OB"
        if edit is not None:
            edit(header, index)
        path = folder / namer(numbers[index], sop)
        path.parent.mkdir(parents=True, exist_ok=True)
        header.save_as(path, enforce_file_format=True)
        sops.append(sop)
        paths.append(path)
        headers.append(header)
        positions.append((position[0], position[1], position[2]))
    image, use_slope, use_intercept = stored(pixels, slope, intercept or 0.0, bits_stored, monochrome1)
    return Series(
        uid=series_uid,
        study_uid=study_uid,
        patient_id=patient_id,
        modality=modality,
        sop_uids=sops,
        paths=paths,
        headers=headers,
        image=image,
        slope=use_slope,
        intercept=use_intercept,
        positions=positions,
        orientation_cosines=tuple(orientation),
        pixel_spacing=pixel_spacing,
        slice_thickness=slice_thickness,
        slice_spacing=slice_spacing,
    )


def stored(
    pixels: Array, slope: float = 1.0, intercept: float = 0.0, bits: int = 16, monochrome1: bool = False
) -> tuple[Array, float, float]:
    """Pixels, slope and intercept as rows hold them: signed shifted by 32768, MONOCHROME1 turned round."""
    if monochrome1:
        top = 2**bits - 1
        return (top - pixels.astype(np.int64)).astype(pixels.dtype), -slope, intercept + top * slope
    if pixels.dtype == np.int16:
        return (pixels.astype(np.int32) + 32768).astype(np.uint16), slope, intercept - 32768 * slope
    return pixels, slope, intercept


def ordered(rows: list[Row]) -> list[Row]:
    """Rows in natural order of their ids."""
    return sorted(rows, key=lambda row: natural(row.image_id))
