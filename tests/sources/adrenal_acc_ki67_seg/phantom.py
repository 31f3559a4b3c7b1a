"""Adrenal-ACC-Ki67-Seg: several CT a patient, one with the SEG of its tumor."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

MADE = Made(("Adrenal-ACC-Ki67-Seg", "adrenal_acc_ki67_seg"), ("tumor",), "SEG")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    volumes = [
        Volume("Adrenal_Ki67_Seg_001", {"Adrenal tumor": "tumor"}),
        Volume("Adrenal_Ki67_Seg_001", {}, series="noncontrast"),
        Volume("Adrenal_Ki67_Seg_053", {"Neoplasm": "tumor"}),
    ]
    return MADE.phantom(folder, variant, volumes)
