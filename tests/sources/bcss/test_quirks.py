"""Quirks of BCSS, each under its name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hf_medseg.catalog.lookup import find_source
from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.support.harness import PHANTOMS, pixels, run


def test_what_nobody_looked_at_is_255_and_never_background(tmp_path: Path) -> None:
    for row in run("bcss", "clean", tmp_path).rows():
        mask = pixels(row["mask"])
        assert np.count_nonzero(mask == 255) > 0 and not np.count_nonzero(mask == 0)
        assert row["classes"] == list(range(1, 21))


def test_a_table_with_other_codes_is_refused_in_its_own_words(tmp_path: Path) -> None:
    phantom = PHANTOMS["bcss"].make(tmp_path / "raw", "other_codes")
    with pytest.raises(Refused, match="other has the code 0, which other masks have for outside_roi"):
        convert("bcss", phantom.raw, tmp_path / "out", workers=1)


def test_the_owners_table_has_the_codes_of_this_reading(real: Callable[[str], Path], tmp_path: Path) -> None:
    phantom = PHANTOMS["bcss"].make(tmp_path / "raw")
    shutil.copy(real("bcss") / "meta" / "gtruth_codes.tsv", phantom.raw / "meta" / "gtruth_codes.tsv")
    assert convert("bcss", phantom.raw, tmp_path / "out", workers=1).rows == 3
    lines = (real("bcss") / "meta" / "gtruth_codes.tsv").read_text().split("\n")[1:]
    assert [line.split("\t")[0] for line in lines if line and line.split("\t")[1] not in "07"] == list(
        find_source("bcss").editions[0].classes
    )
