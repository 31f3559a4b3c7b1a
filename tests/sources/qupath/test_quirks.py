"""QuPath's quirks, one by one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.masks.areas import united
from hf_medseg.sources.qupath.features import sheet_of
from tests.support.harness import PHANTOMS


def test_a_single_feature_and_a_collection_of_geometries_are_read() -> None:
    square = [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]
    both = [{"type": "Polygon", "coordinates": square}, {"type": "LineString", "coordinates": [[0, 0], [9, 9]]}]
    feature = {"type": "Feature", "geometry": {"type": "GeometryCollection", "geometries": both}, "properties": {"classification": "Tumor"}}
    sheet = sheet_of(json.dumps(feature).encode(), "a.geojson")
    assert sheet is not None and [thing.label for thing in sheet.things] == ["Tumor"]
    assert np.argwhere(united(sheet.things[0].areas, 5, 5).on(5, 5)).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_other_json_is_left_alone() -> None:
    assert sheet_of(b'{"shapes": []}', "a.json") is None


def test_names_of_people_in_other_properties_are_not_carried() -> None:
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [1, 1]},
        "properties": {"name": "Dr. Doe", "objectType": "cell"},
    }
    sheet = sheet_of(json.dumps([feature]).encode(), "a.json")
    assert sheet is not None and "Doe" not in repr(sheet)


@pytest.mark.parametrize("ending", ["geojson", "json"])
def test_raw_that_is_the_folder_of_a_split_says_the_split(ending: str, tmp_path: Path) -> None:
    phantom = PHANTOMS["qupath"].make(tmp_path / "raw")
    folder = tmp_path / "val"
    folder.mkdir()
    for path in [path for path in phantom.raw.rglob("*") if path.is_file()]:
        path.rename(folder / path.name.replace(".geojson", f".{ending}"))
    about = str(phantom.about) if phantom.about else None
    rows = convert("qupath", folder, tmp_path / "out", workers=1, about=about).report["configs"]["default"]["splits"]
    assert set(rows) == {"validation"}
