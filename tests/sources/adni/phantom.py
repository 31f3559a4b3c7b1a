"""ADNI as the LONI "Advanced download" unpacks: <subject>/<protocol>/<date>/<series or image id>/, metadata XML, a search table.

No masks. The image id `_I<number>` at the end of a file name is the only safe key. A variant whose name starts with
`refused_` must be refused as a whole.
"""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from tests.support.dicom import SAGITTAL, SECRETS, ordered, stored, write_series
from tests.support.kit import Array, Phantom, Row, as_zip, grey, rng, save_jpeg, write
from tests.support.nifti import afni

VARIANTS: dict[str, str] = {
    "clean": "DICOM and NIfTI of four subjects in one tree, one XML per image, the search table beside",
    "zips": "two zips of one collection and the metadata zip, none unpacked",
    "same_id_twice": "one image id lies, byte for byte the same, in two zips of one collection",
    "differing_twins": "one image id claims two differing files: rejected",
    "bare_ids": "search table with ids without the letter, semicolons, BOM and CRLF",
    "xml_only": "no search table: label, sex, age and visit come from the XML files",
    "no_tables": "images alone: label, sex, age and visit are null",
    "table_without_group": "a search table without the column Group: label is null, the rest is joined",
    "repeated_key": "the table lists one image twice with different groups: that image is rejected",
    "unknown_group": "a group that the owner never declared: that image is rejected",
    "latin1_table": "the search table is Latin-1 with bare CR line ends",
    "missing_image": "the table lists an image that was not downloaded: a note, nothing is rejected",
    "analyze": "old export as Analyze pairs: no orientation, stored order",
    "minc": "an old MINC file among the images: listed as not used",
    "four_d": "a functional series of several time points in one NIfTI: rejected, the rest is converted",
    "nan": "a NIfTI with NaN among its voxels: rejected",
    "broken_affine": "a NIfTI whose orientation matrix is singular: rejected",
    "truncated_gz": "a .nii.gz that breaks off: rejected",
    "refused_jpegs": "a re-host of JPEG slices in four class folders: not this source",
}

DESCRIP = "exam of Quittenbaum 1931"
GZIP_NAME = "Quittenbaum_Zwiebelfisch.nii"
HEADER = "Image Data ID,Subject,Group,Sex,Age,Visit,Modality,Description,Type,Acq Date,Format,Downloaded"
# ASSUMED: the research groups in lower snake case
GROUPS = {"CN": "cn", "SMC": "smc", "EMCI": "emci", "MCI": "mci", "LMCI": "lmci", "AD": "ad"}


@dataclass
class Scan:
    """One image of the collection, as the tables know it."""

    number: int
    subject: str
    group: str
    sex: str
    age: str
    visit: str
    description: str
    kind: str  # Original, Pre-processed, Post-processed
    date: str  # folder of the acquisition
    form: str  # DCM, NiFTI
    level: str  # the last folder

    @property
    def key(self) -> str:
        """The image id."""
        return f"I{self.number}"

    @property
    def place(self) -> str:
        """Folder inside the tree."""
        return f"{self.subject}/{self.description}/{self.date}/{self.level}"

    def name(self, suffix: str, slice_number: int | None = None) -> str:
        """A file name; slices of a DICOM series carry their number."""
        mark = "br_raw_20150213101112301" if self.kind == "Original" else "Br_20150213101112301"
        middle = f"_{slice_number}" if slice_number is not None else ""
        return f"ADNI_{self.subject}_MR_{self.description}_{mark}{middle}_S249015_{self.key}{suffix}"

    def columns(self) -> dict[str, Any]:
        """Columns that come from the tables."""
        return {
            "label": GROUPS[self.group],
            "sex": "female" if self.sex == "F" else "male",
            "age": float(np.float32(self.age)),
            "visit": self.visit,
            "modality": "MR",
            "description": self.description,
            "processing": "original" if self.kind == "Original" else "processed",
        }

    def line(self, key: str | None = None) -> str:
        """The line of the search table."""
        month, day = self.date[5:7].lstrip("0"), self.date[8:10].lstrip("0")
        values = [key or self.key, self.subject, self.group, self.sex, self.age, self.visit, "MRI", self.description]
        return ",".join(f'"{v}"' for v in [*values, self.kind, f"{month}/{day}/{self.date[:4]}", self.form, "11/20/2016"])

    def xml(self) -> str:
        """The metadata XML of the image: of a processed one it describes the product, and the image it was made from."""
        protocol = (
            f"<description>{self.description if self.kind == 'Original' else 'MPRAGE'}</description>\n<protocolTerm>\n"
            '<protocol term="Acquisition Plane">SAGITTAL</protocol>\n<protocol term="Slice Thickness">1.2</protocol>\n'
            '<protocol term="Field Strength">3.0</protocol>\n</protocolTerm>\n'
        )
        if self.kind == "Original":
            rest = f"</series>\n<imagingProtocol>\n<imageUID>{self.number}</imageUID>\n{protocol}</imagingProtocol>\n"
        else:
            rest = (
                f"<seriesLevelMeta>\n<derivedProduct>\n<imageUID>{self.number}</imageUID>\n"
                f"<processedDataLabel>{self.description}</processedDataLabel>\n<relatedImage>\n<imageUID>4711</imageUID>\n"
                "</relatedImage>\n</derivedProduct>\n<relatedImageDetail>\n<originalRelatedImage>\n<imageUID>4711</imageUID>\n"
                f"{protocol}</originalRelatedImage>\n</relatedImageDetail>\n</seriesLevelMeta>\n</series>\n"
            )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<idaxs xmlns="http://ida.loni.usc.edu" xmlns:xsi="http://www.w3.org/2001/'
            'XMLSchema-instance" xsi:schemaLocation="/xsds/idaxs_2_0.xsd">\n'
            '<project xmlns="">\n<projectIdentifier>ADNI</projectIdentifier>\n<siteKey>Klinik am Weissensee</siteKey>\n'
            f"<subject>\n<subjectIdentifier>{self.subject}</subjectIdentifier>\n"
            f"<researchGroup>{self.group}</researchGroup>\n<subjectSex>{self.sex}</subjectSex>\n"
            f"<visit>\n<visitIdentifier>{self.visit}</visitIdentifier>\n</visit>\n"
            f"<study>\n<studyIdentifier>39019</studyIdentifier>\n<subjectAge>{self.age}</subjectAge>\n"
            "<weightKg>61.2</weightKg>\n<series>\n<seriesIdentifier>249015</seriesIdentifier>\n"
            f"<modality>MRI</modality>\n<dateAcquired>{self.date[:10]} 09:52:18.0</dateAcquired>\n"
            f"{rest}</study>\n</subject>\n</project>\n</idaxs>\n"
        )


SCALED = "MPR__GradWarp__B1_Correction__N3__Scaled"
SCANS = [
    Scan(82, "002_S_0413", "CN", "F", "76.3", "ADNI Screening", "MPR____N3", "Pre-processed", "2006-05-02_12_31_52.0",
         "NiFTI", "S13893"),
    Scan(474782, "027_S_0074", "MCI", "M", "74.9", "ADNI2 Year 3 Visit", "MPRAGE", "Original", "2015-02-13_09_52_18.0",
         "DCM", "S249015"),
    Scan(474790, "027_S_0074", "MCI", "M", "74.9", "ADNI2 Year 3 Visit", SCALED, "Pre-processed",
         "2015-02-13_09_52_18.0", "NiFTI", "S249015"),
    Scan(1119527, "941_S_6570", "AD", "F", "61", "ADNI3 Year 1 Visit", "Accelerated_Sagittal_MPRAGE", "Original",
         "2019-01-08_10_01_40.0", "DCM", "I1119527"),
    Scan(1200011, "941_S_10022", "LMCI", "M", "80.5", "ADNI3 Initial Visit-Cont Pt", "Axial_T2_STAR", "Original",
         "2019-03-09_08_15_00.0", "NiFTI", "I1200011"),
]  # fmt: skip


def _nifti(path: Path, voxels: Array, affine: Array | None, slope: float | None = None, intercept: float = 0.0) -> None:
    """Writes a NIfTI with planted free text; `affine` None leaves both orientation codes at 0."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(voxels, np.eye(4) if affine is None else affine)
    image.header.set_zooms((1.0, 1.1, 1.2) if affine is None else nib.affines.voxel_sizes(affine))
    image.header["descrip"] = DESCRIP.encode()
    image.header["aux_file"] = b"Doktorowa"
    image.header["intent_name"] = b"ACC7731904"
    image.header.extensions.append(afni("HOSP-55512345 Schwesterlein"))
    code = 0 if affine is None else 1
    image.set_qform(None if affine is None else affine, code=code)
    image.set_sform(None if affine is None else affine, code=code)
    content = bytearray(image.to_bytes())
    if slope is not None:  # scl_slope and scl_inter, behind nibabel's back: the voxels stay as given
        content[112:120] = struct.pack("<2f", slope, intercept)
    if path.name.endswith(".gz"):
        with path.open("wb") as target, gzip.GzipFile(GZIP_NAME, "wb", fileobj=target, mtime=0) as packed:
            packed.write(bytes(content))
    else:
        path.write_bytes(bytes(content))


def _volume(scan: Scan, source: str, image: Array, slope: float, intercept: float, geometry: dict[str, Any]) -> tuple[list[Row], Row]:
    """Rows of a NIfTI or Analyze file; `image` is (slices, rows, columns) in stored order."""
    same = {"num_slices": len(image), "rescale_slope": slope, "rescale_intercept": intercept, **scan.columns()}
    rows = [
        Row(
            f"{scan.key}_{index:04d}",
            plane,
            None,
            source,
            patient_id=scan.subject,
            columns={"volume_id": scan.key, "slice_index": index, **same, **geometry},
        )
        for index, plane in enumerate(image)
    ]
    shown = {key: value for key, value in geometry.items() if key == "orientation"}
    return rows, Row(scan.key, image, None, source, patient_id=scan.subject, columns=same | shown)


def _dicom(root: Path, scan: Scan, count: int) -> tuple[list[Row], Row]:
    """A sagittal series; the slice number in the file name is not the order in space."""
    pixels = np.stack([grey(f"{scan.key} {z}", 22, 26, 3000, np.int16) for z in range(count)])
    series = write_series(
        root / scan.place,
        pixels,
        name=f"adni {scan.key}",
        patient_id=scan.subject,
        modality="MR",
        description=scan.description,
        orientation=SAGITTAL,
        origin=(-12.0, -90.5, 101.25),
        pixel_spacing=(1.0, 1.05),
        slice_spacing=1.2,
        slice_thickness=1.2,
        file_name=lambda number, _: scan.name(".dcm", number),
    )
    rows = series.rows(volume_id=scan.key, columns=lambda _: scan.columns())
    return rows, series.volume(volume_id=scan.key, columns=scan.columns())


def _images(root: Path, suffix: str = ".nii") -> dict[str, tuple[list[Row], Row]]:
    """Writes the five images of the clean tree."""
    found: dict[str, tuple[list[Row], Row]] = {}
    plain, dicom, scaled, newer, axial = SCANS
    # Both orientation codes 0: stored order, orientation null.
    voxels = rng(plain.key).integers(-50, 900, (14, 18, 6)).astype(np.int16)
    name = f"{plain.place}/{plain.name(suffix)}"
    _nifti(root / name, voxels, None)
    image, slope, intercept = stored(voxels.transpose(2, 1, 0))
    found[plain.key] = _volume(plain, name, image, slope, intercept, {"orientation": None})
    found[dicom.key] = _dicom(root, dicom, 4)
    # Floats that are no integers: sagittal storage (ASR), brought to LPS, cut axially since nearly isotropic.
    values = (rng(scaled.key).random((9, 12, 5)) * 700).astype(np.float32)
    affine = np.array([[0, 0, 1.2, -3.0], [1.0, 0, 0, -5.0], [0, 1.1, 0, -7.0], [0, 0, 0, 1]])
    name = f"{scaled.place}/{scaled.name(suffix)}"
    _nifti(root / name, values, affine)
    # axes: i -> anterior, j -> superior, k -> right; wanted (superior, posterior, left)
    image = values.transpose(1, 0, 2)[:, ::-1, ::-1]
    found[scaled.key] = _volume(
        scaled, name, image, 1.0, 0.0, {"orientation": "LPS", "plane": "axial", "pixel_spacing": [1.0, 1.2],
                                        "slice_spacing": 1.1}
    )  # fmt: skip
    found[newer.key] = _dicom(root, newer, 3)
    # Thick axial slices, RAS storage, with a scale of its own.
    voxels = rng(axial.key).integers(-2000, 2000, (16, 20, 4)).astype(np.int16)
    affine = np.array([[0.8, 0, 0, -6.0], [0, 0.9, 0, -8.0], [0, 0, 4.0, -20.0], [0, 0, 0, 1]])
    name = f"{axial.place}/{axial.name(suffix)}"
    _nifti(root / name, voxels, affine, slope=0.5, intercept=10.0)
    image, slope, intercept = stored(voxels.transpose(2, 1, 0)[:, ::-1, ::-1], 0.5, 10.0)
    found[axial.key] = _volume(
        axial, name, image, slope, intercept, {"orientation": "LPS", "plane": "axial", "pixel_spacing": [0.9, 0.8],
                                               "slice_spacing": 4.0}
    )  # fmt: skip
    return found


def _table(lines: list[str]) -> str:
    return "\n".join([",".join(f'"{name}"' for name in HEADER.split(",")), *lines]) + "\n"


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the variant below `folder`."""
    if variant not in VARIANTS:
        raise KeyError(variant)
    raw = folder / "raw"
    if variant == "refused_jpegs":
        for group in ("Mild Demented", "Moderate Demented", "Non Demented", "Very Mild Demented"):
            save_jpeg(raw / "AugmentedAlzheimerDataset" / group / "26 (19).jpg", grey(group, 22, 26))
        return Phantom(raw, [], refused=True)
    root = raw / "ADNI"
    promise = Phantom(raw, [], secrets=[*SECRETS, DESCRIP, GZIP_NAME])
    found = _images(root, ".nii.gz" if variant == "truncated_gz" else ".nii")
    if variant != "truncated_gz":
        promise.secrets.remove(GZIP_NAME)
    _spoil(root, variant, promise, found)
    _tables(raw, variant, promise, found)
    promise.rows = ordered([row for rows, _ in found.values() for row in rows])
    promise.configs = {"volumes": ordered([volume for _, volume in found.values()])}
    if variant in ("zips", "same_id_twice", "differing_twins"):
        _pack(folder, raw, variant, promise)
    return promise


def _change(found: dict[str, tuple[list[Row], Row]], changes: dict[str, Any]) -> None:
    for rows, volume in found.values():
        for row in [*rows, volume]:
            row.columns.update(changes)


def _tables(raw: Path, variant: str, promise: Phantom, found: dict[str, tuple[list[Row], Row]]) -> None:
    """Writes the search table and the XML files, whole or damaged."""
    lines = [scan.line() for scan in SCANS]
    target = raw / "ADNI_T1_2_14_2020.csv"
    with_xml = variant not in ("no_tables", "table_without_group", "repeated_key", "unknown_group")
    if variant in ("no_tables", "xml_only"):
        if variant == "no_tables":
            _change(found, {"label": None, "sex": None, "age": None, "visit": None, "processing": None})
    elif variant == "bare_ids":
        text = _table([scan.line(str(scan.number)) for scan in SCANS])
        write(target, "\ufeff" + text.replace('","', '";"').replace("\n", "\r\n"))
    elif variant == "latin1_table":
        lines[0] = lines[0].replace("11/20/2016", "Universit\u00e9")
        write(target, _table(lines).replace("\n", "\r").encode("latin-1"))
    elif variant == "table_without_group":
        cells = [line.split(",") for line in _table(lines).splitlines()]
        write(target, "\n".join(",".join(row[:2] + row[3:]) for row in cells) + "\n")
        _change(found, {"label": None})
    elif variant == "repeated_key":
        write(target, _table([*lines, lines[1].replace('"MCI"', '"AD"')]))
        promise.rejected.append("I474782")
        found.pop("I474782")
    elif variant == "unknown_group":
        write(target, _table([lines[0].replace('"CN"', '"Phantom"'), *lines[1:]]))
        promise.rejected.append("I82")
        found.pop("I82")
    elif variant == "missing_image":
        gone = Scan(999001, "002_S_0413", "CN", "F", "77.1", "ADNI1/GO Month 12", "MPR____N3", "Pre-processed",
                    "2007-05-02_12_31_52.0", "NiFTI", "S31145")  # fmt: skip
        write(target, _table([*lines, gone.line()]))
    else:
        write(target, _table(lines))
    if with_xml:
        for scan in SCANS:
            write(raw / "ADNI" / f"ADNI_{scan.subject}_MR_{scan.description}_S249015_{scan.key}.xml", scan.xml())
    # Study tables lie beside and describe visits, not images.
    write(
        raw / "ADNIMERGE.csv",
        '"RID","PTID","VISCODE","DX","DX_bl","AGE"\n"74","027_S_0074","m96","Dementia","LMCI","66.9"\n',
    )


def _spoil(root: Path, variant: str, promise: Phantom, found: dict[str, tuple[list[Row], Row]]) -> None:
    """Adds or damages an image as the variant says."""
    first, axial = SCANS[0], SCANS[4]
    path = next((root / first.place).iterdir())
    if variant == "analyze":
        voxels = rng("analyze").integers(-50, 900, (14, 18, 6)).astype(np.int16)
        path.unlink()
        name = f"{first.place}/{first.name('.img')}"
        image = nib.AnalyzeImage(voxels, np.diag([1.0, 1.1, 1.2, 1.0]))
        image.header.set_zooms((1.0, 1.1, 1.2))
        nib.save(image, root / name)
        header = (root / name).with_suffix(".hdr")
        content = bytearray(header.read_bytes())
        content[14:32] = b"Quittenbaum".ljust(18, b"\0")  # db_name
        content[148:228] = DESCRIP.encode().ljust(80, b"\0")  # descrip
        header.write_bytes(bytes(content))
        pixels, slope, intercept = stored(voxels.transpose(2, 1, 0))
        found[first.key] = _volume(first, name, pixels, slope, intercept, {"orientation": None})
    elif variant == "minc":
        name = "ADNI_002_S_0413_MR_MPR_Br_20060502123152_S13893_I70001.mnc"
        write(root / "002_S_0413" / "MPR" / first.date / "S13893" / name, b"CDF\x01" + bytes(200))
        promise.not_used.append(name)
    elif variant == "four_d":
        # ASSUMED: a time series is no volume of this table
        scan = Scan(555001, "027_S_0074", "MCI", "M", "74.9", "ADNI2 Year 3 Visit", "Resting_State_fMRI", "Original",
                    "2015-02-13_09_52_18.0", "NiFTI", "S249020")  # fmt: skip
        voxels = rng("four").integers(0, 900, (8, 9, 4, 3)).astype(np.int16)
        (root / scan.place).mkdir(parents=True)
        nib.save(nib.Nifti1Image(voxels, np.diag([3.0, 3.0, 3.3, 1.0])), root / scan.place / scan.name(".nii"))
        promise.rejected.append("I555001")
    elif variant == "nan":
        content = bytearray(next((root / SCANS[2].place).glob("*I474790.nii")).read_bytes())
        content[-400:-396] = struct.pack("<f", float("nan"))
        next((root / SCANS[2].place).glob("*I474790.nii")).write_bytes(bytes(content))
        promise.rejected.append("I474790")
        found.pop("I474790")
    elif variant == "broken_affine":
        target = root / axial.place / axial.name(".nii")
        content = bytearray(target.read_bytes())
        content[252:256] = struct.pack("<2h", 0, 1)  # no qform
        content[280:328] = struct.pack("<12f", 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
        target.write_bytes(bytes(content))
        promise.rejected.append(axial.key)
        found.pop(axial.key)
    elif variant == "truncated_gz":
        target = root / axial.place / axial.name(".nii.gz")
        packed = target.read_bytes()
        target.write_bytes(packed[: len(packed) * 2 // 3])
        promise.rejected.append(axial.key)
        found.pop(axial.key)


def _pack(folder: Path, raw: Path, variant: str, promise: Phantom) -> None:
    """Puts the tree into the zips that LONI hands out: images in two parts, metadata apart."""
    again = folder / "zipped"
    twin = "027_S_0074"
    first, second = ["002_S_0413", twin], ["941_S_"]
    as_zip(raw / "ADNI", again / "ADNI_T1.zip", "ADNI/", first)
    if variant != "zips":
        second.append(f"{twin}/{SCALED}")
        promise.duplicate.append("I474790")
    if variant == "differing_twins":
        path = next((raw / "ADNI").rglob("*I474790.nii"))
        content = bytearray(path.read_bytes())
        content[-4:] = struct.pack("<f", 3.25)
        path.write_bytes(bytes(content))
        promise.duplicate = []
        promise.rejected.append("I474790")
        promise.rows = [row for row in promise.rows if not row.image_id.startswith("I474790_")]
        promise.configs = {"volumes": [row for row in promise.configs["volumes"] if row.image_id != "I474790"]}
    as_zip(raw / "ADNI", again / "ADNI_T11.zip", "ADNI/", second)
    as_zip(raw / "ADNI", again / "ADNI_T1_metadata.zip", "ADNI/", ["ADNI_"])
    for table in raw.glob("*.csv"):
        write(again / table.name, table.read_bytes())
    promise.raw = again
