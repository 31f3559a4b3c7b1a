"""Spine-Mets-CT-SEG: a CT and a SEG of its vertebrae a patient; PatientIDs are bare numbers."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

CLASSES = (*(f"C{n}" for n in range(1, 8)), *(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 6)), "S1")
MADE = Made(("Spine-Mets-CT-SEG", "spine_mets_ct_seg"), CLASSES, "SEG", description="Spine Segmentation")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    volumes = [
        Volume("10250", {"L1 vertebra": "L1", "T12 vertebra": "T12", "C7": "C7"}),
        Volume("15110", {"S1": "S1", "L5": "L5"}),
    ]
    return MADE.phantom(folder, variant, volumes)
