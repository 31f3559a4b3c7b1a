"""Files of a collection that are cut or damaged: each is rejected by name, and the name is nobody's."""

from __future__ import annotations

import gzip
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
SHORT = "is damaged, and may be a slice of this series."


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


def damaged_and_short(done: Conversion) -> tuple[dict[str, str], dict[str, str]]:
    """The rejected cases of the one file that is damaged, and of a series that may lack it."""
    (damaged,) = [one for one in done.rejected if one["expected"] != SHORT]
    return damaged, next(one for one in done.rejected if one["expected"] == SHORT)


def offset_of(data: bytes, tag: bytes) -> int:
    return data.rindex(tag)


@pytest.mark.parametrize(
    "tag",
    [b"\x20\x00\x32\x00DS", b"\x28\x00\x10\x00US", b"\x28\x00\x02\x01US", b"\xe0\x7f\x10\x00O"],
    ids=["position", "rows", "high bit", "pixels"],
)
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
    done = converted(tmp_path)
    rejected, short = damaged_and_short(done)
    digest = hashlib.sha256(path.name.encode()).hexdigest()[:16]
    assert rejected["file"] == (f"{series.sop_uids[-1]}.dcm" if named else f"damaged/{digest}.dcm")
    assert rejected["image_id"] == short["file"] == rejected["file"]
    assert short["image_id"] == series.uid and not rows(done)  # nothing says that it is no slice of the series


def test_a_slice_that_was_packed_by_itself_is_missed(tmp_path: Path) -> None:
    """The series came out a slice short, with exit code 0."""
    series = series_of(tmp_path)
    path = series.paths[-1]
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    done = converted(tmp_path)
    rejected, short = damaged_and_short(done)
    assert "packed by itself" in rejected["expected"] and rejected["advice"] == "Unpack it where it lies."
    assert short["image_id"] == series.uid and not rows(done)


def test_a_series_of_several_patients_is_nobodys(tmp_path: Path) -> None:
    """All of it was the first one's: rows of another patient were on the wrong side of a division by patients."""

    def other(header: Any, number: int) -> None:
        header.PatientID = "P2" if number == 3 else "P1"

    series_of(tmp_path, edit=other)
    done = converted(tmp_path)
    (rejected,) = done.rejected
    assert "several patients (PatientID)" in rejected["expected"] and not rows(done)


def damage_series(data: bytes, series: Series) -> bytes:
    return data.replace(series.uid.encode(), series.uid[:20].encode() + b"q" + series.uid[21:].encode())


def damage_object(data: bytes, series: Series) -> bytes:
    sop = series.sop_uids[-1].encode()
    return data[:400] + data[400:].replace(sop, sop[:-1] + bytes([sop[-1] ^ 1]))


def empty_series(data: bytes, series: Series) -> bytes:
    return data.replace(series.uid.encode(), b" " * len(series.uid))


def lost(data: bytes, series: Series) -> bytes:
    return b"<html>404</html>"


@pytest.mark.parametrize(
    ("change", "rejects"),
    [("SeriesNumber", "named"), ("Modality", "named"), ("StudyInstanceUID", "named"), ("", "both"), ("folder", "named")],
)
@pytest.mark.parametrize("damage", [empty_series, lost])
def test_a_damaged_file_rejects_the_series_of_its_folder_but_those_that_it_contradicts(
    tmp_path: Path, change: str, rejects: str, damage: Callable[[bytes, Series], bytes]
) -> None:
    """Two series in one folder, or in two; one file is damaged. Whose slice it is must be proven before the other one goes out."""

    def other(header: Any, number: int) -> None:
        if change not in ("", "folder"):
            setattr(header, change, {"SeriesNumber": 7, "Modality": "MR", "StudyInstanceUID": uid("another study")}[change])

    first = series_of(tmp_path, number=3, study="s", frame=uid("f"))
    above = tmp_path / "raw" / ("elsewhere" if change == "folder" else NAME)
    image = np.stack([grey(f"o {k}", 12, 10, 900, np.uint16) for k in range(3)])
    second = write_series(
        above,
        image,
        name="o",
        patient_id="P1",
        edit=other,
        number=3,
        study="s",
        frame=uid("f"),
        file_name=lambda number, sop: f"{NAME} o {number}.dcm",
    )
    first.paths[-1].write_bytes(damage(first.paths[-1].read_bytes(), first))
    done = converted(tmp_path)
    both = rejects == "both" or (damage is lost and change != "folder")
    assert {one["image_id"] for one in done.rejected} - {damaged_and_short(done)[0]["image_id"]} == {
        first.uid,
        *([second.uid] if both else []),
    }
    assert rows(done) == (0 if both else 3)


@pytest.mark.parametrize("name", ["{}.img", "{}.dcm.bak", "{}.dcm.1", "IM{}.anon"])
def test_what_is_called_otherwise_is_looked_at_by_its_first_bytes(tmp_path: Path, name: str) -> None:
    """The last slice was listed as used by no case, and the series came out one short."""
    series = series_of(tmp_path)
    series.paths[-1].rename(series.paths[-1].with_name(name.format(4)))
    (tmp_path / "raw" / NAME / "notes.img").write_bytes(b"no DICOM")
    done = converted(tmp_path)
    assert not done.rejected and rows(done) == 4


def test_a_backup_of_a_slice_that_differs_from_it_is_no_slice_of_its_own(tmp_path: Path) -> None:
    series = series_of(tmp_path)
    data = series.paths[-1].read_bytes()
    series.paths[-1].with_suffix(".dcm.bak").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    (rejected,) = converted(tmp_path).rejected
    assert rejected["image_id"] == series.uid and "claim to be the same file and differ" in rejected["expected"]


@pytest.mark.parametrize("damage", [damage_series, damage_object, empty_series])
def test_a_header_whose_ids_are_damaged_makes_no_series_of_one_slice(tmp_path: Path, damage: Callable[[bytes, Series], bytes]) -> None:
    """It became a row of its own with its path for an id."""
    series = series_of(tmp_path)
    path = series.paths[-1]
    path.write_bytes(damage(path.read_bytes(), series))
    done = converted(tmp_path)
    rejected, short = damaged_and_short(done)
    assert rejected["file"] == f"{series.sop_uids[-1]}.dcm" and "UID" in rejected["expected"]
    assert short["image_id"] == series.uid and short["file"] == rejected["file"]
    assert "take it out of the folder" in short["advice"]
    assert not rows(done)  # three of four slices came out as a whole series


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\0" * 90], ids=["empty", "page", "cut"])
def test_a_file_without_suffix_that_is_called_like_its_neighbours(tmp_path: Path, content: bytes) -> None:
    """It was not listed among what is wrong."""
    series_of(tmp_path, file_name=lambda number, sop: sop)
    (tmp_path / "raw" / NAME / uid("one more")).write_bytes(content)
    (tmp_path / "raw" / "VERSION").write_bytes(b"1.0")
    done = converted(tmp_path)
    rejected, short = damaged_and_short(done)
    assert rejected["file"] == short["file"] == f"damaged/{hashlib.sha256(uid('one more').encode()).hexdigest()[:16]}.dcm"
    assert "called alike" in rejected["expected"] and not rows(done)


def test_a_directory_of_dicom_files_is_no_damaged_file(tmp_path: Path) -> None:
    series = series_of(tmp_path)
    header = dcmread(series.paths[0])
    for keyword in ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "PixelData"):
        delattr(header, keyword)
    header.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    header.save_as(tmp_path / "raw" / "DICOMDIR", enforce_file_format=False)
    done = converted(tmp_path)
    assert not done.rejected and rows(done) == 4
