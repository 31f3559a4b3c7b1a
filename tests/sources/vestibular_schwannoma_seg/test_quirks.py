"""Vestibular-Schwannoma-SEG, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_one_name_means_something_else_in_two_patients(tmp_path: Path) -> None:
    found = run("vestibular-schwannoma-seg", "clean", tmp_path, configs=["volumes"])
    names = found.names("annotated_classes", "volumes")
    said = {row["patient_id"]: (row["mask_names"], [names[one] for one in row["annotated_classes"]]) for row in found.rows("volumes")}
    assert said["VS-SEG-063"] == (["Men"], ["tumor"])
    assert said["VS-SEG-002"] == (["tv", "Cochlea_c", "Men"], ["tumor", "cochlea"])


def test_outlines_of_other_times_are_kept_without_a_class_and_without_a_word(tmp_path: Path) -> None:
    found = run("vestibular-schwannoma-seg", "clean", tmp_path, configs=["volumes"])
    (names,) = {tuple(row["mask_names"]) for row in found.rows("volumes") if row["patient_id"] == "VS-SEG-001"}
    assert names == ("TV", "Cochlea", "Vol 2y")
    assert not found.section("volumes")["known"]
