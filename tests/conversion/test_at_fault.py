"""A message about files that belong together names the one that is at fault, by the name it has on the disk."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.formats.nifti import NiftiVolume
from hf_medseg.raw.files import Reader
from hf_medseg.raw.tree import open_raw_tree
from tests.support import kit
from tests.support.harness import PHANTOMS


def oasis_pair(folder: Path) -> tuple[Path, Path, Path]:
    """The raw tree, and the voxels and header of one of its images."""
    raw = PHANTOMS["oasis"].make(folder).raw
    header = min(raw.rglob("*_masked_gfc.hdr"))
    return raw, header.with_suffix(".img"), header


@pytest.mark.parametrize("damage", [b"", b"\1" * 348, b"\x5c\1\0\0" + b"\xff" * 344, b"\x1f\x8b\x08\0" + b"\xff" * 60])
def test_a_damaged_header_of_a_pair_is_named_and_not_the_voxels(damage: bytes, tmp_path: Path) -> None:
    raw, _, header = oasis_pair(tmp_path / "raw")
    kit.write(header, damage)
    (rejected, *others) = convert("oasis", raw, tmp_path / "out", workers=1).rejected
    assert not others
    assert rejected["file"].endswith(f"/{header.name}")


def test_cut_voxels_of_a_pair_are_named_and_not_the_header(tmp_path: Path) -> None:
    raw, voxels, _ = oasis_pair(tmp_path / "raw")
    voxels.write_bytes(voxels.read_bytes()[:-10])
    (rejected,) = convert("oasis", raw, tmp_path / "out", workers=1).rejected
    assert rejected["file"].endswith(f"/{voxels.name}")
    assert "bytes of voxels expected" in rejected["expected"]


def test_a_header_in_capitals_belongs_to_its_voxels_and_is_named_so(tmp_path: Path) -> None:
    raw, _, header = oasis_pair(tmp_path / "raw")
    header = header.rename(header.with_suffix(".HDR"))
    assert not convert("oasis", raw, tmp_path / "out", workers=1).rejected
    kit.write(header, b"\1" * 348)
    (rejected,) = convert("oasis", raw, tmp_path / "again", workers=1).rejected
    assert rejected["file"].endswith(".HDR")


def test_a_missing_partner_is_named_with_its_folder(tmp_path: Path) -> None:
    raw = PHANTOMS["drive"].make(tmp_path / "raw").raw
    (mask,) = raw.rglob("27_manual1.gif")
    mask.unlink()
    (rejected,) = convert("drive", raw, tmp_path / "out", workers=1).rejected
    assert rejected["file"] == "training/images/27_training.tif"
    assert rejected["expected"].startswith("training/1st_manual/27_manual1.gif, which belongs to it, is missing")


def test_a_damaged_twin_is_named_by_where_it_lies(tmp_path: Path) -> None:
    raw = PHANTOMS["chest-xray-masks"].make(tmp_path / "raw", "single-tree").raw
    (copy,) = raw.rglob("test/CHNCXR_0025_0.png")
    (film,) = raw.rglob("CXR_png/CHNCXR_0025_0.png")
    archive = kit.as_zip(copy.parent, tmp_path / "zips" / "copy.zip", "second/test/")
    data = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as opened:
        place = opened.getinfo("second/test/CHNCXR_0025_0.png").header_offset
    data[place + 90] ^= 0xFF
    (raw / "second").mkdir()
    (raw / "copy.zip").write_bytes(data)
    assert film.is_file()
    (rejected,) = convert("chest-xray-masks", raw, tmp_path / "out", workers=1).rejected
    assert rejected["file"] == "second/test/CHNCXR_0025_0.png"


def test_a_pair_reads_as_before(tmp_path: Path) -> None:
    raw, voxels, header = oasis_pair(tmp_path / "raw")
    files = {Path(file.listed).name: file for file in open_raw_tree(raw, tmp_path / "work").files}
    assert NiftiVolume(files[voxels.name], files[header.name], plane="axial").samples(Reader()).array.ndim == 3
