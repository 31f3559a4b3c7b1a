"""Masks that hold a part of their image's grid, or run along it otherwise, lie voxel on voxel where their headers say; nothing is resampled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_medseg.errors import Rejected
from hf_medseg.formats.fitted import Fitted
from hf_medseg.formats.nifti import NiftiVolume
from hf_medseg.formats.volume import lay_image
from hf_medseg.formats.voxels import cut
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
SHAPE = (6, 5, 4)


def read(path: Path, voxels: Any, affine: Any, image: Any, outside: int = 0) -> Any:
    """(slices, rows, columns) of a mask, in stored order and with its affine to LPS, beside an image of SHAPE with that affine."""
    nib.save(nib.Nifti1Image(voxels, RAS_TO_LPS @ affine), path)
    reader = Reader()
    lay_image(reader, cut(np.zeros(SHAPE, np.uint8), image, (1.0, 1.0, 1.0))[1])
    return Fitted(NiftiVolume(RawFile(path.name, path.stat().st_size, Alone(str(path)))), outside).array(reader)


def oblique(seed: int = 3) -> Any:
    """An affine that lies anywhere."""
    chance = np.random.default_rng(seed)
    affine = np.eye(4)
    affine[:3, :3] = np.linalg.qr(chance.normal(size=(3, 3)))[0] * (0.5, 0.75, 3.0)
    affine[:3, 3] = chance.uniform(-50, 50, 3)
    return affine


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_part_in_any_order_and_direction_lies_where_it_was_cut_out(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    chance = np.random.default_rng(seed)
    affine, whole = oblique(seed), chance.integers(1, 5, SHAPE).astype(np.uint8)
    first = [int(chance.integers(0, size)) for size in SHAPE]
    last = [int(chance.integers(low + 1, size + 1)) for low, size in zip(first, SHAPE, strict=True)]
    part = whole[tuple(map(slice, first, last))]
    there = affine.copy()
    there[:3, 3] = (affine @ [*first, 1])[:3]
    for axis in np.flatnonzero(chance.integers(0, 2, 3)):
        there[:3, 3] += there[:3, axis] * (part.shape[axis] - 1)
        there[:3, axis] *= -1
        part = np.flip(part, axis)
    order = chance.permutation(3)
    found = read(tmp_path_factory.mktemp("f") / "m.nii", part.transpose(order), there[:, [*order, 3]], affine, 255)
    expected = np.full(SHAPE, 255, np.uint8)
    expected[tuple(map(slice, first, last))] = whole[tuple(map(slice, first, last))]
    assert np.array_equal(found, cut(expected, affine, (1.0, 1.0, 1.0))[0])


@pytest.mark.parametrize(("what", "by"), [("half a voxel", 0.25), ("another size", 0.0)])
def test_what_would_have_to_be_resampled_is_rejected(what: str, by: float, tmp_path: Path) -> None:
    affine = oblique()
    there = affine.copy()
    there[:3, 3] += by
    if not by:
        there[:3, 2] *= 2
    with pytest.raises(Rejected, match="not those of the image of its case"):
        read(tmp_path / "m.nii", np.ones((2, 2, 2), np.uint8), there, affine)


def test_what_reaches_beyond_the_image_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="beyond the image"):
        read(tmp_path / "m.nii", np.ones((6, 5, 5), np.uint8), oblique(), oblique())


def test_a_part_that_holds_the_value_of_what_it_does_not_reach_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="it holds 255"):
        read(tmp_path / "m.nii", np.full((2, 2, 2), 255, np.uint8), oblique(), oblique(), 255)
