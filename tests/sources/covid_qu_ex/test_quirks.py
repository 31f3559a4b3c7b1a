"""Quirks of COVID-QU-Ex, each under its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.harness import pixels, run


def test_infection_beyond_the_lungs_is_cut_from_neither(tmp_path: Path) -> None:
    row = run("covid-qu-ex", "clean", tmp_path).row("train_COVID-19_covid_1579", "infection")
    lung, infection = pixels(row["mask_lung"]), pixels(row["mask_infection"])
    assert (infection > lung).any() and (infection & lung).any()
    assert np.array_equal(pixels(row["mask"]), np.where(infection, 2, lung))


def test_black_infection_masks_are_empty_and_not_missing(tmp_path: Path) -> None:
    row = run("covid-qu-ex", "clean", tmp_path).row("validation_Normal_Normal (101)", "infection")
    assert not pixels(row["mask_infection"]).any()
