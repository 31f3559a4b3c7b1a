"""Synthetic NIfTI and Analyze volumes with planted identities, and the rows that they must give."""

from __future__ import annotations

import gzip
import struct
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import nibabel as nib
import numpy as np

from tests.support.kit import Array, Phantom, Row, write

# What write_nifti() and write_analyze() plant. No byte of an output, log or message may contain any of it.
SECRETS = ["Quittenbaum", "Zwiebelfisch", "19310417", "Klinik am Weissensee", "HOSP-5551"]
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass
class Scan:
    """A volume as the rows must hold it, slices first."""

    image: Array  # stored values, (slices, rows, columns)
    slope: float = 1.0
    intercept: float = 0.0
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)  # between columns, rows, slices; mm
    origin: tuple[float, float, float] | None = None  # LPS position of the first voxel; None without orientation
    extra: dict[str, Array] = field(default_factory=dict)  # further image columns

    @classmethod
    def of(
        cls, image: Array, spacing: tuple[float, float, float], origin: tuple[float, float, float], extra: dict[str, Array] | None = None
    ) -> Scan:
        """The scan of an image in its physical values, as it is stored."""
        voxels, intercept = stored(image)
        return cls(voxels, 1.0, intercept, spacing, origin, extra or {})

    def geometry(self) -> dict[str, Any]:
        """What all slices of the volume share."""
        known: dict[str, Any] = {
            "num_slices": len(self.image),
            "pixel_spacing": [self.spacing[1], self.spacing[0]],
            "slice_spacing": self.spacing[2],
            "slice_thickness": None,
            "orientation": None if self.origin is None else "LPS",
            "rescale_slope": self.slope,
            "rescale_intercept": self.intercept,
        }
        return known if self.origin is None else {**known, "plane": "axial"}

    def slices(self, volume: str, mask: Array | None, source_file: str, **promise: Any) -> list[Row]:
        """One expected row for every slice; `promise` takes `split`, `patient_id`, `columns`."""
        columns = promise.pop("columns", {})
        rows = []
        for index, image in enumerate(self.image):
            values = {**self.geometry(), "volume_id": volume, "slice_index": index, **columns}
            if self.origin is None:
                values |= {"image_position": None, "image_orientation": None}
            else:
                x, y, z = self.origin
                values["image_position"] = [x, y, z + index * self.spacing[2]]
                values["image_orientation"] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
            values |= {name: array[index] for name, array in self.extra.items()}
            truth = None if mask is None else mask[index]
            rows.append(Row(f"{volume}_{index:04d}", image, truth, source_file, columns=values, **promise))
        return rows

    def volume(self, volume: str, mask: Array | None, source_file: str, **promise: Any) -> Row:
        """The expected row of the config `volumes`."""
        # ASSUMED: arrays of volumes are compared in stored values too, signed ones shifted.
        shared = ("num_slices", "orientation", "rescale_slope", "rescale_intercept")
        values = {name: self.geometry()[name] for name in shared}
        values |= {"volume_id": volume, **promise.pop("columns", {}), **self.extra}
        return Row(volume, self.image, mask, source_file, columns=values, **promise)


def volumes_in(tree: Path) -> Phantom:
    """A raw tree with planted identities, whose volumes come out as slices and whole: `add` says which."""
    return Phantom(tree, [], {"volumes": []}, secrets=list(SECRETS))


def add(promise: Phantom, scan: Scan, volume: str, mask: Array | None, source_file: str, **told: Any) -> None:
    """Promises a scan as slices and whole; see `Scan.slices`."""
    promise.rows += scan.slices(volume, mask, source_file, **told)
    promise.configs["volumes"].append(scan.volume(volume, mask, source_file, **told))


def stored(voxels: Array) -> tuple[Array, float]:
    """Stored values and the intercept that belongs to them: signed 16-bit integers are shifted, all else stays."""
    if voxels.dtype == np.int16:
        return (voxels.astype(np.int32) + 32768).astype(np.uint16), -32768.0
    return voxels, 0.0


def axial(array: Array) -> Array:
    """(columns, rows, slices) to (slices, rows, columns) and back."""
    return np.ascontiguousarray(array.transpose(2, 1, 0))


def turned(voxels: Array, spacing: tuple[float, float, float], origin: tuple[float, float, float], code: str) -> tuple[Array, Array]:
    """Stores LPS voxels (columns, rows, slices) in another order of axes, and gives the affine that goes with it.

    Args:
        voxels: (x to the left, y to the back, z upwards).
        spacing: of the three axes, mm.
        origin: LPS position of the first voxel.
        code: where the three stored axes increase to, such as `RAS` or `PSR`.
    """
    pairs = [("L", "R"), ("P", "A"), ("S", "I")]
    to_ras = (-1.0, -1.0, 1.0)
    order = [next(axis for axis, pair in enumerate(pairs) if letter in pair) for letter in code]
    affine = np.eye(4)
    affine[:3, :3] = 0.0
    start = [origin[axis] for axis in range(3)]
    for place, (letter, axis) in enumerate(zip(code, order, strict=True)):
        back = letter == pairs[axis][1]
        if back:
            start[axis] += spacing[axis] * (voxels.shape[axis] - 1)
        affine[axis, place] = to_ras[axis] * spacing[axis] * (-1.0 if back else 1.0)
    affine[:3, 3] = [to_ras[axis] * start[axis] for axis in range(3)]
    array = voxels.transpose(order)
    for place, (letter, axis) in enumerate(zip(code, order, strict=True)):
        if letter == pairs[axis][1]:
            array = np.flip(array, axis=place)
    return np.ascontiguousarray(array), affine


def write_nifti(path: Path, voxels: Array, affine: Array, identities: bool = True, matrix: bool = True) -> Path:
    """Writes `.nii` or `.nii.gz`.

    Args:
        path: the file.
        voxels: in stored order.
        affine: voxel to RAS, mm.
        identities: plants SECRETS in free text, in the extension and in the name kept by gzip.
        matrix: writes sform and qform; without it both codes stay 0.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(voxels, affine)
    image.header.set_data_dtype(voxels.dtype)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, 1 if matrix else 0)
    image.set_qform(affine if matrix else None, 1 if matrix else 0)
    if identities:
        image.header["descrip"] = f"{SECRETS[0]} {SECRETS[2]}".encode()
        image.header["aux_file"] = SECRETS[4].encode()
        image.header["db_name"] = SECRETS[1].encode()
        image.header["intent_name"] = SECRETS[0].encode()
    image.header.extensions.append(afni(SECRETS[3] if identities else ""))
    return write_packed(path, image.to_bytes(), identities)


def afni(text: str) -> nib.nifti1.Nifti1Extension:
    """What AFNI leaves between header and voxels, as large as in the files of ABIDE and BraTS 2023 (2.5 to 286 kB)."""
    lines = [f'<AFNI_atr ni_type="String" ni_dimen="1" atr_name="HISTORY_{number}">"{text}"</AFNI_atr>' for number in range(64)]
    return nib.nifti1.Nifti1Extension("afni", "\n".join(["<AFNI_attributes>", *lines, "</AFNI_attributes>"]).encode())


def write_packed(path: Path, content: bytes, identities: bool = True) -> Path:
    """Writes bytes, compressed where the name says so; gzip keeps a person's name where identities are wanted."""
    if path.name.endswith(".gz"):
        path.parent.mkdir(parents=True, exist_ok=True)
        name = f"{SECRETS[0]}_{SECRETS[1]}.nii" if identities else ""
        with path.open("wb") as target, gzip.GzipFile(name, "wb", 6, target, 0) as packed:
            packed.write(content)
        return path
    return write(path, content)


def write_analyze(path: Path, voxels: Array, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0), order: str = ">") -> bytes:
    """Writes an Analyze 7.5 pair (`path` names the .hdr): the last of four dimensions is 1. Returns the pixels' bytes."""
    code = {"uint8": 2, "int16": 4, "float32": 16}[voxels.dtype.name]
    x, y, z = voxels.shape
    header = struct.pack(f"{order}i10s18sihcc", 348, b"dsr      \0", SECRETS[0].encode(), 16384, 0, b"r", b"0")
    header += struct.pack(f"{order}8h", 4, x, y, z, 1, 0, 0, 0)
    header += struct.pack(f"{order}4s8sh", b"mm\0\0", b"", 0)
    header += struct.pack(f"{order}hhh", code, voxels.dtype.itemsize * 8, 0)
    header += struct.pack(f"{order}8f", 0, *spacing, 0, 0, 0, 0)
    header += struct.pack(f"{order}8f2i", *[0.0] * 8, int(voxels.max()), int(voxels.min()))
    header += struct.pack("80s24s", f"{SECRETS[0]}^{SECRETS[1]}".encode(), SECRETS[4].encode())
    # orientation 0; blanks where later tools keep an origin; scan number, patient, dates
    texts = (b"\0", b" " * 10, b"", b"", SECRETS[4].encode(), SECRETS[2].encode(), b"", b"")
    header += struct.pack("c10s10s10s10s10s10s3s", *texts)
    header += struct.pack(f"{order}8i", *[0] * 8)
    pixels = voxels.astype(voxels.dtype.newbyteorder(">" if order == ">" else "<")).tobytes(order="F")
    write(path, header)
    write(path.with_name(path.name.removesuffix(".hdr") + ".img"), pixels)
    return pixels


def write_xlsx(path: Path, rows: list[list[Any]]) -> Path:
    """A workbook with one sheet: numbers as numbers, text as inline strings, None as no cell."""
    spaces = "http://schemas.openxmlformats.org"
    lines = []
    for number, row in enumerate(rows, 1):
        cells = []
        for index, value in enumerate(row):
            place = f"{chr(65 + index)}{number}"
            if isinstance(value, str):
                cells.append(f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>')
            elif value is not None:
                cells.append(f'<c r="{place}"><v>{value}</v></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    main, package = f"{spaces}/spreadsheetml/2006/main", f"{spaces}/package/2006"
    document = f"{spaces}/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{document}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{document}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{document}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{text}')
    return path
