"""TRUSTED: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_kidney_whose_name_does_not_say_the_patient_is_rejected_in_words(tmp_path: Path) -> None:
    (rejected,) = run("trusted", "no_number", tmp_path, configs=[]).conversion.rejected
    assert "left does not begin with the number of a patient" in rejected["expected"]
