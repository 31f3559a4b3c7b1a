"""Files of a collection that are cut or damaged: each is rejected by name, and the name is nobody's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from hf_medseg.conversion.run import Conversion, convert
from tests.support.dicom import Series, uid, write_series
from tests.support.kit import grey

NAME = "Mustermann Erika"


def series_of(tmp_path: Path, **options: Any) -> Series:
    image = np.stack([grey(f"d {k}", 12, 10, 900, np.uint16) for k in range(4)])
    named = {"file_name": lambda number, sop: f"{NAME} {number}.dcm", **options}
    return write_series(tmp_path / "raw" / NAME, image, name="d", patient_id="P1", **named)


def converted(tmp_path: Path) -> Conversion:
    done = convert("tcia", tmp_path / "raw", tmp_path / "out", workers=1, configs=["slices"])
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file() and "/.local/" not in str(path):
            assert b"Mustermann" not in path.read_bytes(), path.name
    return done


def rows(done: Conversion) -> int:
    found: int = sum(split["rows"] for split in done.report["configs"]["slices"]["splits"].values())
    return found


def offset_of(data: bytes, tag: bytes) -> int:
    return data.rindex(tag)


@pytest.mark.parametrize("tag", [b"\x20\x00\x32\x00DS", b"\x28\x00\x10\x00US", b"\x28\x00\x02\x01US"], ids=["position", "rows", "high bit"])
def test_a_file_cut_inside_its_header_at_the_end_of_a_series(tmp_path: Path, tag: bytes) -> None:
    """It belonged to no case, and the series came out a slice short with exit code 0."""
    series = series_of(tmp_path)
    data = series.paths[-1].read_bytes()
    series.paths[-1].write_bytes(data[: offset_of(data, tag)])
    done = converted(tmp_path)
    (rejected,) = done.rejected
    assert rejected["file"] == f"{series.uid}/{series.sop_uids[-1]}.dcm"
    assert "it was cut" in rejected["expected"] and not rows(done)


@pytest.mark.parametrize(("where", "named"), [(140, False), (250, False), (300, True), (500, True)])
def test_a_file_cut_before_its_ids_is_called_by_its_uid_or_by_a_hash(tmp_path: Path, where: int, named: bool) -> None:
    series = series_of(tmp_path)
    path = series.paths[-1]
    path.write_bytes(path.read_bytes()[:where])
    (rejected,) = converted(tmp_path).rejected
    digest = hashlib.sha256(path.name.encode()).hexdigest()[:16]
    assert rejected["file"] == (f"{series.sop_uids[-1]}.dcm" if named else f"damaged/{digest}.dcm")
    assert rejected["image_id"] == rejected["file"]


def damage_series(data: bytes, series: Series) -> bytes:
    return data.replace(series.uid.encode(), series.uid[:20].encode() + b"q" + series.uid[21:].encode())


def damage_object(data: bytes, series: Series) -> bytes:
    sop = series.sop_uids[-1].encode()
    return data[:400] + data[400:].replace(sop, sop[:-1] + bytes([sop[-1] ^ 1]))


def empty_series(data: bytes, series: Series) -> bytes:
    return data.replace(series.uid.encode(), b" " * len(series.uid))


@pytest.mark.parametrize("damage", [damage_series, damage_object, empty_series])
def test_a_header_whose_ids_are_damaged_makes_no_series_of_one_slice(tmp_path: Path, damage: Callable[[bytes, Series], bytes]) -> None:
    """It became a row of its own with its path for an id."""
    series = series_of(tmp_path)
    path = series.paths[-1]
    path.write_bytes(damage(path.read_bytes(), series))
    done = converted(tmp_path)
    (rejected,) = done.rejected
    assert rejected["file"] == f"{series.sop_uids[-1]}.dcm" and "UID" in rejected["expected"]
    assert rows(done) == 3


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\0" * 90], ids=["empty", "page", "cut"])
def test_a_file_without_suffix_that_is_called_like_its_neighbours(tmp_path: Path, content: bytes) -> None:
    """It was not listed among what is wrong."""
    series_of(tmp_path, file_name=lambda number, sop: sop)
    (tmp_path / "raw" / NAME / uid("one more")).write_bytes(content)
    (tmp_path / "raw" / "VERSION").write_bytes(b"1.0")
    done = converted(tmp_path)
    (rejected,) = done.rejected
    assert rejected["file"] == f"damaged/{hashlib.sha256(uid('one more').encode()).hexdigest()[:16]}.dcm"
    assert "called alike" in rejected["expected"] and rows(done) == 4


def test_a_directory_of_dicom_files_is_no_damaged_file(tmp_path: Path) -> None:
    series = series_of(tmp_path)
    header = dcmread(series.paths[0])
    for keyword in ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "PixelData"):
        delattr(header, keyword)
    header.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    header.save_as(tmp_path / "raw" / "DICOMDIR", enforce_file_format=False)
    done = converted(tmp_path)
    assert not done.rejected and rows(done) == 4
