"""CXLSeg: every quirk, and planning at a size where it would hurt."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import plan_cxlseg
from hf_medseg.errors import Refused
from tests.sources.cxlseg.phantom import FILMS
from tests.support.harness import Converted, pixels, run


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return run("cxlseg", "clean", tmp_path_factory.mktemp("cxlseg"))


def test_images_are_the_radiographs_never_the_pictures_of_lungs_alone(clean: Converted) -> None:
    assert all(row["source_file"].startswith("mimic-cxr-jpg/files/") for row in clean.rows())
    lungs = [one["path"] for one in clean.section()["not_used"] if one["reason"].startswith("CXLSeg's picture of the lungs alone")]
    assert sum("chest-x-ray-segmentation" in path for path in lungs) == len(FILMS)


def test_without_the_radiographs_nothing_is_converted(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"the part 'mimic-cxr-jpg' is missing[\s\S]*credentialed"):
        run("cxlseg", "no_mimic", tmp_path)


def test_jpeg_masks_are_thresholded(clean: Converted) -> None:
    film = FILMS[0]
    with Image.open(next(clean.phantom.raw.rglob(f"{film.dicom_id}-mask.jpg"))) as picture:
        lossy = np.asarray(picture)
    assert not set(np.unique(lossy)) <= {0, 255}
    assert np.array_equal(pixels(clean.row(film.dicom_id)["mask_native"]), lossy > 127)


def test_masks_are_stretched_in_each_direction_by_its_own_factor(clean: Converted) -> None:
    row = clean.row(FILMS[0].dicom_id)
    native, mask = pixels(row["mask_native"]), pixels(row["mask"])
    assert mask.shape == (305, 254)
    for y, x in [(0, 0), (100, 60), (150, 200), (304, 253)]:
        assert mask[y, x] == native[int((y + 0.5) * 224 / 305), int((x + 0.5) * 224 / 254)]


def test_both_tables_call_their_paths_dicom_path(clean: Converted) -> None:
    files = {file["column"]: file["path"] for file in clean.row(FILMS[0].dicom_id)["files"]}
    assert files["image"] == f"mimic-cxr-jpg/{FILMS[0].path}"
    assert files["mask"] == f"cxlseg/{FILMS[0].mask_path}"


def test_lateral_films_are_no_rows(clean: Converted) -> None:
    assert len(clean.rows()) == len(FILMS)
    assert any("f4e0a17b" in one["path"] for one in clean.section()["not_used"])


def test_empty_masks_stay_empty_and_are_no_missing_masks(clean: Converted) -> None:
    (empty,) = [film for film in FILMS if film.empty]
    row = clean.row(empty.dicom_id)
    assert row["classes"] == [0] and not pixels(row["mask"]).any()


def test_masks_are_called_automatic(clean: Converted) -> None:
    assert {clean.names("mask_origin")[row["mask_origin"]] for row in clean.rows()} == {"automatic"}


def test_findings_have_four_states(clean: Converted) -> None:
    row = clean.row(FILMS[0].dicom_id)
    assert (row["atelectasis"], row["edema"], row["pneumothorax"], row["fracture"]) == (1, -1, 0, None)


def test_validate_is_validation(clean: Converted) -> None:
    assert [row["image_id"] for row in clean.rows() if row["split"] == "validation"] == [FILMS[4].dicom_id]


def test_patients_in_two_splits_are_told(clean: Converted, tmp_path: Path) -> None:
    assert not clean.section()["known"]
    (note,) = run("cxlseg", "patient_overlap", tmp_path).section()["known"]
    assert note["reason"] == "patients with radiographs in more than one split: 1"


def test_films_that_were_not_downloaded_are_counted(tmp_path: Path) -> None:
    from tests.sources.cxlseg import phantom as cxlseg

    phantom = cxlseg.make(tmp_path / "raw")
    for path in phantom.raw.rglob(f"{FILMS[0].dicom_id}*.jpg"):
        path.unlink()
    from hf_medseg.conversion.run import convert

    conversion = convert("cxlseg", phantom.raw, tmp_path / "out", workers=1)
    assert not conversion.rejected and conversion.rows == len(FILMS) - 1
    (note,) = conversion.report["configs"]["default"]["known"]
    assert "of 1 of its films" in note["reason"]


def test_a_mask_of_another_size_is_rejected(tmp_path: Path) -> None:
    rejected = {one["image_id"]: one["expected"] for one in run("cxlseg", "bad_files", tmp_path).conversion.rejected}
    assert "256 x 256 pixels; the source promises 224 x 224" in rejected[FILMS[3].dicom_id]
    assert "missing" in rejected[FILMS[0].dicom_id] and "missing" in rejected[FILMS[1].dicom_id]


def test_contradictions_of_the_tables_are_told(tmp_path: Path) -> None:
    rejected = {one["image_id"]: one["expected"] for one in run("cxlseg", "bad_tables", tmp_path).conversion.rejected}
    assert "CXLSeg-mask.csv has no line" in rejected[FILMS[0].dicom_id]
    assert "twice" in rejected[FILMS[1].dicom_id]
    assert "'dev'" in rejected[FILMS[2].dicom_id]
    assert "Support Devices is '2.0'" in rejected[FILMS[3].dicom_id]


def test_planning_takes_few_bytes_a_row(tmp_path: Path) -> None:
    peaks = []
    for count in (500, 2500):
        plan_cxlseg.write_tree(tmp_path / str(count), count)
    plan_cxlseg.main(str(tmp_path / "500"))  # what is loaded and remembered once is not of the rows
    for count in (500, 2500):
        tracemalloc.start()
        plan, _, _ = plan_cxlseg.main(str(tmp_path / str(count)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 2000 < 6000
    (config,) = plan.configs
    assert sum(len(shard.cases) for shard in config.shards) == 2500
    assert len(config.not_used) < 100  # nearly 4,000 files, gathered by folder
    assert sum(note.files for note in config.not_used) > 3500
