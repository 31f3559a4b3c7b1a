"""Adrenal-ACC-Ki67-Seg, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from pydicom import dcmread

from tests.support.harness import run


def test_a_segment_whose_number_stands_in_the_shared_groups_alone_is_read(tmp_path: Path) -> None:
    found = run("adrenal-acc-ki67-seg", "clean", tmp_path)
    for path in found.phantom.raw.rglob("*SEG*/*.dcm"):
        seg = dcmread(path)
        assert "SegmentIdentificationSequence" in seg.SharedFunctionalGroupsSequence[0]
        assert not any("SegmentIdentificationSequence" in group for group in seg.PerFrameFunctionalGroupsSequence)
    assert sum(1 in row["classes"] for row in found.rows()) == 2


def test_a_ct_without_a_mask_is_no_row(tmp_path: Path) -> None:
    found = run("adrenal-acc-ki67-seg", "clean", tmp_path)
    assert {(row["patient_id"], row["num_slices"]) for row in found.rows()} == {("Adrenal_Ki67_Seg_001", 3), ("Adrenal_Ki67_Seg_053", 3)}
    assert len(found.rows()) == 6
