"""Mediastinal-Lymph-Node-SEG: one CT annotated in full and one in part, as the SeriesDescription of the SEG says."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

MADE = Made(("Mediastinal-Lymph-Node-SEG", "mediastinal_lymph_node_seg"), ("lymph_node",), "SEG")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    node = {"Mediastinal lymph node": "lymph_node"}
    volumes = [
        Volume("case_0002", node, description="Fully Annotated"),
        Volume("case_0005", node, description="Partially Annotated", partial=True),
    ]
    return MADE.phantom(folder, variant, volumes)
