"""VISCERAL: every quirk, on phantoms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hf_medseg.conversion.run import convert
from hf_medseg.formats.physical import physical
from tests.support.harness import PHANTOMS, Converted, pixels, run

CT = "10000100_1_CTce_ThAb"
WHOLE_BODY = "10000005_1_CT_wb"
CORONAL = "10000001_3_MRT1_wb"
SHORT = "10001_2_MRT1cefs_Ab"


def names(converted: Converted, row: dict[str, Any]) -> list[str]:
    return [converted.names("annotated_classes")[index] for index in row["annotated_classes"]]


def test_a_structure_without_a_mask_is_not_annotated_rather_than_absent(tmp_path: Path) -> None:
    converted = run("visceral", "clean", tmp_path)
    assert names(converted, converted.row(f"{CT}_0000")) == ["liver", "gallbladder", "right_kidney", "left_rectus_abdominis"]
    assert names(converted, converted.row(f"{CORONAL}_0000")) == ["spleen"]
    nothing = converted.row(f"{SHORT}_0000")
    assert (nothing["annotated_classes"], nothing["mask"], nothing["masks"], nothing["mask_origin"]) == ([], None, None, None)


def test_the_last_number_is_the_annotator_not_a_version_or_a_value(tmp_path: Path) -> None:
    row = run("visceral", "clean", tmp_path).row(f"{CT}_0003")
    assert row["mask_names"] == ["liver", "gallbladder", "right_kidney", "left_rectus_abdominis"]
    assert row["annotator_codes"] == ["6", "4", "5", "8"]
    assert set(np.unique(pixels(row["mask"]))) <= {0, 1, 4, 13, 20}


def test_ctce_is_told_apart_from_ct(tmp_path: Path) -> None:
    converted = run("visceral", "clean", tmp_path)
    rows = {name: converted.row(name, "volumes") for name in (CT, WHOLE_BODY, CORONAL, SHORT)}
    sequences = [converted.names("sequence", "volumes")[row["sequence"]] for row in rows.values()]
    assert sequences == ["CTce", "CT", "MRT1", "MRT1cefs"]
    assert [row["modality"] for row in rows.values()] == ["CT", "CT", "MR", "MR"]


def test_radlex_ids_beyond_8_bits_become_class_indices(tmp_path: Path) -> None:
    converted = run("visceral", "clean", tmp_path)
    assert converted.names("classes")[20] == "left_rectus_abdominis"
    assert pixels(converted.row(CT, "volumes")["mask"]).max() == 20  # RadLex id 40358


def test_masks_without_their_volume_are_counted_and_left_alone(tmp_path: Path) -> None:
    converted = run("visceral", "mask-without-volume", tmp_path)
    missing = [note for note in converted.section()["not_used"] if "10000129_1_CTce_ThAb" in note["path"]]
    assert [note["reason"] for note in missing] == ["the mask of a volume that is not in the raw tree"] * 2
    assert not converted.conversion.rejected


def test_an_unknown_structure_is_reported_and_left_alone(tmp_path: Path) -> None:
    converted = run("visceral", "stray-structure", tmp_path)
    (stray,) = [note for note in converted.section()["not_used"] if note["path"].endswith("_2_0.nii.gz")]
    assert stray["reason"] == "the mask of a structure that the owner does not name"


def test_a_derived_mask_with_several_values_rejects_its_volume(tmp_path: Path) -> None:
    converted = run("visceral", "label-map", tmp_path)
    assert {one["image_id"] for one in converted.conversion.rejected} == {CT}
    assert all("mask values 1, 3 where 0 and one other value" in one["expected"] for one in converted.conversion.rejected)


def test_masks_hold_any_one_value(tmp_path: Path) -> None:
    """The phantom's masks are 0/1, 0/255, 0/1 and 0/7, of four types; the harness compares every pixel."""
    row = run("visceral", "clean", tmp_path).row(CT, "volumes")
    assert [int(pixels(mask).max()) for mask in row["masks"]] == [1, 1, 1, 1]


def test_short_ids_are_patients_too(tmp_path: Path) -> None:
    assert run("visceral", "clean", tmp_path).row(SHORT, "volumes")["patient_id"] == "10001"


def test_qform_and_sform_may_disagree_by_a_hair_masks_may_not_lie_elsewhere(tmp_path: Path) -> None:
    converted = run("visceral", "affine-mismatch", tmp_path)
    assert {one["image_id"] for one in converted.conversion.rejected} == {CT}  # 2 mm away; the nudged qform of WHOLE_BODY passes
    assert converted.row(WHOLE_BODY, "volumes")["mask"] is not None


def test_of_two_annotators_the_lower_number_is_used(tmp_path: Path) -> None:
    converted = run("visceral", "two-annotators", tmp_path)
    assert converted.row(f"{CT}_0002")["annotator_codes"][1] == "4"
    assert any(note["path"].endswith("_187_6.nii.gz") for note in converted.section()["not_used"])


def test_silver_masks_are_automatic_and_say_their_method(tmp_path: Path) -> None:
    converted = run("visceral", "silver", tmp_path)
    row = converted.row(f"{CT}_0002")
    assert (converted.names("corpus")[row["corpus"]], converted.names("mask_origin")[row["mask_origin"]]) == ("silver", "automatic")
    assert row["annotator_codes"] == ["MV", "GWV", "SIMPLE", "SIMPLE"]


def test_gold_masks_win_over_silver_ones_and_the_best_method_over_the_others(tmp_path: Path) -> None:
    phantom = PHANTOMS["visceral"].make(tmp_path / "raw", "clean")
    folder = phantom.raw / "Anatomy3-trainingset" / "Segmentations"
    (folder / f"{CT}_86_MV.nii.gz").write_bytes((folder / f"{CT}_58_6.nii.gz").read_bytes())
    spleen = (folder / f"{CORONAL}_86_9.nii.gz").rename(folder / f"{CORONAL}_86_MV.nii.gz")
    (folder / f"{CORONAL}_86_SIMPLE.nii.gz").write_bytes(spleen.read_bytes())
    conversion = convert("visceral", phantom.raw, tmp_path / "out", workers=1)
    left = {note["path"].rpartition("/")[2] for note in conversion.report["configs"]["slices"]["not_used"]}
    assert {f"{CT}_86_MV.nii.gz", f"{CORONAL}_86_MV.nii.gz"} <= left
    assert f"{CORONAL}_86_SIMPLE.nii.gz" not in left


def test_volumes_stored_in_any_order_come_out_in_lps(tmp_path: Path) -> None:
    converted = run("visceral", "clean", tmp_path)
    assert [converted.row(name, "volumes")["orientation"] for name in (CT, WHOLE_BODY, CORONAL)] == ["LPS", "LPS", "LSP"]
    stack = np.stack([physical(row) for row in converted.rows() if row["volume_id"] == CT])
    assert np.array_equal(stack, physical(converted.row(CT, "volumes")))
