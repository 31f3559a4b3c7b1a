"""C4KC-KiTS, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_segment_of_an_unknown_name_rejects_its_images_and_is_quoted(tmp_path: Path) -> None:
    found = run("c4kc-kits", "strange", tmp_path, configs=["volumes"])
    (rejected,) = found.conversion.rejected
    assert "is called 'Cyst'; structures of this collection are called Kidney" in rejected["expected"]
    assert {row["patient_id"] for row in found.rows("volumes")} == {"KiTS-00000", "KiTS-00001"}


def test_series_without_a_mask_are_no_rows(tmp_path: Path) -> None:
    found = run("c4kc-kits", "clean", tmp_path, configs=["volumes"])
    assert len(found.rows("volumes")) == 2
    assert {note["reason"] for note in found.section("volumes")["not_used"]} == {"images that no mask refers to (only_referenced)"}


def test_fewer_volumes_than_published_are_told(tmp_path: Path) -> None:
    found = run("c4kc-kits", "clean", tmp_path)
    assert {"what": "volumes", "split": "train", "published": 210, "found": 2} in found.section()["published"]
    assert "210 volumes published, 2 here" in (found.out / "README.md").read_text()
