"""NSCLC Radiogenomics: a tumor's SEG whose segment is called after the drawing program's template; programs' SEG beside it."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

MADE = Made(("NSCLC Radiogenomics", "nsclc_radiogenomics"), ("tumor",), "SEG")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    volumes = [
        Volume("R01-001", {"Heart": "tumor"}, description="3D Slicer segmentation result", others=["AIMI lung and nodule AI segmentation"]),
        Volume("R01-001", {}, series="thick", others=["AIMI lung and FDG tumor radiologist 1 corrected segmentation"]),
        Volume("AMC-001", {"Tissue": "tumor"}, description="ePAD Generated DSO Nov-11-2214"),
    ]
    return MADE.phantom(folder, variant, volumes)
