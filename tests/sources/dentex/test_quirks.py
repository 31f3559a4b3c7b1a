"""DENTEX's quirks, one by one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.harness import pixels, run


def test_a_tooth_with_two_diagnoses_is_two_objects(tmp_path: Path) -> None:
    converted = run("dentex", "clean", tmp_path)
    row, names = converted.row("train_1"), converted.names("classes")
    assert [names[one["label"]] for one in row["objects"]] == ["caries", "deep_caries"]
    assert row["mask_overlap"] and set(pixels(row["mask"]).ravel().tolist()) == {0, 4}


def test_quadrant_and_number_are_kept(tmp_path: Path) -> None:
    (tooth,) = run("dentex", "clean", tmp_path).row("train_0")["objects"]
    told = json.loads(tooth["attributes"])
    assert (10 * (told["category_id_1"] + 1) + told["category_id_2"] + 1) == 18


def test_a_diagnosis_with_another_name_is_named(tmp_path: Path) -> None:
    (rejected,) = run("dentex", "strange_diagnosis", tmp_path).section()["rejected"]
    assert "'decay'" in json.dumps(rejected)
