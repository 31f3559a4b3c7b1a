"""VIA / I-ELCAP low-dose chest CT: `PCsub<N>-20090909/<scan>/` with DICOM slices, with and without an extension.

No masks. Slices ascend from inferior; the instance numbers run from the top.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.uid import UID

from tests.support.dicom import SECRETS, Series, ordered, uid, write_series
from tests.support.kit import Array, Phantom, Row, rng, write

VARIANTS: dict[str, str] = {
    "clean": "two parts, three scans: .dcm files, files without extension, a DICOMDIR and a picture-less DICOM file",
    "renamed": "users' folders without scan ids: the folder's name is the scan id",
    "one-folder": "the slices of two scans lie in one folder W0004 and are told apart by SeriesInstanceUID",
    "no-position": "no ImagePositionPatient: ordered by SliceLocation, another scan by InstanceNumber",
    "derived-masks": "somebody's discs around nodule points and a nodule table lie beside the scans: not used",
    "missing-slice": "one slice in the middle of a scan is missing",
    "duplicate-slice": "one slice is there twice, byte for byte",
    "conflicting-slice": "two slices with one position and different pixels",
    "truncated": "the pixel data of one slice breaks off",
    "not-dicom": "a web page saved under a slice's name: the scan may lack that slice, and is rejected",
}

HEIGHT, WIDTH = 28, 36


def _pixels(seed: str, count: int, signed: bool) -> Array:
    """A noisy chest: air, a bright off-centre block, a slope from slice to slice."""
    noise = rng(seed).integers(-60, 60, (count, HEIGHT, WIDTH)) - 850
    for index in range(count):
        noise[index, 5 : 12 + index, 20:31] += 900
    return noise.astype(np.int16) if signed else (noise + 1024).astype(np.uint16)


def _scan(
    folder: Path,
    name: str,
    count: int,
    signed: bool,
    namer: Callable[[int, str], str],
    edit: Callable[[FileDataset, int], None] | None = None,
    uneven: bool = False,
) -> Series:
    offsets = [1.25 * (i + (1 if uneven and i >= 2 else 0)) for i in range(count)]
    return write_series(
        folder,
        _pixels(name, count, signed),
        name=f"elcap {name}",
        patient_id=name,
        description="LUNG",
        pixel_spacing=(0.625, 0.625),
        origin=(-160.0, -155.5, -260.25),
        slice_spacing=1.25,
        slice_thickness=1.25,
        offsets=offsets,
        intercept=0.0 if signed else -1024.0,
        removed=None,
        file_name=namer,
        edit=edit,
    )


def _with_extension(name: str) -> Callable[[int, str], str]:
    return lambda number, sop: f"{name}-{number:02d}.dcm"


def _bare(name: str) -> Callable[[int, str], str]:
    return lambda number, sop: f"{name}-{number:02d}"


def _columns(series: Series) -> Callable[[int], dict[str, Any]]:
    return lambda index: {"instance_number": int(series.headers[index].InstanceNumber)}


def _promise(raw: Path, scans: dict[str, Series], **promise: Any) -> Phantom:
    """ASSUMED: volume_id and patient_id are the scan id; one scan is one patient."""
    rows: list[Row] = []
    volumes: list[Row] = []
    for scan, series in scans.items():
        rows += series.rows(patient_id=scan, volume_id=scan, columns=_columns(series))
        volumes.append(series.volume(patient_id=scan, volume_id=scan))
    return Phantom(raw, ordered(rows), {"volumes": ordered(volumes)}, secrets=SECRETS, **promise)


def _unplaced(header: FileDataset, index: int) -> None:
    del header.ImagePositionPatient, header.ImageOrientationPatient
    header.SliceLocation = -260.25 + 1.25 * index


def _unlocated(header: FileDataset, index: int) -> None:
    del header.ImagePositionPatient, header.ImageOrientationPatient


def _no_position(folder: Path) -> Phantom:
    """ASSUMED: without orientation tags the stored order is SliceLocation, else InstanceNumber, ascending.

    Then `orientation`, `plane`, `image_position` and `image_orientation` are null and `order_source` says what was used.
    """
    part = folder / "PCsub1-20090909"
    scans: dict[str, Series] = {}
    scans["W0001"] = _scan(part / "W0001", "W0001", 5, True, _with_extension("W0001"), _unplaced)
    scans["W0002"] = _scan(part / "W0002", "W0002", 4, False, _with_extension("W0002"), _unlocated)
    turned = scans["W0002"]
    names = ("sop_uids", "paths", "headers", "positions")  # instance numbers run from the top
    for name in names:
        getattr(turned, name).reverse()
    turned.image = turned.image[::-1]
    phantom = _promise(folder, scans)
    gone = {"orientation": None, "plane": None, "image_position": None, "image_orientation": None}
    for row in phantom.rows:
        source = "slice_location" if row.patient_id == "W0001" else "instance_number"
        row.columns |= {**gone, "order_source": source}
        del row.columns["slice_spacing"]
    for row in phantom.configs["volumes"]:
        row.columns["orientation"] = None
    return phantom


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns what must come out of it."""
    if variant == "no-position":
        return _no_position(folder)
    one, two = folder / "PCsub1-20090909", folder / "PCsub2-20090909"
    scans: dict[str, Series] = {}
    if variant == "renamed":
        for name in ("patient a", "patient b"):
            scans[name] = _scan(folder / "elcap" / name, name, 4, True, lambda n, sop: f"{n}.dcm")
        return _promise(folder, scans)
    if variant == "one-folder":
        # ASSUMED: where a scan id covers several series, the SeriesInstanceUID is the volume id, the scan id the patient's.
        mixed = [_scan(two / "W0004", f"W0004{letter}", 4, True, _with_extension(f"W0004{letter}")) for letter in "ab"]
        rows = [row for series in mixed for row in series.rows(patient_id="W0004", columns=_columns(series))]
        volumes = [series.volume(patient_id="W0004") for series in mixed]
        return Phantom(folder, ordered(rows), {"volumes": ordered(volumes)}, secrets=SECRETS)

    scans["W0001"] = _scan(one / "W0001", "W0001", 5, True, _with_extension("W0001"))
    scans["W0002"] = _scan(one / "W0002", "W0002", 4, False, _bare("W0002"))
    last = _scan(two / "W0026", "W0026", 6, True, _with_extension("W0026"), uneven=variant == "missing-slice")
    scans["W0026"] = last
    if variant == "clean":
        write(one / "W0001" / "DICOMDIR", b"\0" * 128 + b"DICM" + b"\x02\x00\x00\x00UL\x04\x00\x00\x00\x00\x00")
        write(two / "readme.txt", "ELCAP Public Lung Image Database\r\n")
        plain = last.headers[0].copy()
        del plain.PixelData
        plain.SOPInstanceUID, plain.SOPClassUID = uid("sop elcap report"), "1.2.840.10008.5.1.4.1.1.88.11"
        plain.save_as(two / "W0026" / "report.dcm")
        return _promise(folder, scans, not_used=["DICOMDIR", plain.SOPInstanceUID])
    if variant == "derived-masks":
        write(folder / "nodules.csv", "scan,type,x,y,slice\nW0001,solid,12,20,3\n")
        write(folder / "nodule_masks" / "W0001.npy", b"\x93NUMPY\x01\x00" + bytes(40))
        return _promise(folder, scans, not_used=["nodules.csv", "W0001.npy"])
    if variant == "missing-slice":
        del scans["W0026"]
        return _promise(folder, scans, rejected=[last.uid])
    if variant == "duplicate-slice":
        write(last.paths[2].with_name("copy of slice.dcm"), last.paths[2].read_bytes())
        return _promise(folder, scans, duplicate=[last.sop_uids[2]])
    if variant == "conflicting-slice":
        twin = last.headers[2].copy()
        twin.SOPInstanceUID = twin.file_meta.MediaStorageSOPInstanceUID = UID(uid("sop elcap twin"))
        twin.PixelData = last.headers[1].PixelData
        twin.save_as(two / "W0026" / "W0026-99.dcm")
        del scans["W0026"]
        return _promise(folder, scans, rejected=[last.uid])
    if variant == "truncated":
        write(last.paths[3], last.paths[3].read_bytes()[:-500])
        del scans["W0026"]
        return _promise(folder, scans, rejected=[last.uid])
    if variant == "not-dicom":
        write(two / "W0026" / "W0026-07.dcm", "<!DOCTYPE html><html>log in first</html>")
        del scans["W0026"]
        return _promise(folder, scans, rejected=["W0026-07.dcm"])
    raise ValueError(variant)
