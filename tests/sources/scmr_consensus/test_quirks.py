"""SCMR consensus and Sunnybrook: every quirk, on phantoms and on real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pydicom
import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.formats.physical import physical
from tests.support.harness import PHANTOMS, pixels, run
from tests.support.kit import Array

FIRST = "SCD0000101_IM-0003-"
pytestmark = pytest.mark.filterwarnings("ignore:Invalid value for VR UI")  # the real files' UIDs have leading zeros


def test_consensus_contours_are_not_handed_out(tmp_path: Path) -> None:
    converted = run("scmr-consensus", "consensus-own-contours", tmp_path)
    assert {row["mask"] for row in converted.rows()} == {None}
    assert converted.conversion.plan.edition.license.tier == "restricted"
    assert any(note["path"].endswith("_endo.txt") and "added" in note["reason"] for note in converted.section()["not_used"])


def test_consensus_is_told_without_the_name_of_its_folder(tmp_path: Path) -> None:
    phantom = PHANTOMS["scmr-consensus"].make(tmp_path / "raw", "consensus")
    conversion = convert("scmr-consensus", phantom.raw / "SCMR Consensus" / "SCMR0001", tmp_path / "out", workers=1)
    assert (conversion.plan.edition.name, conversion.plan.edition.license.tier) == ("consensus", "restricted")
    images = PHANTOMS["scmr-consensus"].make(tmp_path / "images", "clean").raw / "SCD_IMAGES_01"
    with pytest.raises(Refused, match="This is not scmr-consensus"):
        convert("scmr-consensus", images, tmp_path / "out2", workers=1)


def test_series_folders_vary_the_description_and_the_file_numbers_decide(tmp_path: Path) -> None:
    converted = run("scmr-consensus", "clean", tmp_path)
    used = {row["source_file"].partition("/")[0] for row in converted.rows()}
    described = {
        header.SeriesInstanceUID: header.SeriesDescription
        for path in converted.phantom.raw.rglob("*.dcm")
        if (header := pydicom.dcmread(path, stop_before_pixels=True)) and header.PatientID == "SCD0000101"
    }
    assert sorted(described.values()) == ["CINELAX", "CINESAX", "CineSAX"]
    assert {described[uid] for uid in used if uid in described} == {"CineSAX"}


def test_end_of_diastole_is_the_larger_area_and_null_where_one_phase_is_drawn(tmp_path: Path) -> None:
    converted = run("scmr-consensus", "clean", tmp_path)
    labels = {at: converted.row(f"{FIRST}{at:04d}")["phase_label"] for at in (6, 9, 11, 19)}
    names = converted.names("phase_label")
    assert {at: label if label is None else names[label] for at, label in labels.items()} == {6: "ed", 9: "es", 11: None, 19: None}


def test_a_contour_of_another_study_is_rejected(tmp_path: Path) -> None:
    (rejected,) = run("scmr-consensus", "crossed", tmp_path).conversion.rejected
    assert "ocontour" in rejected["file"] and "should lie within it" in rejected["expected"]


def test_image_archives_unpack_into_sibling_folders_with_resource_forks(tmp_path: Path) -> None:
    converted = run("scmr-consensus", "clean", tmp_path)
    assert {folder.name for folder in converted.phantom.raw.iterdir()} >= {"SCD_IMAGES_01", "SCD_IMAGES_02", "__MACOSX"}
    assert len(converted.rows()) == 7 and not converted.conversion.rejected


def test_blank_ages_and_sexes_are_null(tmp_path: Path) -> None:
    rows = {row["patient_id"]: (row["age"], row["sex"]) for row in run("scmr-consensus", "clean", tmp_path).rows()}
    assert rows == {"SCD0000101": (53.0, 1), "SCD0000701": (None, 0), "SCD0003701": (61.0, None)}


def test_studies_are_joined_whatever_zeros_stand_before_their_number(tmp_path: Path) -> None:
    row = run("scmr-consensus", "clean", tmp_path).row(f"{FIRST}0006")
    assert row["original_id"] == "SC-HF-I-1"
    assert any(file["path"].startswith("SC-HF-I-01/") for file in row["files"])


def test_frames_without_an_outer_contour_say_so(tmp_path: Path) -> None:
    converted = run("scmr-consensus", "clean", tmp_path)
    both, one = (converted.row(f"{FIRST}{at:04d}") for at in (6, 9))
    names = converted.names("annotated_classes")
    assert [[names[label] for label in row["annotated_classes"]] for row in (both, one)] == [["lv_cavity", "myocardium"], ["lv_cavity"]]
    assert (both["classes"], one["classes"]) == ([0, 1, 2], [0, 1])


def test_papillary_muscles_are_cavity_and_masks_of_their_own(tmp_path: Path) -> None:
    row = run("scmr-consensus", "clean", tmp_path).row(f"{FIRST}0011")
    muscle = pixels(row["mask_papillary_1"]) == 1
    assert muscle.any() and (pixels(row["mask"])[muscle] == 1).all()
    assert row["mask_papillary_2"] is None
    assert [outline["name"] for outline in row["outlines"]] == ["inner", "outer", "papillary_1"]


def test_oblique_planes_stay_as_they_are(tmp_path: Path) -> None:
    converted = run("scmr-consensus", "clean", tmp_path)
    row = converted.row(f"{FIRST}0006")
    assert row["image_orientation"] == pytest.approx([0.9659, 0.2588, 0.0, -0.1830, 0.6830, 0.7071])
    assert (row["slice_spacing"], row["slice_thickness"]) == (pytest.approx(10.0, abs=1e-3), 8.0)


def test_only_the_release_of_the_cardiac_atlas_project_is_open(tmp_path: Path) -> None:
    tiers = {}
    for variant in ("clean", "rehost", "challenge-2009"):
        edition = run("scmr-consensus", variant, tmp_path / variant).conversion.plan.edition
        tiers[edition.name] = edition.license.tier
    assert tiers == {"sunnybrook": "open", "sunnybrook-2009": "unknown"}
    phantom = PHANTOMS["scmr-consensus"].make(tmp_path / "raw", "challenge-2009")
    with pytest.raises(Refused, match="its layout fits: sunnybrook-2009"):
        convert("scmr-consensus", phantom.raw, tmp_path / "out", edition="sunnybrook", workers=1)


def test_two_copies_of_a_contour_that_differ_are_rejected(tmp_path: Path) -> None:
    phantom = PHANTOMS["scmr-consensus"].make(tmp_path / "raw", "clean")
    contour = next(phantom.raw.rglob("SC-HF-I-01/**/IM-0001-0009-icontour-manual.txt"))
    other = phantom.raw / "SC-HF-I-1" / "i-contours" / contour.name
    other.parent.mkdir(parents=True)
    other.write_text(contour.read_text() + "1.00 1.00\n")
    (rejected,) = convert("scmr-consensus", phantom.raw, tmp_path / "out", workers=1).rejected
    assert rejected["image_id"] == f"{FIRST}0009" and "claim to be the same file and differ" in rejected["expected"]


def test_several_frames_in_one_file_are_rejected(tmp_path: Path) -> None:
    phantom = PHANTOMS["scmr-consensus"].make(tmp_path / "raw", "consensus")
    path = next(phantom.raw.rglob("SAX/*.dcm"))
    header = pydicom.dcmread(path)
    header.NumberOfFrames, header.PixelData = 2, header.PixelData * 2
    header.save_as(path)
    (rejected,) = convert("scmr-consensus", phantom.raw, tmp_path / "out", workers=1).rejected
    assert "2 frames" in rejected["expected"]


# ---------------------------------------------------------------- real files


def _rasterised(path: Path, height: int, width: int) -> Array:
    """The stated rule in whole numbers, every pixel on its own: an odd number of edges is crossed at or left of its centre."""
    points = np.array([[round(float(number) * 100) for number in line.split()] for line in path.read_text().splitlines() if line.strip()])
    y, x = np.mgrid[:height, :width] * 100
    inside = np.zeros((height, width), bool)
    for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if ay > by:
            (ax, ay), (bx, by) = (bx, by), (ax, ay)
        inside ^= (ay <= y) & (y < by) & ((x - ax) * (by - ay) >= (y - ay) * (bx - ax))
    return inside


def _converted(folder: Path, out: Path) -> tuple[dict[str, dict[str, Any]], Any]:
    conversion = convert("sunnybrook", folder, out, workers=1)
    rows = [row for shard in sorted((out / "data").glob("*.parquet")) for row in pq.read_table(shard).to_pylist()]
    return {row["image_id"]: row for row in rows}, conversion


def test_real_files_come_out_pixel_by_pixel(real: Callable[[str], Path], tmp_path: Path) -> None:
    folder = real("sunnybrook")
    rows, conversion = _converted(folder, tmp_path / "out")
    assert conversion.plan.edition.name == "sunnybrook" and not conversion.rejected
    studies = {"SCD0000101": "SC-HF-I-1", "SCD0000301": "SC-HF-I-4"}
    inner = {
        f"{patient}_{int(path.name[8:12])}": path
        for patient, study in studies.items()
        for path in (folder / "contourfiles" / study / "i-contours").glob("*.txt")
    }
    assert sorted(rows) == sorted(inner) and len(rows) == 38
    for name, row in rows.items():
        patient, _, at = name.partition("_")
        header = pydicom.dcmread(folder / "dicoms" / patient / f"{at}.dcm")
        assert np.array_equal(pixels(row["image"]), header.pixel_array.astype(np.int32) + 32768)
        assert np.array_equal(physical(row), header.pixel_array)
        expected = _rasterised(inner[name], 256, 256).astype(np.uint8)
        outer = Path(str(inner[name]).replace("i-contours", "o-contours").replace("icontour", "ocontour"))
        if outer.exists():
            expected[_rasterised(outer, 256, 256) & (expected == 0)] = 2
        assert np.array_equal(pixels(row["mask"]), expected)
        assert row["annotated_classes"] == ([1, 2] if outer.exists() else [1])
        assert row["pixel_spacing"] == pytest.approx(list(header.PixelSpacing))
        assert row["image_position"] == pytest.approx(list(header.ImagePositionPatient))
        assert row["sop_instance_uid"] == header.SOPInstanceUID
    assert sum(row["classes"] == [0, 1, 2] for row in rows.values()) == 19


def test_real_phases_agree_with_the_trigger_times(real: Callable[[str], Path], tmp_path: Path) -> None:
    """Ends of diastole lie at the end of the cycle, ends of systole in its first half; in one slice the areas are equal."""
    rows, _ = _converted(real("sunnybrook"), tmp_path / "out")
    times = {label: [row["trigger_time"] for row in rows.values() if row["phase_label"] == label] for label in (0, 1, None)}
    assert [len(found) for found in times.values()] == [18, 18, 2]
    assert max(times[1]) < 300 and min(times[0]) > 690
    last = [pixels(rows[f"SCD0000301_{number}"]["mask"]) == 1 for number in (187, 200)]
    assert last[0].sum() == last[1].sum()
    assert {row["phase_index"] for row in rows.values()} == {None}


def test_real_outer_contours_of_one_study_are_copies_of_anothers(real: Callable[[str], Path], tmp_path: Path) -> None:
    """With images of SC-HF-I-6 (made up here: the re-host ships none in this sample), its frames with outer contours are rejected."""
    folder = real("sunnybrook")
    one, six = (sorted((folder / "contourfiles" / f"SC-HF-I-{number}" / "o-contours").glob("*.txt")) for number in (1, 6))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in six]
    raw = tmp_path / "raw"
    (raw / "contourfiles").mkdir(parents=True)
    (raw / "contourfiles" / "SC-HF-I-6").symlink_to(folder / "contourfiles" / "SC-HF-I-6")
    (raw / "link.csv").write_bytes((folder / "link.csv").read_bytes())
    images = raw / "dicoms" / "SCD0000501"
    images.mkdir(parents=True)
    header = pydicom.dcmread(folder / "dicoms" / "SCD0000301" / "1.dcm")
    numbers = {int(path.name[8:12]) for path in (folder / "contourfiles" / "SC-HF-I-6").rglob("*.txt")}
    for number in numbers:
        header.PatientID, header.InstanceNumber, header.SeriesInstanceUID = "SCD0000501", number, "1.2.3"
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
        header.save_as(images / f"{number}.dcm")
    conversion = convert("sunnybrook", raw, tmp_path / "out", workers=1)
    assert sorted(one["image_id"] for one in conversion.rejected) == sorted(f"SCD0000501_{int(path.name[8:12])}" for path in six)
    assert conversion.rows == len(numbers) - len(six)
