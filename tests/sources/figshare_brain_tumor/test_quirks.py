"""Quirks of Jun Cheng's brain tumors, each under its name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.harness import pixels, run


def test_columns_first_mirrors_no_slice(tmp_path: Path) -> None:
    converted = run("figshare-brain-tumor", "clean", tmp_path)
    found, promised = converted.row("4"), converted.phantom.rows[-1]
    assert pixels(found["mask"]).shape == (20, 26)
    assert np.array_equal(pixels(found["image"]), promised.image)


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ("label_4", "its label is 4; 1 (meningioma), 2 (glioma) or 3 (pituitary tumor) expected"),
        ("other_size", "its image has 26 x 20 samples, its tumorMask 13 x 10"),
        ("no_mask", "it has no array cjdata/tumorMask"),
        ("no_pid", "its PID is not a short text of letters and digits"),
        ("folds_missing", "cvind.mat has folds of 3 slices, and none for it"),
    ],
)
def test_a_strange_file_says_what_was_expected(tmp_path: Path, variant: str, words: str) -> None:
    (rejected,) = run("figshare-brain-tumor", variant, tmp_path).section()["rejected"]
    assert words in json.dumps(rejected)
