"""The LGG segmentation set's quirks, one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.harness import pixels, run


def test_the_zip_holds_everything_twice(tmp_path: Path) -> None:
    converted = run("lgg-mri", "zip", tmp_path)
    assert len(converted.rows()) == 18
    assert len(converted.section()["duplicate"]) == 36
    assert all(path.startswith("lgg-mri-segmentation/kaggle_3m/") for path in converted.section()["duplicate"])


def test_copies_that_differ_are_rejected(tmp_path: Path) -> None:
    rejected = run("lgg-mri", "copies_differ", tmp_path).conversion.rejected
    assert [one["image_id"] for one in rejected] == ["TCGA_CS_4941_19960909_3", "TCGA_CS_4941_19960909_8"]


def test_missing_sequences_are_told_by_patient(tmp_path: Path) -> None:
    rows = run("lgg-mri", "clean", tmp_path).rows()
    found = {row["volume_id"]: (row["pre_contrast_missing"], row["post_contrast_missing"]) for row in rows}
    assert found == {
        "TCGA_CS_4941_19960909": (False, False),
        "TCGA_DU_6407_19860514": (False, True),
        "TCGA_EZ_7264_20010816": (False, False),
        "TCGA_HT_A61B_19991127": (True, True),
    }


def test_a_single_filled_slice_is_not_a_missing_sequence(tmp_path: Path) -> None:
    row = run("lgg-mri", "clean", tmp_path).row("TCGA_EZ_7264_20010816_2")
    image = pixels(row["image"])
    assert np.array_equal(image[..., 1], image[..., 2])
    assert row["post_contrast_missing"] is False


def test_empty_masks_are_kept(tmp_path: Path) -> None:
    row = run("lgg-mri", "clean", tmp_path).row("TCGA_CS_4941_19960909_1")
    assert row["classes"] == [0]
    assert not pixels(row["mask"]).any()


def test_codes_that_are_missing_are_null(tmp_path: Path) -> None:
    converted = run("lgg-mri", "clean", tmp_path)
    assert converted.row("TCGA_DU_6407_19860514_1")["rnaseq_cluster_code"] is None
    nothing = converted.row("TCGA_HT_A61B_19991127_1")
    assert [value for name, value in nothing.items() if name == "age" or name.endswith("_code")] == [None] * 17


def test_semicolons_say_the_same_as_commas(tmp_path: Path) -> None:
    comma, semicolon = (run("lgg-mri", variant, tmp_path / variant).row("TCGA_CS_4941_19960909_1") for variant in ("single", "semicolons"))
    assert comma == semicolon
    assert comma["gender_code"] == 2 and comma["age"] == 58.0


def test_the_copy_of_the_table_is_listed(tmp_path: Path) -> None:
    notes = run("lgg-mri", "clean", tmp_path).section()["not_used"]
    assert ("lgg-mri-segmentation/kaggle_3m/data.csv", "says the same as kaggle_3m/data.csv") in [
        (note["path"], note["reason"]) for note in notes
    ]


def test_slices_are_sorted_as_numbers(tmp_path: Path) -> None:
    rows = [row for row in run("lgg-mri", "clean", tmp_path).rows() if row["patient_id"] == "TCGA_CS_4941"]
    assert [row["image_id"].rpartition("_")[2] for row in rows] == [str(number) for number in range(1, 12)]
    assert [row["slice_index"] for row in rows] == list(range(11))
    assert {row["num_slices"] for row in rows} == {11}


def test_litter_is_no_data(tmp_path: Path) -> None:
    notes = run("lgg-mri", "clean", tmp_path).section()["not_used"]
    assert ("kaggle_3m/.DS_Store", "left behind by an operating system") in [(note["path"], note["reason"]) for note in notes]


def test_no_spacing_is_claimed(tmp_path: Path) -> None:
    row = run("lgg-mri", "clean", tmp_path).row("TCGA_CS_4941_19960909_1")
    assert not {"pixel_spacing", "slice_spacing", "orientation", "plane"} & set(row)
