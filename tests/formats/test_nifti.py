"""NIfTI and Analyze: stored samples, LPS order, the cut into slices, identities, damage."""

from __future__ import annotations

import gzip
import itertools
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_medseg.case import Case
from hf_medseg.conversion.rows import rows
from hf_medseg.dataset.columns import PICTURE, VOLUME_COLUMNS, WHOLE_VOLUME_COLUMNS, Column, ListOf, VolumeColumn, table_columns
from hf_medseg.dataset.table import TableSpec, Tally
from hf_medseg.errors import Rejected
from hf_medseg.formats.floats import ROUNDED, rounded
from hf_medseg.formats.nifti import NiftiVolume, volume_bytes, voxels_of
from hf_medseg.formats.physical import physical
from hf_medseg.formats.placement import SFORM_TAKEN, SIZES_FROM_HEADER
from hf_medseg.formats.volume import Grid, Samples, VolumeImage, check_same_grid, image_grid, lay_image, stored_samples
from hf_medseg.formats.voxels import cut
from hf_medseg.masks.cells import Instances, MaskList, Overlap
from hf_medseg.masks.labels import Threshold, Values
from hf_medseg.raw.access import stamp_of
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone

TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
AFFINE = TO_RAS @ np.array([[1.0, 0, 0, -20], [0, 1.0, 0, -30], [0, 0, 1.0, 5], [0, 0, 0, 1]])


def raw_file(path: Path) -> RawFile:
    return RawFile(path.name, path.stat().st_size, Alone(str(path)))


def saved(path: Path, voxels: Any, affine: Any = AFFINE, **scale: float) -> RawFile:
    image = nib.Nifti1Image(voxels, affine)
    content = bytearray(image.to_bytes())
    if scale:
        content[112:120] = struct.pack("<2f", scale["slope"], scale.get("intercept", 0.0))
    path.write_bytes(gzip.compress(bytes(content)) if path.suffix == ".gz" else bytes(content))
    return raw_file(path)


def noise(*shape: int, dtype: Any = np.int16) -> Any:
    return np.random.default_rng(7).integers(-500 if np.dtype(dtype).kind == "i" else 0, 120, shape).astype(dtype)


# What is stored


@pytest.mark.parametrize(
    ("dtype", "expected", "offset"),
    [("u1", "u1", 0), ("u2", "u2", 0), ("i2", "u2", -32768), (">i2", "u2", -32768), ("i1", "u1", -128), (">u2", "u2", 0)],
)
def test_small_integers_are_stored_as_they_are_or_shifted(dtype: str, expected: str, offset: int) -> None:
    info = np.iinfo(dtype)
    raw = np.array([info.min, 0, 1, info.max], dtype)
    found, slope, intercept = stored_samples(raw, "x", 2.0, 3.0)
    assert found.dtype == np.dtype(expected)
    assert np.array_equal(found * slope + intercept, raw.astype(float) * 2 + 3)
    assert intercept == 3 + offset * 2


@pytest.mark.parametrize("dtype", ["i4", "u4", "i8", "u8", "f4", "f8"])
@pytest.mark.parametrize(("low", "high", "offset"), [(0, 65535, 0), (-32768, 32767, -32768), (70000, 135535, 70000), (-1, 40000, -1)])
def test_wider_numbers_become_16_bit_where_an_offset_fits(dtype: str, low: int, high: int, offset: int) -> None:
    if dtype[0] == "u" and low < 0:
        pytest.skip("unsigned")
    found, slope, intercept = stored_samples(np.array([low, low + 5, high], dtype), "x")
    assert found.dtype == np.uint16
    assert (slope, intercept) == (1.0, offset)
    assert np.array_equal(found.astype(np.int64) + offset, [low, low + 5, high])


def test_integers_that_no_offset_fits_are_rejected() -> None:
    with pytest.raises(Rejected, match="no offset"):
        stored_samples(np.array([0, 65536], np.int32), "x")


def test_whole_floats_too_far_apart_stay_floats() -> None:
    found, _, intercept = stored_samples(np.array([0.0, 70000.0], np.float64), "x")
    assert found.dtype == np.float32
    assert intercept == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_doubles_become_the_nearest_32_bit_floats_or_are_rejected(values: list[float]) -> None:
    raw = np.array([0.1, *values])
    try:
        found, slope, intercept = stored_samples(raw, "x")
    except Rejected as error:
        sizes = np.abs(raw[raw != 0])
        assert sizes.max() > 3.4e38 or sizes.min() < 1.2e-38, error
        return
    assert (found.dtype, slope, intercept) == (np.float32, 1.0, 0.0)
    assert np.all(np.abs(found.astype(np.float64) - raw) <= 6e-8 * np.abs(raw))
    assert rounded(raw, found)
    assert not rounded(found.astype(np.float64), found)


@pytest.mark.parametrize("size", [1e39, -1e300, 1e-45, 1e-310])
def test_doubles_beyond_32_bits_are_rejected_by_value(size: float) -> None:
    with pytest.raises(Rejected, match=f"such as {size:g}".replace("+", r"\+")):
        stored_samples(np.array([0.5, size]), "x")


@pytest.mark.parametrize("low", [1 << 53, -(1 << 60)])
def test_integers_that_no_intercept_can_tell_are_rejected(low: int) -> None:
    with pytest.raises(Rejected, match="no floating-point number"):
        stored_samples(np.array([low, low + 1], np.int64), "x")


def test_what_is_rounded_is_said_and_what_is_exact_is_not(tmp_path: Path) -> None:
    for name, values in (("a.nii.gz", noise(4, 5, 6) / 10), ("b.nii", noise(4, 5, 6) / 8)):
        reader = Reader()
        found = NiftiVolume(saved(tmp_path / name, values)).samples(reader)
        assert found.array.dtype == np.float32
        assert reader.notes == ([("a.nii.gz", ROUNDED)] if name == "a.nii.gz" else [])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_rejected(bad: float) -> None:
    with pytest.raises(Rejected, match="finite"):
        stored_samples(np.array([0.5, bad], np.float32), "x")


def test_complex_samples_are_rejected() -> None:
    with pytest.raises(Rejected, match="complex"):
        stored_samples(np.array([1j]), "x")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["i1", "u1", "i2", "u2", "i4", "i8", "f2", "f4"]), st.integers(0, 2**32 - 1), st.floats(0.001, 8), st.floats(-99, 99)
)
def test_physical_values_come_back(dtype: str, key: int, slope: float, intercept: float) -> None:
    raw = np.random.default_rng(key).integers(-100 if dtype[0] != "u" else 0, 100, 50).astype(dtype)
    found, scale, offset = stored_samples(raw, "x", slope, intercept)
    assert np.allclose(found * scale + offset, raw.astype(float) * slope + intercept, rtol=1e-12, atol=1e-9)


def test_the_scale_of_the_header_is_kept_beside_the_integers(tmp_path: Path) -> None:
    voxels = noise(4, 5, 6)
    found = NiftiVolume(saved(tmp_path / "a.nii", voxels, slope=0.5, intercept=10)).samples(Reader())
    assert found.array.dtype == np.uint16
    assert np.allclose(found.array * found.slope + found.intercept, voxels.transpose(2, 1, 0) * 0.5 + 10)


# Order and cut


@pytest.mark.parametrize("flips", list(itertools.product((1, -1), repeat=3)))
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_every_order_of_axes_gives_the_same_slices(order: tuple[int, ...], flips: tuple[int, ...], tmp_path: Path) -> None:
    lps = noise(7, 6, 5)
    place = TO_RAS @ AFFINE
    voxels = lps
    for axis, flip in enumerate(flips):
        if flip < 0:
            voxels = np.flip(voxels, axis)
            place = place @ _mirror(axis, lps.shape[axis])
    voxels, place = voxels.transpose(order), place[:, [*order, 3]]
    found = NiftiVolume(saved(tmp_path / "a.nii.gz", voxels, TO_RAS @ place)).samples(Reader())
    assert np.array_equal(found.array.astype(int) - 32768, lps.transpose(2, 1, 0))
    assert found.grid.orientation == "LPS"
    assert found.grid.plane == "axial"
    assert found.grid.positions[0] == pytest.approx((-20, -30, 5))
    assert found.grid.positions[-1] == pytest.approx((-20, -30, 9))
    assert found.grid.direction == pytest.approx((1, 0, 0, 0, 1, 0))
    assert found.array.flags.c_contiguous


def _mirror(axis: int, size: int) -> Any:
    mirror = np.eye(4)
    mirror[axis, axis], mirror[axis, 3] = -1, size - 1
    return mirror


@pytest.mark.parametrize(
    ("spacing", "plane", "orientation"),
    [
        ((1, 1, 1), "axial", "LPS"),
        ((1, 1.49, 1), "axial", "LPS"),
        ((1, 1.5, 1), "coronal", "LSP"),
        ((np.float32(0.8), np.float32(1.2), 1), "coronal", "LSP"),
        ((3, 1, 1), "sagittal", "PSL"),
        ((0.5, 0.5, 5), "axial", "LPS"),
        ((3, 3, 1), "coronal", "LSP"),
        ((3, 1, 3), "axial", "LPS"),
    ],
)
def test_slices_are_cut_along_the_coarsest_axis(spacing: Any, plane: str, orientation: str) -> None:
    voxels = noise(4, 5, 6)
    array, grid = cut(voxels, np.diag([*spacing, 1.0]), tuple(spacing))
    assert (grid.plane, grid.orientation) == (plane, orientation)
    axes = ["LPS".index(letter) for letter in orientation]  # of column, row, slice
    assert np.array_equal(array, voxels.transpose(axes[::-1]))
    assert grid.slice_spacing == pytest.approx(spacing[axes[2]])
    assert grid.pixel_spacing == pytest.approx((spacing[axes[1]], spacing[axes[0]]))
    assert np.allclose(grid.affine, np.diag([*spacing, 1.0])[:, [*axes, 3]])


def test_an_oblique_volume_keeps_its_true_directions(tmp_path: Path) -> None:
    turn = np.deg2rad(20)
    place = np.eye(4)
    place[:3, :3] = np.array([[1, 0, 0], [0, np.cos(turn), -np.sin(turn)], [0, np.sin(turn), np.cos(turn)]]) @ np.diag([0.9, 0.8, 3.0])
    place[:3, 3] = (-12, 7, 100)
    voxels = noise(5, 6, 4)
    found = NiftiVolume(saved(tmp_path / "a.nii", voxels, TO_RAS @ place)).samples(Reader())
    assert found.grid.orientation == "LPS"
    assert np.allclose(found.grid.affine, place, atol=1e-5)
    assert found.grid.direction == pytest.approx((1, 0, 0, 0, np.cos(turn), np.sin(turn)), abs=1e-6)
    assert found.grid.slice_spacing == pytest.approx(3.0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_placement_is_undone_by_flips_and_permutations_alone(key: int) -> None:
    chance = np.random.default_rng(key)
    matrix = np.linalg.qr(chance.normal(size=(3, 3)))[0] * chance.uniform(0.3, 6, 3)
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = matrix, chance.uniform(-200, 200, 3)
    shape = tuple(chance.integers(1, 6, 3))
    voxels = np.arange(np.prod(shape)).reshape(shape)
    array, grid = cut(voxels, affine, (1, 1, 1))
    assert sorted(array.ravel()) == sorted(voxels.ravel())
    assert all(a <= b for a, b in itertools.pairwise([p["LPS".index(grid.orientation[2])] for p in grid.positions]))
    for slices, height, width in itertools.product(*map(range, array.shape)):
        i, j, k = np.unravel_index(int(array[slices, height, width]), shape)
        assert np.allclose(grid.affine @ [width, height, slices, 1], affine @ [i, j, k, 1], atol=1e-6)


def test_no_orientation_keeps_the_stored_order(tmp_path: Path) -> None:
    image = nib.Nifti1Image(noise(4, 5, 6), None)
    image.header.set_zooms((1.0, 1.5, 3.0))
    (tmp_path / "a.nii").write_bytes(image.to_bytes())
    found = NiftiVolume(raw_file(tmp_path / "a.nii"), plane="sagittal").samples(Reader())
    assert np.array_equal(found.array.astype(int) - 32768, noise(4, 5, 6).transpose(2, 1, 0))
    grid = found.grid
    assert (grid.orientation, grid.positions, grid.direction, grid.affine) == (None, (), None, None)
    assert (grid.pixel_spacing, grid.slice_spacing, grid.plane) == ((1.5, 1.0), 3.0, "sagittal")


def test_the_sform_goes_before_the_qform(tmp_path: Path) -> None:
    image = nib.Nifti1Image(noise(4, 5, 6), None)
    image.set_qform(np.diag([2.0, 2, 2, 1]), 1)
    image.set_sform(np.diag([-2.0, -2, 2, 1]), 4)
    (tmp_path / "a.nii").write_bytes(image.to_bytes())
    reader = Reader()
    found = NiftiVolume(raw_file(tmp_path / "a.nii")).samples(reader)
    assert np.array_equal(found.array.astype(int) - 32768, noise(4, 5, 6).transpose(2, 1, 0))
    assert reader.notes == [("a.nii", SFORM_TAKEN)]
    image.set_sform(None, 0)
    (tmp_path / "a.nii").write_bytes(image.to_bytes())
    found = NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader())
    assert np.array_equal(found.array.astype(int) - 32768, noise(4, 5, 6)[::-1, ::-1].transpose(2, 1, 0))
    assert found.grid.pixel_spacing == pytest.approx((2.0, 2.0))


@pytest.mark.parametrize("qform", [True, False])
def test_an_sform_of_directions_alone_takes_its_sizes_from_pixdim(qform: bool, tmp_path: Path) -> None:
    """As ACDC has it; ITK reads it so, nibabel says that every voxel is 1 mm."""
    image = nib.Nifti1Image(noise(4, 5, 6), None)
    image.set_qform(np.diag([-1.32, -1.32, 10, 1]), 1)
    image.set_sform(np.diag([-1.0, -1, 1, 1]), 2)
    image.header["qform_code"] = int(qform)
    (tmp_path / "a.nii").write_bytes(image.to_bytes())
    reader = Reader()
    found = NiftiVolume(raw_file(tmp_path / "a.nii")).samples(reader)
    assert np.array_equal(found.array.astype(int) - 32768, noise(4, 5, 6).transpose(2, 1, 0))
    assert found.grid.pixel_spacing == pytest.approx((1.32, 1.32))
    assert found.grid.slice_spacing == pytest.approx(10)
    assert found.grid.positions[5] == pytest.approx((0, 0, 50))
    assert reader.notes == [("a.nii", SIZES_FROM_HEADER)]


@pytest.mark.parametrize(
    ("sform", "code", "qform", "words"),
    [
        ((-3, -3, 3), 1, (-1.3, -1.3, 10), "1.3 x 1.3 x 10 mm by pixdim and 3 x 3 x 3 mm by its sform"),
        ((-3, -3, 3), 4, (-3, -3, 3.1), "3 x 3 x 3.1 mm by pixdim"),
        ((3, -3, 3), 1, (-3, -3, 3), "claim the same space"),
        ((1, -1, 1), 2, (-1.3, -1.3, 10), "claim the same space"),
    ],
)
def test_a_header_that_contradicts_itself_is_rejected(sform: Any, code: int, qform: Any, words: str, tmp_path: Path) -> None:
    image = nib.Nifti1Image(noise(4, 5, 6), None)
    image.set_qform(np.diag([*qform, 1.0]), 1)
    image.set_sform(np.diag([*sform, 1.0]), code)
    (tmp_path / "a.nii").write_bytes(image.to_bytes())
    with pytest.raises(Rejected, match=words):
        NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader())


@pytest.mark.parametrize("place", [252, 254])
@pytest.mark.parametrize("code", [-1, 6, 512])
def test_a_code_that_stands_for_nothing_is_rejected(place: int, code: int, tmp_path: Path) -> None:
    """nibabel takes it for 0 and drops the matrix, ITK takes the matrix."""
    data = bytearray(nib.Nifti1Image(noise(4, 5, 6), AFFINE).to_bytes())
    data[place : place + 2] = struct.pack("<h", code)
    (tmp_path / "a.nii").write_bytes(bytes(data))
    with pytest.raises(Rejected, match=f"form_code is {code}; 0 to 5"):
        NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader())


def test_rounded_sizes_and_odd_signs_contradict_nothing(tmp_path: Path) -> None:
    image = nib.Nifti1Image(noise(4, 5, 6), np.diag([-0.48828125, -0.48828125, 2.5, 1]))
    image.set_sform(image.affine, 1)
    image.set_qform(image.affine, 1)
    image.header["pixdim"][:4] = [0, -0.488, 0.488, 2.5]
    (tmp_path / "a.nii").write_bytes(image.to_bytes())
    reader = Reader()
    grid = NiftiVolume(raw_file(tmp_path / "a.nii")).samples(reader).grid
    assert grid.pixel_spacing == (0.48828125, 0.48828125)
    assert not reader.notes


# Formats


@pytest.mark.parametrize(("unit", "size"), [("meter", 0.001), ("mm", 1.0), ("micron", 1000.0), ("unknown", 1.0)])
def test_lengths_are_millimetres_whatever_the_header_counts_in(unit: str, size: float, tmp_path: Path) -> None:
    image = nib.Nifti1Image(noise(4, 5, 6), np.diag([-0.5 * size, -0.75 * size, 2 * size, 1]))
    image.header.set_xyzt_units(unit)
    nib.save(image, tmp_path / "u.nii")
    grid = NiftiVolume(raw_file(tmp_path / "u.nii")).samples(Reader()).grid
    assert np.allclose([*(grid.pixel_spacing or ()), grid.slice_spacing], [0.75, 0.5, 2.0], rtol=1e-6)
    assert np.allclose(grid.positions[1], [0, 0, 2.0])


def test_nifti_2_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_bytes(nib.Nifti2Image(noise(4, 5, 6), AFFINE).to_bytes())
    assert NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader()).array.shape == (6, 5, 4)


@pytest.mark.parametrize("kind", [nib.Nifti1Pair, nib.AnalyzeImage])
def test_pairs_are_read_in_either_byte_order(kind: Any, tmp_path: Path) -> None:
    voxels = noise(4, 5, 6)[..., np.newaxis]
    for order in "<>":
        header = kind.header_class(endianness=order)
        header.set_data_dtype(np.int16)
        nib.save(kind(voxels, TO_RAS, header), tmp_path / "a.img")
        pair = (raw_file(tmp_path / name) for name in ("a.img", "a.hdr"))
        volume = NiftiVolume(*pair)
        found = volume.samples(Reader())
        assert np.array_equal(found.array.astype(int) - 32768, voxels[..., 0].transpose(2, 1, 0))
        assert found.grid.orientation == ("LPS" if kind is nib.Nifti1Pair else None)
        assert [file.name for file in volume.files()] == ["a.img", "a.hdr"]


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("sizes", [(), (24,), (3000, 48), (286_000,), (2500, 16, 70_000)], ids=str)
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_header_extensions_of_any_size_are_stepped_over(kind: Any, sizes: tuple[int, ...], name: str, tmp_path: Path) -> None:
    image = kind(noise(4, 5, 6), AFFINE)
    for size in sizes:
        image.header.extensions.append(nib.nifti1.Nifti1Extension("afni", b"<AFNI_attributes/>".ljust(size, b"\n")))
    content = image.to_bytes()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    found = NiftiVolume(raw_file(tmp_path / name)).samples(Reader())
    assert np.array_equal(found.array.astype(int) - 32768, noise(4, 5, 6).transpose(2, 1, 0))
    assert found.grid.orientation == "LPS"


@pytest.mark.parametrize("size", [0, 1, 7, -16, 100_000, 2**31 - 1])
def test_an_extension_of_a_wrong_size_moves_no_voxel(size: int, tmp_path: Path) -> None:
    image = nib.Nifti1Image(noise(4, 5, 6), AFFINE)
    image.header.extensions.append(nib.nifti1.Nifti1Extension("afni", b"x" * 3000))
    content = bytearray(image.to_bytes())
    content[352:356] = struct.pack("<i", size)
    (tmp_path / "a.nii").write_bytes(bytes(content))
    found = NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader())
    assert np.array_equal(found.array.astype(int) - 32768, noise(4, 5, 6).transpose(2, 1, 0))


def test_the_header_of_a_pair_may_have_extensions(tmp_path: Path) -> None:
    image = nib.Nifti1Pair(noise(4, 5, 6), AFFINE)
    image.header.extensions.append(nib.nifti1.Nifti1Extension("afni", b"x" * 9000))
    nib.save(image, tmp_path / "a.img")
    found = NiftiVolume(raw_file(tmp_path / "a.img"), raw_file(tmp_path / "a.hdr")).samples(Reader())
    assert np.array_equal(found.array.astype(int) - 32768, noise(4, 5, 6).transpose(2, 1, 0))


@pytest.mark.parametrize("place", [(344, b"n+2"), (344, b"ni1"), (344, b"   ")])
def test_a_file_of_another_kind_is_rejected(place: tuple[int, bytes], tmp_path: Path) -> None:
    content = bytearray(nib.Nifti1Image(noise(4, 5, 6), AFFINE).to_bytes())
    content[place[0] : place[0] + 3] = place[1]
    (tmp_path / "a.nii").write_bytes(bytes(content))
    with pytest.raises(Rejected, match="no NIfTI"):
        NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader())


def test_nifti_2_is_told_by_its_magic_bytes(tmp_path: Path) -> None:
    content = bytearray(nib.Nifti2Image(noise(4, 5, 6), AFFINE).to_bytes())
    for magic in (b"n+2\0\n\n\x1a\n", b"ni2\0\r\n\x1a\n"):  # changed by a transfer as text; the header of a pair
        content[4:12] = magic
        (tmp_path / "a.nii").write_bytes(bytes(content))
        with pytest.raises(Rejected, match="no NIfTI"):
            NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader())


@pytest.mark.parametrize(
    ("dtype", "words"),
    [([("R", "u1"), ("G", "u1"), ("B", "u1")], "RGB colours"), ("c8", "complex"), ("c16", "complex")],
    ids=["rgb", "complex64", "complex128"],
)
def test_what_is_no_number_is_refused_by_name(dtype: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=words):
        NiftiVolume(saved(tmp_path / "a.nii", np.zeros((4, 5, 6), dtype))).samples(Reader())
    content = bytearray(nib.Nifti1Image(noise(4, 5, 6), AFFINE).to_bytes())
    content[70:74] = struct.pack("<2h", 1, 1)
    (tmp_path / "a.nii").write_bytes(bytes(content))
    with pytest.raises(Rejected, match="one bit"):
        NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader())


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 1, 1), (4, 5, 1, 1, 1, 1, 1)], ids=str)
@pytest.mark.parametrize("placed", [True, False])
def test_a_flat_picture_is_a_volume_of_one_slice(shape: tuple[int, ...], placed: bool, tmp_path: Path) -> None:
    found = NiftiVolume(saved(tmp_path / "a.nii", noise(*shape), AFFINE if placed else None)).samples(Reader())
    assert np.array_equal(found.array.astype(int) - 32768, noise(4, 5).T[np.newaxis])
    assert found.grid.plane == ("axial" if placed else None)
    assert found.grid.pixel_spacing == (1.0, 1.0)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_one_slice_is_cut_out_whole_whatever_its_plane(axis: int, tmp_path: Path) -> None:
    shape = [4, 5, 6]
    shape[axis] = 1
    found = NiftiVolume(saved(tmp_path / "a.nii", noise(*shape))).samples(Reader())
    assert found.grid.plane == ("sagittal", "coronal", "axial")[axis]
    assert np.array_equal(found.array[0].astype(int) - 32768, noise(*shape).squeeze(axis).T)


def test_a_flat_file_without_a_third_axis_is_placed_by_its_two(tmp_path: Path) -> None:
    """Its third size and the third column of its matrix may be anything, also 0."""
    for code in ("sform_code", "qform_code"):
        image = nib.Nifti1Image(noise(4, 5), None)
        image.set_qform(np.diag([-2.0, -3, 1, 1]), 1)
        image.set_sform(np.diag([-2.0, -3, 0, 1]), 1)
        image.header["qform_code" if code == "sform_code" else "sform_code"] = 0
        image.header["pixdim"][3] = 0
        (tmp_path / "a.nii").write_bytes(image.to_bytes())
        found = NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader())
        assert np.array_equal(found.array.astype(int) - 32768, noise(4, 5).T[np.newaxis])
        assert (found.grid.pixel_spacing, found.grid.slice_spacing, found.grid.orientation) == ((3.0, 2.0), None, "LPS")


@pytest.mark.parametrize("shape", [(7,), (4, 5, 1, 6), (4, 5, 6, 1, 3)], ids=str)
def test_what_is_no_volume_is_refused_by_its_sizes(shape: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"it holds [0-9 x]+ (voxels|numbers)"):
        NiftiVolume(saved(tmp_path / "a.nii", noise(*shape))).samples(Reader())


def test_gzip_files_in_a_row_are_one(tmp_path: Path) -> None:
    data = nib.Nifti1Image(noise(4, 5, 6), AFFINE).to_bytes()
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(data[:400]) + gzip.compress(data[400:]))
    assert NiftiVolume(raw_file(tmp_path / "a.nii.gz")).samples(Reader()).array.shape == (6, 5, 4)


# Masks


@pytest.mark.parametrize("dtype", ["u1", "i2", ">i2", "i4", "f4", "f8"])
def test_a_mask_gives_the_values_that_the_file_means(dtype: str, tmp_path: Path) -> None:
    truth = noise(4, 5, 6, dtype=np.uint8) % 5
    pixels = NiftiVolume(saved(tmp_path / "m.nii.gz", truth.astype(dtype)))
    found = Values(pixels, {0: 0, 1: 1, 2: 2, 3: 0, 4: 3}).labels(Reader(), (6, 5, 4))
    assert pixels.array(Reader()).dtype == np.uint8
    assert np.array_equal(found, np.array([0, 1, 2, 0, 3])[truth].transpose(2, 1, 0))


def test_a_scaled_mask_gives_whole_values(tmp_path: Path) -> None:
    truth = noise(4, 5, 6, dtype=np.uint8) % 2
    pixels = NiftiVolume(saved(tmp_path / "m.nii", truth * np.uint8(255), slope=1 / 255))
    assert np.array_equal(pixels.array(Reader()), truth.transpose(2, 1, 0))


@pytest.mark.parametrize("bad", [0.5, -1.0, 300.0, np.nan])
def test_a_value_that_is_no_class_is_rejected(bad: float, tmp_path: Path) -> None:
    truth = np.zeros((4, 5, 6), np.float32)
    truth[1, 2, 3] = bad
    with pytest.raises(Rejected, match=r"m\.nii"):
        Values(NiftiVolume(saved(tmp_path / "m.nii", truth)), {0: 0, 1: 1}).labels(Reader(), (6, 5, 4))


def test_a_mask_is_cut_as_its_image_is(tmp_path: Path) -> None:
    """A hair's difference in spacing must not turn the mask's slices."""
    near = AFFINE @ np.diag([1.0, 1.5, 1.0, 1.0])
    far = AFFINE @ np.diag([1.0, 1.4997, 1.0, 1.0])
    reader = Reader()
    lay_image(reader, NiftiVolume(saved(tmp_path / "i.nii", noise(4, 5, 6), near)).samples(reader).grid)
    image = image_grid(reader)
    assert image is not None and image.plane == "coronal"
    truth = noise(4, 5, 6, dtype=np.uint8) % 2
    assert np.array_equal(NiftiVolume(saved(tmp_path / "m.nii", truth, far)).array(reader), truth.transpose(1, 2, 0))


def test_a_mask_elsewhere_in_space_is_rejected(tmp_path: Path) -> None:
    reader = Reader()
    lay_image(reader, NiftiVolume(saved(tmp_path / "i.nii", noise(4, 5, 6))).samples(reader).grid)
    truth = noise(4, 5, 6, dtype=np.uint8) % 2
    for shift, good in ((0.0004, True), (0.01, False)):
        moved = AFFINE.copy()
        moved[0, 3] += shift
        volume = NiftiVolume(saved(tmp_path / f"{good}.nii", truth, moved))
        if good:
            volume.array(reader)
        else:
            with pytest.raises(Rejected, match="elsewhere in space"):
                volume.array(reader)
    with pytest.raises(Rejected, match="4 x 5 x 5 voxels"):
        NiftiVolume(saved(tmp_path / "s.nii", truth[..., :-1])).array(reader)
    bare = nib.Nifti1Image(truth, None).to_bytes()
    (tmp_path / "b.nii").write_bytes(bare)
    with pytest.raises(Rejected, match="only one of it"):
        NiftiVolume(raw_file(tmp_path / "b.nii")).array(reader)


def test_grids_without_position_are_compared_by_size() -> None:
    check_same_grid(Grid((3, 4, 5)), Grid((3, 4, 5)), "m")
    with pytest.raises(Rejected):
        check_same_grid(Grid((3, 4, 5)), Grid((3, 5, 4)), "m")


# Damage


def test_a_cut_gzip_is_rejected_wherever_it_is_cut(tmp_path: Path) -> None:
    whole = gzip.compress(nib.Nifti1Image(noise(4, 5, 6), AFFINE).to_bytes())
    for size in range(1, len(whole)):
        (tmp_path / "a.nii.gz").write_bytes(whole[:size])
        with pytest.raises(Rejected, match=r"a\.nii\.gz"):
            NiftiVolume(raw_file(tmp_path / "a.nii.gz")).samples(Reader())


def test_a_wrong_checksum_is_rejected(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(nib.Nifti1Image(noise(4, 5, 6), AFFINE).to_bytes()))
    data[-8] ^= 1
    (tmp_path / "a.nii.gz").write_bytes(bytes(data))
    with pytest.raises(Rejected, match="damaged"):
        NiftiVolume(raw_file(tmp_path / "a.nii.gz")).samples(Reader())


def test_missing_voxels_are_rejected(tmp_path: Path) -> None:
    data = nib.Nifti1Image(noise(4, 5, 6), AFFINE).to_bytes()
    (tmp_path / "a.nii").write_bytes(data[:-1])
    with pytest.raises(Rejected, match="592 bytes of header and voxels expected, 591 found"):
        NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader())


@pytest.mark.parametrize(
    "content",
    [b"x", b"\x89PNG\r\n\x1a\n" + bytes(900), b"\x1f\x8b" + bytes(600), gzip.compress(bytes(900))],
    ids=["letter", "png", "no-gzip", "zeros"],
)
def test_a_file_that_is_no_volume_is_rejected(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_bytes(content)
    with pytest.raises(Rejected, match=r"a\.nii"):
        NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader())


@pytest.mark.parametrize(
    "matrix",
    [np.zeros((3, 4)), np.full((3, 4), np.nan), [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0]], [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]],
)
def test_a_broken_matrix_is_rejected(matrix: Any, tmp_path: Path) -> None:
    data = bytearray(nib.Nifti1Image(noise(4, 5, 6), AFFINE).to_bytes())
    data[280:328] = np.asarray(matrix, "<f4").tobytes()
    (tmp_path / "a.nii").write_bytes(bytes(data))
    with pytest.raises(Rejected, match="singular or not finite"):
        NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader())


def test_a_time_series_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="4 x 5 x 6 x 2 voxels; one volume"):
        NiftiVolume(saved(tmp_path / "a.nii", noise(4, 5, 6, 2))).samples(Reader())


def test_a_header_that_promises_too_much_is_rejected(tmp_path: Path) -> None:
    data = bytearray(nib.Nifti1Image(noise(4, 5, 6), AFFINE).to_bytes())
    data[42:48] = struct.pack("<3h", 32767, 32767, 32767)
    (tmp_path / "a.nii").write_bytes(bytes(data))
    with pytest.raises(Rejected, match="voxels; 1 to"):
        NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader())


@pytest.mark.parametrize("offset", [0.0, 348.0, 351.0, -352.0, np.nan, np.inf, 1e30])
def test_voxels_inside_the_header_or_nowhere_are_rejected(offset: float, tmp_path: Path) -> None:
    """ITK would read from byte 348 on, which shifts every voxel; nibabel refuses it."""
    data = bytearray(nib.Nifti1Image(noise(4, 5, 6), AFFINE).to_bytes())
    data[108:112] = struct.pack("<f", offset)
    (tmp_path / "a.nii").write_bytes(bytes(data))
    with pytest.raises(Rejected, match=r"a\.nii"):
        NiftiVolume(raw_file(tmp_path / "a.nii")).samples(Reader())


def test_a_file_far_longer_than_its_header_promises_is_rejected_packed_or_not(tmp_path: Path) -> None:
    data = nib.Nifti1Image(noise(4, 5, 6), AFFINE).to_bytes() + bytes(2 << 20)
    for name, content in (("a.nii", data), ("a.nii.gz", gzip.compress(data))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Rejected, match="more than the 592 bytes"):
            NiftiVolume(raw_file(tmp_path / name)).samples(Reader())


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f8"])
def test_a_label_map_of_floats_has_no_negative_zeros_and_no_doubts(dtype: str, tmp_path: Path) -> None:
    truth = np.array([-0.0, 0.0, 1.0, 2.0] * 30, dtype).reshape(4, 5, 6)
    found = NiftiVolume(saved(tmp_path / "m.nii", truth)).array(Reader())
    assert found.dtype == np.uint8
    assert np.array_equal(found, truth.transpose(2, 1, 0))
    empty = NiftiVolume(saved(tmp_path / "e.nii", np.full((4, 5, 6), -0.0, dtype))).array(Reader())
    assert not empty.any()
    truth[0, 0, 0] = 1.001
    with pytest.raises(Rejected, match=r"d\.nii"):
        Values(NiftiVolume(saved(tmp_path / "d.nii", truth)), {0: 0, 1: 1, 2: 2}).labels(Reader(), (6, 5, 4))


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    data = nib.Nifti1Image(noise(4, 5, 6), AFFINE).to_bytes()
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(data + bytes(4 << 20)))
    with pytest.raises(Rejected, match="more than the 592 bytes"):
        NiftiVolume(raw_file(tmp_path / "a.nii.gz")).samples(Reader())


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_header_is_read_or_rejected(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    content = bytearray(nib.Nifti1Image(noise(4, 5, 6), AFFINE).to_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, 351))
        patch = data.draw(st.binary(min_size=1, max_size=8))
        content[place : place + len(patch)] = patch
    path = tmp_path_factory.mktemp("any") / "a.nii"
    path.write_bytes(bytes(content))
    try:
        found = NiftiVolume(raw_file(path)).samples(Reader())
    except Rejected:
        return
    assert found.array.dtype in (np.uint8, np.uint16, np.float32)
    assert found.array.shape == found.grid.shape


# Rows


def table(own: dict[str, Column], *, volumes: bool, classes: tuple[str, ...] = ("background", "a", "b")) -> TableSpec:
    image: Column = VolumeColumn() if volumes else PICTURE
    geometry = WHOLE_VOLUME_COLUMNS if volumes else VOLUME_COLUMNS
    return TableSpec(table_columns(classes, {**geometry, **own}, image=image, many_files=True), classes, volumes=volumes)


def test_a_volume_row_holds_what_the_slices_hold(tmp_path: Path) -> None:
    voxels, truth = noise(4, 5, 6), noise(4, 5, 6, dtype=np.uint8) % 3
    truth[..., 2] = 255
    other = noise(4, 5, 6, dtype=np.float32) + np.float32(0.5)
    pixels = NiftiVolume(saved(tmp_path / "m.nii", truth))
    part = Values(pixels, {0: 0, 1: 1, 2: 2, 255: 255})
    case = Case(
        "v",
        {
            "image": NiftiVolume(saved(tmp_path / "i.nii.gz", voxels, slope=2.0)),
            "mask": part,
            "image_t1": NiftiVolume(saved(tmp_path / "t1.nii", other)),
            "masks": MaskList((Threshold(pixels, 0), Threshold(pixels, 1))),
            "instances": Instances((Threshold(pixels, 0), Threshold(pixels, 1))),
            "mask_overlap": Overlap((Threshold(pixels, 0), Threshold(pixels, 1))),
        },
    )
    own: dict[str, Column] = {"image_t1": VolumeColumn(), "masks": ListOf(VolumeColumn()), "instances": VolumeColumn()}
    scales = {f"rescale_{name}_t1": WHOLE_VOLUME_COLUMNS["rescale_slope"] for name in ("slope", "intercept")}
    tally = Tally()
    (whole,) = rows(case, table(own | scales, volumes=True), Reader(), tally)
    assert tally.pixels["not annotated"] == 20
    assert np.array_equal(voxels_of(whole["mask"]["bytes"]), truth.transpose(2, 1, 0))
    assert whole["mask"]["path"] == "v.nii.gz"
    assert (whole["width"], whole["height"], whole["depth"], whole["num_slices"]) == (4, 5, 6, 6)
    assert list(whole)[6:8] == ["height", "depth"]
    assert np.array_equal(physical(whole), voxels.transpose(2, 1, 0) * 2.0)
    assert np.array_equal(physical(whole, "image_t1"), other.transpose(2, 1, 0))
    assert np.array_equal(voxels_of(whole["masks"][1]["bytes"]), (truth > 1).transpose(2, 1, 0))
    assert voxels_of(whole["instances"]["bytes"]).dtype == np.uint16
    assert [file["column"] for file in whole["files"]] == ["image", "mask", "image_t1", "masks", "instances", "mask_overlap"]
    own = {"image_t1": PICTURE, "masks": ListOf(PICTURE), "instances": PICTURE}
    sliced = list(rows(case, table(own | scales, volumes=False), Reader(), Tally()))
    assert sliced[2]["mask"] is None
    assert sliced[2]["classes"] == []
    assert [row["slice_index"] for row in sliced] == list(range(6))
    assert np.array_equal(np.stack([physical(row) for row in sliced]), physical(whole))
    assert np.array_equal(np.stack([physical(row, "image_t1") for row in sliced]), physical(whole, "image_t1"))


def test_another_scale_needs_a_column(tmp_path: Path) -> None:
    case = Case(
        "v",
        {
            "image": NiftiVolume(saved(tmp_path / "i.nii", noise(4, 5, 6))),
            "image_t1": NiftiVolume(saved(tmp_path / "t.nii", noise(4, 5, 6, dtype=np.uint8))),
        },
    )
    with pytest.raises(Rejected, match="another scale"):
        list(rows(case, table({"image_t1": PICTURE}, volumes=False), Reader(), Tally()))


def test_nobody_is_named_in_a_volume(tmp_path: Path) -> None:
    image = nib.Nifti1Image(noise(4, 5, 6), AFFINE)
    for name, size in (("descrip", 80), ("aux_file", 24), ("intent_name", 16), ("db_name", 18)):
        image.header[name] = b"Quittenbaum"[:size]
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"Quittenbaum"))
    with (tmp_path / "i.nii.gz").open("wb") as target, gzip.GzipFile("Quittenbaum.nii", "wb", fileobj=target) as packed:
        packed.write(image.to_bytes())
    (row,) = rows(Case("v", {"image": NiftiVolume(raw_file(tmp_path / "i.nii.gz"))}), table({}, volumes=True), Reader(), Tally())
    data = row["image"]["bytes"]
    assert b"Quittenbaum" not in data + gzip.decompress(data)
    made = nib.Nifti1Image.from_bytes(gzip.decompress(data))
    assert not any(made.header[name].item() for name in ("descrip", "aux_file", "intent_name", "db_name"))
    assert not made.header.extensions
    assert np.allclose(made.affine, AFFINE)
    assert made.header.get_xyzt_units()[0] == "mm"


def test_a_volume_without_orientation_stays_without() -> None:
    made = nib.Nifti1Image.from_bytes(
        gzip.decompress(volume_bytes(noise(6, 5, 4, dtype=np.uint16), Grid((6, 5, 4), pixel_spacing=(2.0, 1.0), slice_spacing=3.0)))
    )
    assert (made.header["sform_code"], made.header["qform_code"]) == (0, 0)
    assert made.header.get_zooms() == (1.0, 2.0, 3.0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_volume_bytes_depend_on_nothing_but_the_samples(dtype: Any) -> None:
    array = noise(6, 5, 4, dtype=np.uint8).astype(dtype)
    _, grid = cut(noise(4, 5, 6), AFFINE, (1, 1, 1))
    data = volume_bytes(array, grid)
    assert data == volume_bytes(np.asfortranarray(array), grid)
    assert data[4:8] == bytes(4)  # no time
    assert np.array_equal(voxels_of(data), array)
    assert voxels_of(data).dtype == dtype


class _Series(VolumeImage):
    """Slices that are files of their own, as a DICOM series is."""

    def files(self) -> tuple[RawFile, ...]:
        return (RawFile("1.2.3/9.dcm", 1, Alone("9")), RawFile("1.2.3/8.dcm", 1, Alone("8")))

    def samples(self, reader: Reader) -> Samples:
        reader.sha256 |= {"1.2.3/9.dcm": "b", "1.2.3/8.dcm": "a"}
        return Samples(noise(2, 5, 4, dtype=np.uint16), Grid((2, 5, 4)), sources=(("1.2.3/9.dcm", "b"), ("1.2.3/8.dcm", "a")))


def test_a_series_is_named_by_its_uid() -> None:
    import hashlib

    (row,) = rows(Case("v", {"image": _Series()}), table({}, volumes=True), Reader(), Tally())
    assert row["source_file"] == "1.2.3"
    assert row["source_sha256"] == hashlib.sha256(b"a\nb").hexdigest()
    assert [file["path"] for file in row["files"]] == ["1.2.3"]


class _Frames(_Series):
    """The same slices in one file."""

    def samples(self, reader: Reader) -> Samples:
        found = super().samples(reader)
        return replace(found, sources=(found.sources[0],) * 2)


def test_a_file_of_many_frames_counts_once() -> None:
    import hashlib

    (row,) = rows(Case("v", {"image": _Frames()}), table({}, volumes=True), Reader(), Tally())
    assert row["source_sha256"] == hashlib.sha256(b"b").hexdigest()


def test_channels_of_a_file_are_volumes_of_their_own_and_must_be_as_many_as_expected(tmp_path: Path) -> None:
    voxels = noise(4, 5, 6, 3)
    file = saved(tmp_path / "a.nii.gz", voxels)
    reader = Reader()
    for number in range(3):
        found = NiftiVolume(file, channel=(number, 3)).samples(reader)
        assert np.array_equal(found.array, NiftiVolume(saved(tmp_path / "b.nii", voxels[..., number])).samples(Reader()).array)
    with pytest.raises(Rejected, match="a volume with 4 channels expected"):
        NiftiVolume(file, channel=(0, 4)).samples(Reader())
    with pytest.raises(Rejected, match="one volume of three dimensions expected"):
        NiftiVolume(file).samples(Reader())


def stamped(file: RawFile) -> RawFile:
    return replace(file, stamp=stamp_of(Path(file.local).stat()))


def test_the_frames_of_a_film_are_unpacked_once_by_a_worker_and_anew_when_the_file_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    whole = NiftiVolume.read
    monkeypatch.setattr(NiftiVolume, "read", lambda self, reader: (read.append(self.file.path), whole(self, reader))[1])
    film = noise(3, 4, 5, 6, dtype=np.uint8)
    file, masks = (stamped(saved(tmp_path / f"{name}.nii.gz", film)) for name in ("film", "masks"))
    for frame in range(6):
        reader = Reader()
        samples = NiftiVolume(file, channel=(frame, 6)).samples(reader)
        assert np.array_equal(samples.array, film[..., frame].transpose(2, 1, 0))
        assert np.array_equal(NiftiVolume(masks, channel=(frame, 6)).array(reader), samples.array)
        assert set(reader.sha256) == {"film.nii.gz", "masks.nii.gz"}
    assert read == ["film.nii.gz", "masks.nii.gz"]
    changed = stamped(saved(tmp_path / "film.nii.gz", film[::-1].copy()))
    assert np.array_equal(NiftiVolume(changed, channel=(0, 6)).samples(Reader()).array, film[::-1, :, :, 0].transpose(2, 1, 0))


def test_frames_of_a_film_stay_beside_each_other() -> None:
    file = RawFile("film.nii.gz", 1, None)
    frames = [Case(f"p_frame{n}", {"image": NiftiVolume(file, channel=(n, 2))}, together="p_4d") for n in range(2)]
    assert {case.group for case in frames} == {"p_4d"}
    assert [case.volume_id for case in frames] == ["p_frame0", "p_frame1"]
