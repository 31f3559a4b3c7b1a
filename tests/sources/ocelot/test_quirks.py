"""OCELOT's quirks, one by one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.harness import pixels, run


def test_unknown_tissue_is_neither_cancer_nor_background(tmp_path: Path) -> None:
    row = run("ocelot", "clean", tmp_path).row("001")
    assert set(pixels(row["mask"]).ravel().tolist()) == {0, 1, 255} and row["classes"] == [0, 1]


def test_two_slides_of_one_patient_stay_together(tmp_path: Path) -> None:
    converted = run("ocelot", "clean", tmp_path)
    assert converted.row("001")["patient_id"] == converted.row("002")["patient_id"] == "TCGA-AA-0001"


def test_a_value_that_the_owners_do_not_use_is_named(tmp_path: Path) -> None:
    (rejected,) = run("ocelot", "zero", tmp_path).section()["rejected"]
    assert "mask values 0 where only 1, 2, 255 are declared" in json.dumps(rejected)
