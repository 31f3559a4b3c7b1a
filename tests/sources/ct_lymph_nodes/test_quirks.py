"""CT Lymph Nodes, one test a quirk."""

from __future__ import annotations

from pathlib import Path

from tests.support.harness import run


def test_nodes_that_are_segments_of_their_own_are_kept_apart(tmp_path: Path) -> None:
    found = run("ct-lymph-nodes", "clean", tmp_path, configs=["volumes"])
    names = {row["patient_id"]: row["mask_names"] for row in found.rows("volumes")}
    assert names == {"ABD_LYMPH_001": ["Lymph node 1", "Lymph node 2"], "MED_LYMPH_090": ["Lymph Node"]}
