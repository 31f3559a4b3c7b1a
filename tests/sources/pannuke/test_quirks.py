"""Quirks of PanNuke, each under its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.raw.files import RawFile
from hf_medseg.sources.pannuke.folds import MOST_PACKED, count_of
from tests.support.harness import PHANTOMS, pixels, run


def test_a_pixel_that_two_classes_claim_is_lost_in_neither(tmp_path: Path) -> None:
    row = run("pannuke", "clean", tmp_path).row("fold1_0000")
    neoplastic, epithelial = (pixels(row[f"instances_{name}"]) for name in ("neoplastic", "epithelial"))
    both = (neoplastic > 0) & (epithelial > 0)
    assert both.any() and (pixels(row["mask"])[both] == 5).all() and (pixels(row["instances"])[both] == 3).all()
    assert set(np.unique(neoplastic)) == {0, 3, 8}


def test_what_a_fold_lacks_is_said(tmp_path: Path) -> None:
    for variant, words in (
        ("no_masks", "masks/fold3/masks.npy is missing"),
        ("five_channels", "columns x 6 expected, 3 x 64 x 64 x 5 found"),
    ):
        phantom = PHANTOMS["pannuke"].make(tmp_path / variant, variant)
        with pytest.raises(Refused, match=words):
            convert("pannuke", phantom.raw, tmp_path / f"out {variant}", workers=1)


def test_a_large_array_inside_an_archive_is_not_taken_into_memory() -> None:
    inside = RawFile("fold_1.zip/Fold 1/masks/fold1/masks.npy", MOST_PACKED + 1, None)
    with pytest.raises(Refused, match="Unpack the archive and give its folder"):
        count_of(inside, 6)
