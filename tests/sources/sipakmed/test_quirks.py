"""SIPaKMeD: a test for every quirk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hf_medseg.catalog.lookup import find_source
from tests.support.harness import pixels, run


def test_kaggle_doubles_the_class_folders(tmp_path: Path) -> None:
    owner, kaggle = run("sipakmed", "clean", tmp_path / "owner"), run("sipakmed", "kaggle", tmp_path / "kaggle")
    for config in ("clusters", "crops"):
        assert kaggle.rows(config) == owner.rows(config)
    assert kaggle.row("im_Parabasal_002")["source_file"] == "im_Parabasal/002.bmp"


def test_polygons_of_clusters_and_of_crops_lie_in_their_own_pictures(tmp_path: Path) -> None:
    converted = run("sipakmed", "clean", tmp_path)
    cluster, crop = converted.row("im_Koilocytotic_001"), converted.row("im_Koilocytotic_001_01", "crops")
    image, part = pixels(cluster["image"]), pixels(crop["image"])
    height, width = part.shape[:2]
    places = [
        (y, x)
        for y in range(image.shape[0] - height + 1)
        for x in range(image.shape[1] - width + 1)
        if np.array_equal(image[y : y + height, x : x + width], part)
    ]
    ((y, x),) = places
    assert (y, x) != (0, 0)
    assert np.array_equal(pixels(crop["mask"]), pixels(cluster["mask"])[y : y + height, x : x + width])
    assert [one["name"] for one in cluster["outlines"]] == ["cyt01", "nuc01"]
    assert [one["name"] for one in crop["outlines"]] == ["cyt", "nuc"]
    assert np.allclose(np.array(cluster["outlines"][0]["x"]) - x, crop["outlines"][0]["x"])


def test_numbers_of_cytoplasm_and_nucleus_polygons_differ(tmp_path: Path) -> None:
    row = run("sipakmed", "clean", tmp_path).row("im_Dyskeratotic_001")
    assert row["num_cells"] == 3
    assert row["mask_names"] == ["01", "02", "03"]
    assert [sorted(np.unique(pixels(mask))) for mask in row["masks"]] == [[0, 1, 2], [0, 1, 2], [0, 2]]
    assert sorted(one["name"] for one in row["outlines"]) == ["cyt01", "cyt02", "nuc01", "nuc02", "nuc03"]
    assert np.unique(pixels(row["instances"])).tolist() == [0, 1, 2, 3]
    assert row["mask_overlap"]


def test_a_cluster_without_any_polygon_is_not_annotated(tmp_path: Path) -> None:
    row = run("sipakmed", "clean", tmp_path).row("im_Metaplastic_244")
    assert [row[name] for name in ("mask", "instances", "masks", "mask_names", "num_cells", "outlines")] == [None] * 6
    assert row["classes"] == []


def test_nucleus_is_painted_over_cytoplasm(tmp_path: Path) -> None:
    row = run("sipakmed", "clean", tmp_path).row("im_Parabasal_002")
    assert pixels(row["mask"])[10, 6] == 2
    assert pixels(row["mask"])[3, 3] == 1


def test_no_binary_label_is_made_up_for_metaplastic_cells(tmp_path: Path) -> None:
    converted = run("sipakmed", "one-class", tmp_path)
    assert converted.names("label") == ["superficial_intermediate", "parabasal", "koilocytotic", "dyskeratotic", "metaplastic"]
    assert "group" not in converted.rows()[0]


def test_case_of_suffixes_and_stray_files(tmp_path: Path) -> None:
    upper, clean = run("sipakmed", "upper-case", tmp_path / "upper"), run("sipakmed", "clean", tmp_path / "clean")
    assert [row["mask"] for row in upper.rows()] == [row["mask"] for row in clean.rows()]
    assert any("Thumbs.db" in str(note) for note in clean.section()["not_used"])


def test_crops_differ_in_size(tmp_path: Path) -> None:
    rows = run("sipakmed", "clean", tmp_path).rows("crops")
    assert len({(row["width"], row["height"]) for row in rows}) > 3


def test_cells_of_a_cluster_share_its_group(tmp_path: Path) -> None:
    rows = run("sipakmed", "clean", tmp_path).rows("crops")
    assert {row["patient_id"] for row in rows if row["image_id"].startswith("im_Dyskeratotic_001")} == {"im_Dyskeratotic_001"}
    assert all(row["patient_id"] == row["cluster_id"] for row in rows)


def test_the_owner_grants_no_redistribution() -> None:
    assert find_source("sipakmed").tiers == ("restricted",)
