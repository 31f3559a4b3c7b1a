"""CAMUS: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.harness import run


@pytest.mark.parametrize(("variant", "words"), [("no_list", "patient0001 is in 0 of the lists"), ("two_lists", "patient0001 is in 2")])
def test_a_patient_without_one_split_is_rejected_with_these_words(variant: str, words: str, tmp_path: Path) -> None:
    rejected = run("camus", variant, tmp_path).conversion.rejected
    assert len(rejected) == 4
    assert all(one["expected"].startswith(words) for one in rejected)


def test_the_end_of_systole_can_come_first(tmp_path: Path) -> None:
    converted = run("camus", "clean", tmp_path)
    assert [converted.row(f"patient0001_2CH_{phase}")["frame"] for phase in ("ED", "ES")] == [18, 1]
