"""Random headers, read by this package, by nibabel and by SimpleITK: every voxel has the same value at the same place in all three."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as Itk
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_medseg.formats.nifti import NiftiVolume
from hf_medseg.formats.volume import Samples
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone
from tests.support.nifti import afni

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
TYPES = ("u1", "i1", "u2", "i2", "u4", "i4", "i8", "f4", "f8")


def samples(path: Path) -> Samples:
    """What this package reads."""
    return NiftiVolume(RawFile(path.name, path.stat().st_size, Alone(str(path)))).samples(Reader())


def same_voxels(found: Samples, values: Any, affine: Any, shift: float = 0.0) -> None:
    """Makes sure that every sample has the value that a reference reader gives for the voxel at its place.

    Args:
        found: what is to be judged.
        values: (i, j, k) by the reference.
        affine: (i, j, k) to LPS by the reference.
        shift: what the header adds to its samples: 64-bit ones are rounded before that.
    """
    assert found.grid.affine is not None
    there = found.array.shape
    index = np.indices(there).reshape(3, -1)[::-1]
    place = found.grid.affine @ np.vstack([index, np.ones(index.shape[1])])
    voxel = (np.linalg.inv(affine) @ place)[:3]
    at = np.rint(voxel).astype(int)
    assert np.abs(voxel - at).max() < 1e-2  # of a voxel
    mine = found.array.astype(np.float64) * found.slope + found.intercept
    theirs = values[tuple(at)].reshape(there)
    assert np.all(np.abs(mine - theirs) <= 6e-8 * (np.abs(theirs) + abs(shift)) + 1e-9 * abs(found.slope))


@st.composite
def headers(draw: st.DrawFn, kinds: tuple[Any, ...] = (nib.Nifti1Image, nib.Nifti2Image)) -> tuple[Any, Any]:
    """(voxels in stored order, an image of them with a random header)."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = np.dtype(draw(st.sampled_from(TYPES)))
    shape = tuple(int(size) for size in chance.integers(2, 6, 3))
    voxels = (chance.normal(0, 400, shape) if dtype.kind == "f" else chance.integers(-100 if dtype.kind == "i" else 0, 120, shape)).astype(
        dtype
    )
    turn = np.linalg.qr(chance.normal(size=(3, 3)))[0] if draw(st.booleans()) else np.eye(3)
    turn = turn[:, chance.permutation(3)] * chance.choice([-1, 1], 3)
    affine = np.eye(4)
    affine[:3, :3] = turn * chance.choice([0.4, 0.9375, 1.0, 2.5, 6.0], 3)
    affine[:3, 3] = chance.uniform(-150, 150, 3)
    kind = draw(st.sampled_from(kinds))
    image = kind(voxels, None, kind.header_class(endianness=draw(st.sampled_from("<>"))), dtype=dtype)
    image.header.set_xyzt_units("mm")
    forms = draw(st.sampled_from(["both", "sform", "qform"]))
    image.set_qform(affine, int(forms != "sform"))
    image.set_sform(affine, 2 * int(forms != "qform"))
    for size in draw(st.lists(st.integers(1, 40), max_size=2)):
        image.header.extensions.append(afni("x" * size))
    return voxels, image


def written(image: Any, path: Path, scale: tuple[float, float] | None = None) -> None:
    """Writes an image with a scale that its voxels do not know of."""
    content = bytearray(image.to_bytes())
    if scale is not None:
        order = image.header.endianness
        place, form = (112, "2f") if isinstance(image.header, nib.Nifti1Header) and content[4:7] != b"n+2" else (176, "2d")
        content[place : place + struct.calcsize(form)] = struct.pack(order + form, *scale)
    path.write_bytes(gzip.compress(bytes(content), 1) if path.name.endswith("gz") else bytes(content))


# Slopes of 0 or of no finite number mean that there is no scale.
NAN = float("nan")
SCALES = (None, (0.0, 7.0), (2.0, -1024.0), (-0.25, 3.5), (0.00390625, 0.0), (NAN, NAN), (0.0, NAN), (float("inf"), 3.5))


@settings(max_examples=120, deadline=None)
@given(made=headers(), scale=st.sampled_from(SCALES), packed=st.booleans())
def test_every_voxel_is_where_nibabel_has_it(
    made: tuple[Any, Any], scale: tuple[float, float] | None, packed: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("o") / ("a.nii.gz" if packed else "a.nii")
    written(made[1], path, scale)
    theirs = nib.load(path)
    same_voxels(
        samples(path),
        np.asarray(theirs.dataobj, np.float64),
        RAS_TO_LPS @ theirs.affine,
        scale[1] if scale and np.isfinite(scale).all() else 0.0,
    )


@settings(max_examples=80, deadline=None)
@given(made=headers((nib.Nifti1Image,)))  # it reads no NIfTI-2
def test_every_voxel_is_where_simpleitk_has_it(made: tuple[Any, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("o") / "a.nii"
    written(made[1], path)
    theirs = Itk.ReadImage(str(path))
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(theirs.GetDirection(), (3, 3)) * theirs.GetSpacing()
    affine[:3, 3] = theirs.GetOrigin()
    same_voxels(samples(path), Itk.GetArrayFromImage(theirs).astype(np.float64).transpose(2, 1, 0), affine)


@settings(max_examples=40, deadline=None)
@given(made=headers())
def test_what_simpleitk_writes_is_read_as_it_meant(made: tuple[Any, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    voxels, image = made
    volume = Itk.GetImageFromArray(np.ascontiguousarray(voxels.T))
    place = RAS_TO_LPS @ image.affine
    sizes = np.linalg.norm(place[:3, :3], axis=0)
    volume.SetSpacing(sizes.tolist())
    volume.SetDirection((place[:3, :3] / sizes).ravel().tolist())
    volume.SetOrigin(place[:3, 3].tolist())
    path = tmp_path_factory.mktemp("o") / "a.nii.gz"
    Itk.WriteImage(volume, str(path))
    same_voxels(samples(path), voxels.astype(np.float64), place)


def test_a_flat_picture_of_simpleitk_is_one_slice(tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(-90, 900, (5, 4)).astype(np.int16)
    picture = Itk.GetImageFromArray(pixels)
    picture.SetSpacing((0.5, 0.75))
    picture.SetOrigin((3.0, -4.0))
    Itk.WriteImage(picture, str(tmp_path / "a.nii"))
    found = samples(tmp_path / "a.nii")
    assert np.array_equal(found.array.astype(int) - 32768, pixels[np.newaxis])
    assert (found.grid.pixel_spacing, found.grid.orientation) == ((0.75, 0.5), "LPS")
    assert found.grid.positions == ((3.0, -4.0, 0.0),)
