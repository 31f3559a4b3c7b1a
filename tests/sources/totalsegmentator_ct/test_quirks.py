"""TotalSegmentator CT: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import pixels, run


def test_the_higher_class_wins_and_both_are_kept_by_themselves(tmp_path: Path) -> None:
    converted = run("totalsegmentator-ct", "clean", tmp_path, configs=[])
    row = converted.row("s0011_0001")
    names = converted.names("classes")
    liver, heart = names.index("liver"), names.index("heart")
    assert (len(names), liver, heart, row["mask_overlap"]) == (118, 5, 51, True)
    assert pixels(row["mask"])[3, 2] == heart
    assert pixels(row["masks"][liver - 1])[3, 2] == pixels(row["masks"][heart - 1])[3, 2] == 1


def test_a_scan_without_the_file_of_a_structure_is_rejected_by_its_name(tmp_path: Path) -> None:
    (rejected, *_) = run("totalsegmentator-ct", "structure_missing", tmp_path, configs=[]).conversion.rejected
    assert rejected["expected"].startswith("s0011/segmentations/brain.nii.gz, which belongs to it, is missing")


def test_a_scan_without_a_split_is_rejected_with_these_words(tmp_path: Path) -> None:
    (rejected, *_) = run("totalsegmentator-ct", "no_line", tmp_path, configs=[]).conversion.rejected
    assert rejected["expected"].startswith("meta.csv says no split of s0011")
