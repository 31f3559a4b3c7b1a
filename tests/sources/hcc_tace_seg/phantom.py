"""HCC-TACE-Seg: several phases a patient, of which one has the expert's SEG; programs' SEG lie beside."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {**{name: LAYOUTS[name] for name in ("clean", "idc")}, "two_phases": "two phases in one series"}

MADE = Made(("HCC-TACE-Seg", "hcc_tace_seg"), ("liver", "tumor", "necrosis", "portal_vein", "abdominal_aorta"), "SEG")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    words = {"Liver": "liver", "Mass": "tumor", "Necrosis": "necrosis", "Portal vein": "portal_vein", "Abdominal aorta": "abdominal_aorta"}
    volumes = [
        Volume("HCC_001", words, others=["AIMI liver-tumor AI segmentation"], second=variant == "two_phases"),
        Volume("HCC_001", {}, series="arterial", others=["AIMI liver-tumor AI segmentation"]),
        Volume("HCC_105", {"Liver": "liver", "Mass": "tumor"}),
    ]
    return MADE.phantom(folder, variant, volumes)
