"""Medical Segmentation Decathlon: what the phantoms' promises do not say, and the real volumes."""

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

REAL = Path(os.environ.get("HF_MEDSEG_REAL", Path(__file__).parents[4] / "shared/real")) / "msd"


def test_several_tasks_are_converted_one_by_one_with_the_edition_named(tmp_path: Path) -> None:
    converted = run("msd", "two_tasks", tmp_path, edition="spleen")
    assert {row["patient_id"] for row in converted.rows()} == {"spleen_1", "spleen_2", "spleen_10"}
    assert converted.names("classes") == ["background", "spleen"]


def test_channels_keep_their_scales(tmp_path: Path) -> None:
    row = run("msd", "brain-tumour", tmp_path).row("BRATS_001_0002")
    assert [row[f"rescale_intercept_{name}"] for name in ("t1", "t1gd", "t2")] == [-32768.0] * 3
    assert [file["column"] for file in row["files"]] == ["image", "image_t1", "image_t1gd", "image_t2", "mask"]
    assert len({file["sha256"] for file in row["files"]}) == 2


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
def test_real_volumes_are_what_nibabel_and_simpleitk_read(tmp_path: Path) -> None:
    shutil.copytree(REAL / "Task04_Hippocampus", tmp_path / "raw/Task04_Hippocampus")
    conversion = convert("msd", tmp_path / "raw", tmp_path / "out", workers=1, configs=["all"])
    assert not conversion.rejected
    converted = Converted("msd", Phantom(tmp_path / "raw", []), conversion, tmp_path / "out")
    for name in ("hippocampus_001", "hippocampus_003", "hippocampus_160"):
        paths = [REAL / f"Task04_Hippocampus/{folder}/{name}.nii.gz" for folder in ("imagesTr", "labelsTr")]
        image, label = (nib.as_closest_canonical(nib.load(path)) for path in paths)
        # RAS to LPS: the first two axes turn
        expected, mask = (np.flip(np.asanyarray(one.dataobj), (0, 1)).transpose(2, 1, 0) for one in (image, label))
        rows = sorted((row for row in converted.rows() if row["volume_id"] == name), key=lambda row: row["slice_index"])
        assert np.array_equal(np.stack([pixels(row["image"]) for row in rows]), expected)
        assert np.array_equal(np.stack([pixels(row["mask"]) for row in rows]), mask)
        assert np.array_equal(pixels(converted.row(name, "volumes")["image"]), expected)
        itk = Itk.DICOMOrient(Itk.ReadImage(str(paths[0])), "LPS")
        assert np.array_equal(Itk.GetArrayFromImage(itk), expected)
        assert [row["image_position"] for row in rows] == [list(itk.TransformIndexToPhysicalPoint((0, 0, k))) for k in range(len(rows))]
        assert rows[0]["pixel_spacing"] == [itk.GetSpacing()[1], itk.GetSpacing()[0]]
        assert (rows[0]["orientation"], rows[0]["slice_spacing"]) == ("LPS", itk.GetSpacing()[2])


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
def test_a_real_tilted_label_is_read_with_two_channels_made_for_it(tmp_path: Path) -> None:
    source = REAL / "Task05_Prostate/labelsTr/prostate_00.nii"
    label = nib.load(source)
    write_nifti(tmp_path / "raw/imagesTr/prostate_00.nii", np.zeros((*label.shape, 2), np.int16), label.affine)
    (tmp_path / "raw/labelsTr").mkdir()
    shutil.copy(source, tmp_path / "raw/labelsTr")
    conversion = convert("msd", tmp_path / "raw", tmp_path / "out", workers=1, configs=["volumes"])
    row = Converted("msd", Phantom(tmp_path / "raw", []), conversion, tmp_path / "out").row("prostate_00", "volumes")
    itk = Itk.DICOMOrient(Itk.ReadImage(str(source)), "LPS")
    assert np.array_equal(pixels(row["mask"]), Itk.GetArrayFromImage(itk))
    assert np.allclose(row["image_orientation"], np.array(itk.GetDirection()).reshape(3, 3).T[:2].ravel(), atol=1e-6)
    assert np.allclose(row["pixel_spacing"], (0.6, 0.6), atol=1e-6)
