"""ReMIND, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_a_seg_in_another_plane_costs_no_other_mask_of_its_series(tmp_path: Path) -> None:
    found = run("remind", "other_plane", tmp_path, configs=["volumes"])
    (rejected,) = found.conversion.rejected
    assert [rejected["image_id"]] == found.phantom.rejected
    assert len(found.rows("volumes")) == 2
