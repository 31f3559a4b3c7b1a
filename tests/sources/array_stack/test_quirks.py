"""Quirks of arrays, one by one."""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from hf_medseg.conversion.run import Conversion, convert
from hf_medseg.errors import MissingExtra, Refused
from hf_medseg.formats.stacks import arrays_in
from hf_medseg.raw.access import stamp_of
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.places import Alone
from tests.support.harness import PHANTOMS, Converted, pixels, run
from tests.support.kit import Phantom, write


def _file(path: Path) -> RawFile:
    return RawFile(path.name, path.stat().st_size, Alone(str(path)), stamp=stamp_of(path.stat()))


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
        ("no_axes", r'images \(3 x 14 x 18\) of scans.h5: say in the about file what the axes are .*axes = "nhw"'),
        ("uneven", "3 pictures and 2 masks"),
        ("objects", "holds objects, which are never loaded"),
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


@pytest.mark.parametrize(("axes", "turn"), [("nhwc", (0, 1, 2, 3)), ("cnhw", (3, 0, 1, 2)), ("nchw", (0, 3, 1, 2))])
def test_channels_that_are_no_colours_are_columns_once_they_have_names(axes: str, turn: tuple[int, ...], tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 4000, (2, 5, 7, 4)).astype(np.int16)
    (tmp_path / "raw").mkdir()
    np.savez(tmp_path / "raw/sets.npz", images=images.transpose(turn), masks=(images[..., 0] > 2000).astype(np.uint8))
    about = write(tmp_path / "about.toml", f'axes = "{axes}"\n')
    with pytest.raises(Refused, match=r'4 channels.*channels = \["channel_1", "channel_2", "channel_3", "channel_4"\]'):
        convert("array-stack", tmp_path / "raw", tmp_path / "out", about=about, workers=1)
    write(about, f'axes = "{axes}"\nchannels = ["FLAIR", "T1", "T1 ce", "T2"]\n')
    found = Converted("array-stack", Phantom(tmp_path / "raw", []), *_converted(tmp_path, about))
    for k, row in enumerate(sorted(found.rows(), key=lambda row: str(row["image_id"]))):
        for channel, end in enumerate(("", "_t1", "_t1_ce", "_t2")):
            stored = pixels(row[f"image{end}"]).astype(int) + row[f"rescale_intercept{end}"]
            assert np.array_equal(stored, images[k, :, :, channel])


def test_channels_are_as_many_as_their_names(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    np.savez(tmp_path / "raw/sets.npz", images=np.zeros((2, 5, 7, 4), np.uint8), masks=np.ones((2, 5, 7), np.uint8))
    about = write(tmp_path / "about.toml", 'axes = "nhwc"\nchannels = ["t1", "t2"]\n')
    with pytest.raises(Refused, match=r"channels names 2; images \(2 x 5 x 7 x 4\) of sets.npz has 4"):
        convert("array-stack", tmp_path / "raw", tmp_path / "out", about=about, workers=1)


def _converted(folder: Path, about: Path) -> tuple[Conversion, Path]:
    return convert("array-stack", folder / "raw", folder / "out", about=about, workers=1), folder / "out"


def _masks(folder: Path, masks: object, images: tuple[int, ...] = (2, 6, 8)) -> Path:
    folder.mkdir()
    np.savez(folder / "sets.npz", images=np.zeros(images, np.uint8), masks=np.asarray(masks))
    return folder


@pytest.mark.parametrize(
    ("masks", "words"),
    [
        (np.ones((2, 6, 8, 2), np.uint8), r'one of 2 channels.*classes = \{ 0 = "background", 1 = "channel_1" \}'),
        (np.full((2, 6, 8, 2), 0.25) * [1, 2], r"more values than 0 and one other, such as 0.25, 0.5. .*threshold = 0.5"),
        (np.arange(192).reshape(2, 6, 8, 2), r"more values than 0 and one other.*threshold = 0"),
        (np.zeros((2, 2, 6, 8), np.uint8), "complete"),
    ],
)
def test_what_channels_mean_is_asked_where_they_do_not_tell(masks: np.ndarray, words: str, tmp_path: Path) -> None:
    about = tmp_path / "about.toml"
    about.write_text('axes = "nhw"\n')
    raw = _masks(tmp_path / "raw", masks)
    if words == "complete":
        assert convert("array-stack", raw, tmp_path / "out", about=about, workers=1).rows == 2
        return
    with pytest.raises(Refused, match=words):
        convert("array-stack", raw, tmp_path / "out", about=about, workers=1)


def test_axes_of_masks_that_fit_in_two_ways_are_asked(tmp_path: Path) -> None:
    about = tmp_path / "about.toml"
    about.write_text('axes = "nhw"\n')
    raw = _masks(tmp_path / "raw", np.zeros((2, 6, 6, 6), np.uint8), images=(2, 6, 6))
    with pytest.raises(Refused, match=r'an array of 2 x 6 x 6 x 6\. .* such as: mask_axes = "nhwc"'):
        convert("array-stack", raw, tmp_path / "out", about=about, workers=1)


def test_objects_beside_the_arrays_that_are_wanted_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    arrays = {"image": np.zeros((6, 8), np.uint8), "label": np.ones((6, 8), np.uint8), "meta": np.array([{"by": "me"}], object)}
    np.savez_compressed(tmp_path / "raw/a.npz", **arrays)
    assert convert("array-stack", tmp_path / "raw", tmp_path / "out", workers=1).rows == 1


@pytest.mark.parametrize(("variant", "library"), [("old_matlab", "scipy"), ("zarr2", "zarr")])
def test_without_its_library_a_format_names_it(variant: str, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phantom = PHANTOMS["array-stack"].make(tmp_path, variant)
    for name in (library, f"{library}.io", f"{library}.core.buffer"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=rf"{library} is needed .* pip install"):
        convert("array-stack", phantom.raw, tmp_path / "out", about=phantom.about, workers=1)


@pytest.mark.parametrize("names", [("img_K.npy", "mask_K.npy"), ("images/K.npy", "labels/K.npy"), ("train/x/cK.npy", "train/y/cK.npy")])
def test_files_that_are_called_the_same_but_for_a_word_pair(names: tuple[str, str], tmp_path: Path) -> None:
    for k in range(2):
        for name, value in zip(names, (7 + k, k), strict=True):
            path = tmp_path / "raw" / name.replace("K", str(k))
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, np.full((5, 6), value, np.uint8))
    found = Converted(
        "array-stack", Phantom(tmp_path / "raw", []), convert(None, tmp_path / "raw", tmp_path / "out", workers=1), tmp_path / "out"
    ).rows()
    assert {(pixels(row["image"])[0, 0], pixels(row["mask"])[0, 0]) for row in found} == {(7, 0), (8, 1)}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("whites", 'but not the same: 1, 255. .* classes = { 1 = "foreground", 255 = "foreground" }'),
        ("nan", "its masks hold NaN or infinity, in 20 pixels of one, which is no label. Save them with 0 there."),
        ("negative", "The masks hold values below 0, such as -1. Save them with one number a class, from 0 up."),
        ("void", ""),
    ],
)
def test_masks_that_are_no_one_coding_are_told(kind: str, words: str, tmp_path: Path) -> None:
    """One class in two codings was two; NaN was called a fraction; the line that was given for -1 was refused."""
    one = np.repeat([0, 1], 20).reshape(5, 8)
    masks = {
        "whites": np.stack([one, one * 255]),
        "nan": np.stack([np.where(one, 1, np.nan)] * 2),
        "negative": np.stack([one - 1] * 2),
        "void": np.stack([np.where(one[::-1], 255, one)] * 2),
    }[kind]
    (tmp_path / "raw").mkdir()
    np.savez(tmp_path / "raw" / "a.npz", images=np.arange(80, dtype=np.uint8).reshape(2, 5, 8), masks=masks)
    about = write(tmp_path / "about.toml", 'axes = "nhw"')
    if words:
        with pytest.raises(Refused, match=words.replace("{", r"\{")):
            convert("array-stack", tmp_path / "raw", tmp_path / "out", workers=1, about=about)
    else:
        (note,) = convert("array-stack", tmp_path / "raw", tmp_path / "out", workers=1, about=about).report["configs"]["default"]["known"]
        assert note["reason"].startswith("the value 255, in 2 masks, became a class; ")


def test_pages_of_tiffs_are_refused_with_the_line_that_reads_them(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    images = np.random.default_rng(1).integers(0, 60000, (3, 8, 9), np.uint16)
    masks = np.zeros((3, 8, 9), np.uint8)
    masks[1, 2:5, 3:7] = 255
    for folder, array in (("images", images), ("masks", masks)):
        (tmp_path / "raw" / folder).mkdir(parents=True)
        tifffile.imwrite(tmp_path / "raw" / folder / "a.tif", array, photometric="minisblack", compression="zlib")
    with pytest.raises(Refused, match=r'holds 3 pictures where one was expected.*which array-stack reads: pages = "pictures"\Z'):
        convert("image-mask-folder", tmp_path / "raw", tmp_path / "none", workers=1)
    about = write(tmp_path / "about.toml", 'pages = "pictures"\n')
    rows = Converted("array-stack", Phantom(tmp_path, []), *_converted(tmp_path, about)).rows()
    found = {row["image_id"]: (pixels(row["image"]), pixels(row["mask"])) for row in rows}
    assert found.keys() == {"images_a_0000", "images_a_0001", "images_a_0002"}
    for k in range(3):
        assert np.array_equal(found[f"images_a_000{k}"][0], images[k])
        assert np.array_equal(found[f"images_a_000{k}"][1], masks[k] // 255)


def _hdf5(path: Path, arrays: dict[str, np.ndarray], head: bytes = b"") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w", userblock_size=512) as book:
        for name, array in arrays.items():
            book[name] = array
    with path.open("r+b") as file:
        file.write(head)


@pytest.mark.parametrize("head", [b"", b"MATLAB 7.3 MAT-file, Platform: PCWIN64"])
def test_a_picture_that_matlab_saved_stands_upright(head: bytes, tmp_path: Path) -> None:
    """HDF5 shows its axes in reverse; the mask is the one array of the group whose name says so and that has its size."""
    image = np.random.default_rng(2).integers(0, 255, (6, 8), np.uint8)
    mask = (image > 100).astype(np.uint8)
    stored = [array.T if head else array for array in (image, mask)]
    _hdf5(tmp_path / "raw/1.mat", {"set/image": stored[0], "set/label": np.ones((1, 1)), "set/tumorMask": stored[1]}, head)
    conversion = convert("array-stack", tmp_path / "raw", tmp_path / "out", workers=1)
    (row,) = Converted("array-stack", Phantom(tmp_path, []), conversion, tmp_path / "out").rows()
    assert np.array_equal(pixels(row["image"]), image) and np.array_equal(pixels(row["mask"]), mask)


@pytest.mark.parametrize(
    ("names", "lines"),
    [
        (("0", "labels/cells/0"), 'image = "0"; mask = "labels/cells/0"'),
        (("raw_slices", "tumour_mask"), 'image = "raw_slices"; mask = "tumour_mask"'),
    ],
)
def test_names_that_nobody_knows_are_refused_with_the_lines_that_read_them(names: tuple[str, str], lines: str, tmp_path: Path) -> None:
    _hdf5(tmp_path / "raw/a.h5", dict(zip(names, (np.zeros((3, 6, 8), np.uint8), np.ones((6, 8), np.uint8)), strict=True)))
    with pytest.raises(Refused, match=re.escape(lines)):
        convert("array-stack", tmp_path / "raw", tmp_path / "out", workers=1)
    about = write(tmp_path / "about.toml", lines.replace("; ", "\n"))
    with pytest.raises(Refused, match=r'such as: axes = "chw"\Z'):
        convert("array-stack", tmp_path / "raw", tmp_path / "out", workers=1, about=about)
    write(about, f'{about.read_text()}\naxes = "chw"\n')
    assert convert("array-stack", tmp_path / "raw", tmp_path / "out", workers=1, about=about).rows == 1


def test_pickled_objects_are_told_and_never_loaded(tmp_path: Path) -> None:
    write(tmp_path / "raw/sets.pkl", "cos\nsystem\n(S'echo'\ntR.")
    with pytest.raises(Refused, match=r"sets\.pkl holds Python objects, which are never loaded"):
        convert("array-stack", tmp_path / "raw", tmp_path / "out", workers=1)
