"""CT Lymph Nodes: a CT of the mediastinum or the abdomen with its nodes."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

MADE = Made(("CT Lymph Nodes", "ct_lymph_nodes"), ("lymph_node",), "SEG", description="Lymph node segmentations")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    volumes = [
        Volume("ABD_LYMPH_001", {"Lymph node 1": "lymph_node", "Lymph node 2": "lymph_node"}),
        Volume("MED_LYMPH_090", {"Lymph Node": "lymph_node"}),
    ]
    return MADE.phantom(folder, variant, volumes)
