"""Quirks of Datumaro, one by one."""

from __future__ import annotations

from pathlib import Path

from hf_medseg.conversion.own import own_fits
from hf_medseg.raw.tree import open_raw_tree
from tests.support.harness import PHANTOMS


def test_it_is_not_taken_for_coco_which_has_categories_too(tmp_path: Path) -> None:
    phantom = PHANTOMS["datumaro"].make(tmp_path)
    assert [one.source.id for one in own_fits(open_raw_tree(phantom.raw, tmp_path))] == ["datumaro"]
