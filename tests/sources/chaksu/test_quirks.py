"""Chákṣu: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.errors import Refused
from tests.support.harness import run


def test_folders_of_experts_by_another_name_are_refused_with_what_was_expected_and_found(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"expected at Train/.*/Expert 1/Bosch/Disc/NAME.tif .*; found is .*Doctor 1/"):
        run("chaksu", "experts_elsewhere", tmp_path)


def test_an_outline_without_its_photograph_is_not_lost_in_silence(tmp_path: Path) -> None:
    (rejected, *_) = run("chaksu", "outline_astray", tmp_path).conversion.rejected
    assert "Train/1.0_Original_Fundus_Images/Bosch/nobody.jpg, which belongs to it, is missing" in rejected["expected"]


def test_a_decision_that_nobody_declared_is_said_by_its_word(tmp_path: Path) -> None:
    (rejected, *_) = run("chaksu", "decision_unknown", tmp_path).conversion.rejected
    assert "MAYBE" in rejected["expected"]
