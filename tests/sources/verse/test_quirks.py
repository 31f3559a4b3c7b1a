"""VerSe: what the phantoms' promises do not say, and real masks with their centroids."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as Itk

from hf_medseg.conversion.run import convert
from tests.support.harness import Converted, pixels, run
from tests.support.kit import Phantom
from tests.support.nifti import write_nifti

REAL = Path(os.environ.get("HF_MEDSEG_REAL", Path(__file__).parents[4] / "shared/real")) / "verse"


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ("sacrum", "mask values 26 where only"),
        ("centroid_outside", "its centroid of L1 lies outside the image"),
        ("centroid_26", "a centroid of label 26, which is no vertebra"),
        ("no_list", "this is no list of centroids"),
    ],
)
def test_what_is_wrong_is_said_by_name(variant: str, words: str, tmp_path: Path) -> None:
    (rejected, *_) = run("verse", variant, tmp_path, configs=[]).conversion.rejected
    assert "sub-verse004" in rejected["file"]
    assert words in rejected["expected"]


def test_centroids_have_the_names_of_their_vertebrae(tmp_path: Path) -> None:
    converted = run("verse", "clean", tmp_path)
    row = converted.row("sub-gl003_dir-ax", "volumes")
    names = converted.names("classes", "volumes")
    assert [names[one["label"] + 1] for one in row["centroids"]] == ["L2", "T13"]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
@pytest.mark.parametrize("name", ["dataset-verse19training/derivatives/sub-verse004", "dataset-verse19validation/derivatives/sub-verse010"])
def test_real_masks_are_what_simpleitk_reads_and_centroids_lie_in_their_vertebrae(name: str, tmp_path: Path) -> None:
    shutil.copytree(REAL / name, tmp_path / "raw" / name)
    [mask] = (tmp_path / "raw").rglob("*_msk.nii.gz")
    image = nib.load(mask)
    stem = mask.name.removesuffix("_seg-vert_msk.nii.gz")
    made = np.random.default_rng(1).integers(-1000, 1000, image.shape).astype(np.int16)  # the real CT is too large to be kept
    write_nifti(tmp_path / "raw" / name.replace("derivatives", "rawdata") / f"{stem}_ct.nii.gz", made, image.affine)
    conversion = convert("verse", tmp_path / "raw", tmp_path / "out", workers=1, configs=["volumes"])
    assert not conversion.rejected
    row = Converted("verse", Phantom(tmp_path / "raw", []), conversion, tmp_path / "out").row(stem, "volumes")
    itk = Itk.DICOMOrient(Itk.ReadImage(str(mask)), "LPS")
    expected = Itk.GetArrayFromImage(itk)
    axes = {"axial": (0, 1, 2), "sagittal": (2, 0, 1), "coronal": (1, 0, 2)}[row["plane"]]
    assert np.array_equal(pixels(row["mask"]), expected.transpose(axes))
    assert row["centroids"]
    for one in row["centroids"]:
        place = itk.TransformPhysicalPointToIndex((one["x"], one["y"], one["z"]))
        assert itk.GetPixel(place) == one["label"] + 1
