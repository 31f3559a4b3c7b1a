"""Pancreas-CT: a CT and a SEG of one segment a patient; folders of the collection tell it, `PANCREAS_0001` alone is anybody's."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

MADE = Made(("Pancreas-CT", "pancreas_ct"), ("pancreas",), "SEG", description="Segmentation of pancreas")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    volumes = [Volume("PANCREAS_0001", {"Pancreas": "pancreas"}), Volume("PANCREAS_0082", {"Pancreas": "pancreas"})]
    return MADE.phantom(folder, variant, volumes)
