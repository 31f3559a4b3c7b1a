"""BraTS: every quirk, on phantoms."""

from __future__ import annotations

import shutil
from pathlib import Path

import datasets
import numpy as np
import pyarrow.parquet as pq
import pytest

from hf_medseg.catalog.lookup import find_source
from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.formats.physical import physical
from tests.support.harness import PHANTOMS, pixels, run
from tests.support.nifti import write_xlsx


def test_the_misnamed_mask_of_case_355_is_used_and_known(tmp_path: Path) -> None:
    converted = run("brats", "clean", tmp_path)
    row = converted.row("BraTS20_Training_355_0002")
    assert set(np.unique(pixels(row["mask"]))) == {0, 1, 2, 3}
    assert "W39_1998.09.19_Segm.nii" in [file["path"].rpartition("/")[2] for file in row["files"] if file["column"] == "mask"]
    assert not converted.conversion.rejected


def test_a_renamed_mask_of_case_355_goes_before_the_misnamed_one(tmp_path: Path) -> None:
    phantom = PHANTOMS["brats"].make(tmp_path / "raw", "clean")
    wrong = next(phantom.raw.rglob("W39_1998.09.19_Segm.nii"))
    shutil.copy(wrong, wrong.with_name("BraTS20_Training_355_seg.nii"))
    conversion = convert("brats", phantom.raw, tmp_path / "out", workers=1)
    assert not conversion.rejected
    assert [note["path"] for note in conversion.report["configs"]["slices"]["not_used"] if "W39" in note["path"]]


def test_loose_files_of_the_small_tars_are_duplicates_and_never_paths(tmp_path: Path) -> None:
    converted = run("brats", "2021_kaggle_tars", tmp_path)
    paths = {row["source_file"] for row in converted.rows()}
    assert paths == {f"BraTS2021_{number}/BraTS2021_{number}_flair.nii.gz" for number in ("00000", "00495", "00621")}
    assert len(converted.section()["duplicate"]) == 10


@pytest.mark.parametrize("variant", ["2021", "2023"])
def test_enhancing_tumour_is_class_3_whatever_the_edition_calls_it(variant: str, tmp_path: Path) -> None:
    converted = run("brats", variant, tmp_path)
    assert converted.names("classes") == ["background", "necrotic_core", "oedema", "enhancing_tumour"]
    assert any(3 in row["classes"] for row in converted.rows())
    assert find_source("brats").changes == ("Label 4 (enhancing tumour; 3 in 2023) is stored as class 3.",)


@pytest.mark.parametrize("variant", ["value_3", "value_4"])
def test_a_label_of_another_edition_is_rejected(variant: str, tmp_path: Path) -> None:
    (rejected,) = (one for one in run("brats", variant, tmp_path, configs=[]).conversion.rejected)
    assert f"mask values {variant[-1]} where only" in rejected["expected"]


def test_two_time_points_of_2023_share_a_patient(tmp_path: Path) -> None:
    rows = [run("brats", "2023", tmp_path).row(f"BraTS-GLI-00008-00{visit}", "volumes") for visit in (0, 1)]
    assert [row["patient_id"] for row in rows] == ["BraTS-GLI-00008"] * 2
    assert [row["time_point"] for row in rows] == [0, 1]


def test_sequence_names_are_told_by_a_table_whatever_their_case(tmp_path: Path) -> None:
    row = run("brats", "2018", tmp_path).row("Brats18_CBICA_AAB_1_0001")
    names = {file["column"]: file["path"].rpartition("_")[2] for file in row["files"]}
    assert names == {"image": "FLAIR.nii", "image_t1": "T1.nii", "image_t1ce": "T1CE.nii", "image_t2": "T2.nii", "mask": "SEG.nii"}


def test_a_case_may_lack_a_class(tmp_path: Path) -> None:
    row = run("brats", "clean", tmp_path).row("BraTS20_Training_260", "volumes")
    assert row["classes"] == [0, 1, 2]


def test_cases_of_2024_are_not_taken_for_2023(tmp_path: Path) -> None:
    phantom = PHANTOMS["brats"].make(tmp_path / "raw", "2023")
    for path in sorted(phantom.raw.rglob("*"), reverse=True):
        path.rename(path.with_name(path.name.replace("-000", "-100").replace("-001", "-101")))
    with pytest.raises(Refused, match="This is not brats"):
        convert("brats", phantom.raw, tmp_path / "out", workers=1)


def test_litter_of_re_hosts_is_left_alone(tmp_path: Path) -> None:
    reasons = {note["reason"] for note in run("brats", "2020_kaggle", tmp_path).section()["not_used"]}
    assert "left behind by an operating system" in reasons


def test_validation_has_no_masks(tmp_path: Path) -> None:
    rows = run("brats", "2021", tmp_path).rows()
    assert {row["mask"] is None for row in rows if row["split"] == "validation"} == {True}
    assert {row["mask"] is None for row in rows if row["split"] == "train"} == {False}


def test_any_order_of_axes_gives_the_same_rows(tmp_path: Path) -> None:
    plain, turned = (run("brats", variant, tmp_path / variant).rows() for variant in ("2021", "other_orientation"))
    assert [row["image"] for row in plain] == [row["image"] for row in turned]
    assert [row["mask"] for row in plain] == [row["mask"] for row in turned]


def test_physical_values_come_back_in_every_sequence(tmp_path: Path) -> None:
    converted = run("brats", "negative", tmp_path)
    name = "BraTS2021_00495"
    row = converted.row(name, "volumes")
    slices = [row for row in converted.rows() if row["volume_id"] == name]
    for column in ("image", "image_t1", "image_t1ce", "image_t2"):
        assert -40 <= physical(row, column).min() < -30
        assert np.array_equal(np.stack([physical(one, column) for one in slices]), physical(row, column))


def test_only_the_package_of_tcia_is_open(tmp_path: Path) -> None:
    assert run("brats", "2021_tcia", tmp_path / "tcia").conversion.plan.edition.license.tier == "open"
    phantom = PHANTOMS["brats"].make(tmp_path / "raw", "2021")
    with pytest.raises(Refused, match="its layout fits: 2021"):
        convert("brats", phantom.raw, tmp_path / "out", edition="2021-tcia", workers=1)
    # The package of TCIA without its table of ids is any copy.
    package = PHANTOMS["brats"].make(tmp_path / "tcia2", "2021_tcia")
    for table in package.raw.rglob("*.xlsx"):
        table.unlink()
    conversion = convert("brats", package.raw, tmp_path / "out", workers=1)
    assert (conversion.plan.edition.name, conversion.plan.edition.license.tier) == ("2021", "unknown")


def test_the_table_of_ids_is_told_by_its_cells(tmp_path: Path) -> None:
    phantom = PHANTOMS["brats"].make(tmp_path / "raw", "2021_tcia")
    table = next((tmp_path / "raw").rglob("*.xlsx"))
    write_xlsx(table, [["Collection", "ID"], ["UCSF-PDGM", "BraTS2021_00000"]])
    conversion = convert("brats", phantom.raw, tmp_path / "out", workers=1)
    found = [
        row
        for split in conversion.report["configs"]["slices"]["splits"].values()
        for shard in split["shards"]
        for row in pq.read_table(tmp_path / "out" / shard, columns=["volume_id", "collection"]).to_pylist()
    ]
    assert {row["collection"] for row in found if row["volume_id"] == "BraTS2021_00000"} == {"UCSF-PDGM"}
    write_xlsx(table, [["Collection", "ID"], ["UCSF-PDGM", "none"]])
    with pytest.raises(Refused, match="no column holds names of cases"):
        convert("brats", phantom.raw, tmp_path / "out2", workers=1)


def test_both_configs_load_with_datasets(tmp_path: Path) -> None:
    converted = run("brats", "clean", tmp_path)
    loaded = {
        config: datasets.load_dataset(str(converted.out), config, cache_dir=str(tmp_path / "cache")) for config in ("slices", "volumes")
    }
    assert {config: {split: len(rows) for split, rows in splits.items()} for config, splits in loaded.items()} == {
        "slices": {"train": 15, "validation": 5},
        "volumes": {"train": 3, "validation": 1},
    }
    whole = next(row for row in loaded["volumes"]["train"] if row["image_id"] == "BraTS20_Training_001")
    assert np.array_equal(physical(whole), physical(converted.row("BraTS20_Training_001", "volumes")))
    assert whole["image"].shape == (22, 26, 5)
    assert whole["depth"] == 5
    assert np.allclose(
        whole["mask"].affine, np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.array([[1, 0, 0, 0], [0, 1, 0, -25], [0, 0, 1, 0], [0, 0, 0, 1]])
    )
