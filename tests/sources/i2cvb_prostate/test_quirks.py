"""I2CVB prostate: every quirk, on phantoms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.formats.physical import physical
from tests.support.harness import PHANTOMS, pixels, run

STRUCTURES = ("prostate", "pz", "cg", "cap")


def test_folders_with_blanks_and_their_renamed_form_are_the_same_patient(tmp_path: Path) -> None:
    for variant in ("clean", "underscore_names"):
        assert run("i2cvb-prostate", variant, tmp_path / variant).row("383", "volumes")["patient_id"] == "383"


def test_patient_737_has_no_ground_truth(tmp_path: Path) -> None:
    row = run("i2cvb-prostate", "clean", tmp_path).row("737_0001")
    assert [row[name] for name in ("mask", *(f"mask_{one}" for one in STRUCTURES), "gt_flipped")] == [None] * 6


def test_patient_428260_lacks_one_slice_of_ground_truth(tmp_path: Path) -> None:
    converted = run("i2cvb-prostate", "clean", tmp_path)
    rows = [converted.row(f"428260_{k:04d}") for k in range(4)]
    assert [row["mask"] is None for row in rows] == [False, False, True, False]
    assert [row["mask_pz"] is None for row in rows] == [False, False, True, False]
    whole = converted.row("428260", "volumes")
    for name in ("mask", "mask_prostate"):
        assert [bool((one == 255).all()) for one in pixels(whole[name])] == [False, False, True, False]
    (note,) = converted.section()["known"]
    assert note["path"] == "GE/Patient 428260/GT"


def test_a_slice_that_another_patient_lacks_is_wrong(tmp_path: Path) -> None:
    phantom = PHANTOMS["i2cvb-prostate"].make(tmp_path / "raw", "siemens_only")
    sorted((phantom.raw / "Siemens" / "Patient 384" / "GT" / "pz").iterdir())[0].unlink()
    conversion = convert("i2cvb-prostate", phantom.raw, tmp_path / "out", workers=1)
    (rejected,) = conversion.rejected
    assert rejected["image_id"] == "384"
    assert "4 slices of a mask expected, 3 found" in rejected["expected"]


def test_structures_overlap_and_stay_readable(tmp_path: Path) -> None:
    row = run("i2cvb-prostate", "clean", tmp_path).row("383_0003")
    mask, single = pixels(row["mask"]), {name: pixels(row[f"mask_{name}"]) for name in STRUCTURES}
    assert np.array_equal(mask == 4, single["cap"] == 1)
    assert (single["cap"] & single["pz"]).any()
    assert np.array_equal(single["prostate"] | single["pz"] | single["cg"], mask > 0)


def test_no_cancer_means_no_cancer_mask(tmp_path: Path) -> None:
    converted = run("i2cvb-prostate", "clean", tmp_path)
    row = converted.row("384_0002")
    assert row["mask_cap"] is None
    assert converted.names("cancer_zone")[row["cancer_zone"]] == "none"
    assert converted.names("cancer_zone")[converted.row("383_0002")["cancer_zone"]] == "pz"


def test_lists_name_where_the_cancer_of_42_patients_lies() -> None:
    from hf_medseg.sources.i2cvb_prostate.source import CANCER, WHERE

    assert {zone: len(patients.split()) for zone, patients in CANCER.items()} == {"none": 6, "pz": 28, "cg": 3, "pz_and_cg": 5}
    assert len(WHERE) == 42


def test_ground_truth_that_runs_backwards_is_turned_round_and_says_so(tmp_path: Path) -> None:
    converted = run("i2cvb-prostate", "flipped_gt", tmp_path)
    assert converted.row("384", "volumes")["gt_flipped"] is True
    assert converted.row("383", "volumes")["gt_flipped"] is False


@pytest.mark.parametrize("order", ["stored", "reversed"])
def test_the_user_decides_the_order_of_the_ground_truth(order: str, tmp_path: Path) -> None:
    """What the image would tell of patients 383 (as stored) and 384 (reversed) is not asked."""
    phantom = PHANTOMS["i2cvb-prostate"].make(tmp_path / "raw", "flipped_gt")
    (tmp_path / "about.toml").write_text(f'gt_order = "{order}"')
    told = convert("i2cvb-prostate", phantom.raw, tmp_path / "told", configs=["volumes"], about=tmp_path / "about.toml", workers=1)
    seen = convert("i2cvb-prostate", phantom.raw, tmp_path / "seen", configs=["volumes"], workers=1)
    assert told.rows == seen.rows
    mine, theirs = (
        {row["image_id"]: row for row in pq.read_table(sorted((tmp_path / name / "volumes").glob("*.parquet"))).to_pylist()}
        for name in ("told", "seen")
    )
    for patient, fits in (("383", "stored"), ("384", "reversed")):
        assert mine[patient]["gt_flipped"] is (order == "reversed")
        step = 1 if order == fits else -1
        assert np.array_equal(pixels(mine[patient]["mask"]), pixels(theirs[patient]["mask"])[::step])
        assert np.array_equal(pixels(mine[patient]["mask_pz"]), pixels(theirs[patient]["mask_pz"])[::step])


@pytest.mark.parametrize(("variant", "order"), [("clean", "backwards"), ("saml", "reversed")])
def test_an_order_that_cannot_be_meant_is_refused(variant: str, order: str, tmp_path: Path) -> None:
    phantom = PHANTOMS["i2cvb-prostate"].make(tmp_path / "raw", variant)
    (tmp_path / "about.toml").write_text(f'gt_order = "{order}"')
    with pytest.raises(Refused, match="gt_order"):
        convert("i2cvb-prostate", phantom.raw, tmp_path / "out", about=tmp_path / "about.toml", workers=1)
    assert not (tmp_path / "out").exists()


def test_the_authors_turned_copy_is_not_used(tmp_path: Path) -> None:
    converted = run("i2cvb-prostate", "authors_copy", tmp_path)
    assert "somebody's copy of the ground truth, turned round" in {note["reason"] for note in converted.section()["not_used"]}


def test_dce_time_points_share_a_folder_and_are_listed_by_their_series(tmp_path: Path) -> None:
    converted = run("i2cvb-prostate", "siemens_only", tmp_path)
    paths = [note["path"] for note in converted.section()["not_used"] if "dynamic" in note["reason"]]
    assert len({path.partition("/")[0] for path in paths}) == 2 * 3  # two time points of each patient


def test_saml_masks_with_either_letter_are_masks_and_never_images(tmp_path: Path) -> None:
    for variant in ("saml", "saml_capital"):
        rows = run("i2cvb-prostate", variant, tmp_path / variant).rows("volumes")
        assert {row["image_id"] for row in rows} == {"Case00", "Case02", "Case11"}
        assert all(row["mask"] is not None for row in rows)


def test_saml_values_above_1_are_gland_too(tmp_path: Path) -> None:
    assert set(np.unique(pixels(run("i2cvb-prostate", "saml", tmp_path).row("Case02", "volumes")["mask"]))) == {0, 1}


def test_other_sites_of_saml_are_other_data_sets(tmp_path: Path) -> None:
    reasons = {
        note["path"].partition("/")[0]: note["reason"] for note in run("i2cvb-prostate", "saml_capital", tmp_path).section()["not_used"]
    }
    assert set(reasons.values()) == {"another site of the re-host, which is another data set"}


def test_pieces_of_the_archives_are_refused_with_the_command(tmp_path: Path) -> None:
    phantom = PHANTOMS["i2cvb-prostate"].make(tmp_path / "raw", "refused_split_parts")
    with pytest.raises(Refused, match=r'cat "ge-1-5t\.tar\.gz\."\* \| tar -xzf -'):
        convert("i2cvb-prostate", phantom.raw, tmp_path / "out", workers=1)


def test_rows_name_one_entry_for_each_series_of_ground_truth(tmp_path: Path) -> None:
    """And the slices give back the volume, also in physical values."""
    converted = run("i2cvb-prostate", "siemens_only", tmp_path)
    row = converted.row("383_0001")
    assert [one["column"] for one in row["files"]] == ["image", *["mask"] * 4, *(f"mask_{name}" for name in STRUCTURES)]
    stack = np.stack([physical(one) for one in converted.rows() if one["volume_id"] == "383"])
    assert np.array_equal(stack, physical(converted.row("383", "volumes")))


def test_a_file_that_is_no_dicom_rejects_its_patient(tmp_path: Path) -> None:
    phantom = PHANTOMS["i2cvb-prostate"].make(tmp_path / "raw", "siemens_only")
    sorted((phantom.raw / "Siemens" / "Patient 383" / "T2W").iterdir())[0].write_bytes(b"<!DOCTYPE html>" * 20)
    (rejected,) = convert("i2cvb-prostate", phantom.raw, tmp_path / "out", workers=1).rejected
    assert rejected["image_id"] == "383"
    assert "not a DICOM file" in rejected["expected"]
