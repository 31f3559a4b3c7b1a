"""Spine-Mets-CT-SEG, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from hf_medseg.conversion.run import convert
from tests.sources.spine_mets_ct_seg.phantom import MADE
from tests.support.collection import Volume
from tests.support.harness import run


def test_a_vertebra_has_its_index_whatever_its_segment_is_called_and_numbered(tmp_path: Path) -> None:
    found = run("spine-mets-ct-seg", "clean", tmp_path, configs=["volumes"])
    said = {row["patient_id"]: (row["mask_names"], row["annotated_classes"]) for row in found.rows("volumes")}
    assert said == {"10250": (["L1 vertebra", "T12 vertebra", "C7"], [7, 19, 20]), "15110": (["S1", "L5"], [24, 25])}


def test_headers_alone_tell_it_where_the_user_names_it(tmp_path: Path) -> None:
    """No folder of the collection and no patient's folder is there."""
    phantom = MADE.phantom(tmp_path / "made", "tcia_utils", [Volume("10250", {"T1": "T1"})])
    done = convert("spine-mets-ct-seg", phantom.raw, tmp_path / "out", workers=1, configs=["volumes"])
    assert done.rows == 1 and not done.rejected
