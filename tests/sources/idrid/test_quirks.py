"""Quirks of IDRiD, each under its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.harness import pixels, run


def test_a_lesion_without_a_file_is_absent_and_not_unknown(tmp_path: Path) -> None:
    row = run("idrid", "clean", tmp_path).row("IDRiD_55")
    assert not pixels(row["mask_hard_exudates"]).any()
    assert row["classes"] == [0, 1, 2]


def test_the_index_of_a_red_palette_is_taken_and_not_its_grey(tmp_path: Path) -> None:
    row = run("idrid", "clean", tmp_path).row("IDRiD_01")
    assert np.unique(pixels(row["mask_optic_disc"])).tolist() == [0, 1]
    assert pixels(row["mask_optic_disc"]).sum() > np.count_nonzero(pixels(row["mask"]) == 1)  # exudates lie on the disc
