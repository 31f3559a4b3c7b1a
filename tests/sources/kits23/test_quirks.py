"""KiTS23: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.harness import pixels, run


def test_a_case_whose_image_was_not_downloaded_is_rejected_by_its_file(tmp_path: Path) -> None:
    (rejected, *_) = run("kits23", "image_missing", tmp_path, configs=[]).conversion.rejected
    assert rejected["expected"].startswith("case_00000/imaging.nii.gz, which belongs to it, is missing")


def test_slices_run_upwards_though_they_are_stored_from_the_top(tmp_path: Path) -> None:
    converted = run("kits23", "clean", tmp_path)
    assert not pixels(converted.row("case_00000_0000")["mask"]).any()
    assert np.unique(pixels(converted.row("case_00000_0003")["mask"])).tolist() == [0, 1, 2, 3]
