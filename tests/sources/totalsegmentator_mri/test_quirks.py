"""TotalSegmentator MRI: what the phantoms' promises do not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.errors import Refused
from tests.support.harness import run


def test_without_the_folder_of_a_version_the_user_is_asked_which_it_is(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"fits several editions \(v2, v3\). Say which with --edition NAME"):
        run("totalsegmentator-mri", "version_untold", tmp_path, configs=[])


def test_a_tree_unpacked_over_the_ct_set_is_refused_by_the_file_that_shows_it(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"ct\.nii"):
        run("totalsegmentator-mri", "ct_beside", tmp_path, configs=[])


def test_scans_that_nobody_may_have_looked_at_say_so(tmp_path: Path) -> None:
    converted = run("totalsegmentator-mri", "v2", tmp_path, configs=[])
    found = {row["volume_id"]: len(row["annotated_classes"]) for row in converted.rows()}
    assert found == {"s0011": 50, "s0026": 0}
