"""Quirks of arrays, one by one."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import MissingExtra, Refused
from hf_medseg.formats.stacks import arrays_in
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.places import Alone
from tests.support.harness import PHANTOMS, run


def _file(path: Path) -> RawFile:
    return RawFile(path.name, path.stat().st_size, Alone(str(path)), stamp=path.stat().st_mtime_ns)


@pytest.mark.parametrize(("packed", "mapped"), [(False, True), (True, False)])
def test_arrays_that_are_not_packed_are_mapped(packed: bool, mapped: bool, tmp_path: Path) -> None:
    array = np.arange(60, dtype=">i4").reshape(3, 4, 5)
    (np.savez_compressed if packed else np.savez)(tmp_path / "a.npz", first=np.zeros(3), x=array)
    found = arrays_in(_file(tmp_path / "a.npz"))["x"]
    assert np.array_equal(found, array) and isinstance(found, np.memmap) == mapped


def test_the_hash_is_that_of_the_whole_file(tmp_path: Path) -> None:
    converted = run("array-stack", "clean", tmp_path)
    expected = hashlib.sha256((converted.phantom.raw / "sets.npz").read_bytes()).hexdigest()
    assert {row["source_sha256"] for row in converted.rows()} == {expected}


def test_a_single_file_can_be_the_raw_tree(tmp_path: Path) -> None:
    phantom = PHANTOMS["array-stack"].make(tmp_path)
    assert convert("array-stack", phantom.raw / "sets.npz", tmp_path / "out", workers=1).rows == len(phantom.rows)


def test_without_h5py_the_package_to_install_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phantom = PHANTOMS["array-stack"].make(tmp_path, "hdf5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtra, match=r"h5py is needed .* pip install"):
        convert("array-stack", phantom.raw, tmp_path / "out", about=phantom.about, workers=1)


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ("no_axes", r'images \(3 x 14 x 18\) of scans.h5: say in the about file what the axes are .*axes = "nhwc"'),
        ("uneven", "3 pictures and 2 masks"),
        ("objects", "it holds Python objects"),
    ],
)
def test_what_is_asked_stands_in_the_refusal(variant: str, words: str, tmp_path: Path) -> None:
    phantom = PHANTOMS["array-stack"].make(tmp_path, variant)
    with pytest.raises(Refused, match=words):
        convert("array-stack", phantom.raw, tmp_path / "out", about=phantom.about, workers=1)


def test_labels_of_pictures_are_no_masks(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    np.savez(tmp_path / "raw/pathmnist.npz", train_images=np.zeros((4, 8, 8, 3), np.uint8), train_labels=np.zeros((4, 1), np.uint8))
    with pytest.raises(Refused, match="one number a picture, and no masks"):
        convert("array-stack", tmp_path / "raw", tmp_path / "out", workers=1)
