"""NSCLC-Radiomics: planning CT with an RTSTRUCT; SEG copies of it lie beside."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "noncommercial"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

CLASSES = ("lungs", "lung_left", "lung_right", "heart", "esophagus", "spinal_cord", "tumor")
MADE = Made(("NSCLC-Radiomics", "nsclc_radiomics"), CLASSES, "RTSTRUCT")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    organs = {"Lung-Left": "lung_left", "Lung-Right": "lung_right", "Esophagus": "esophagus", "Spinal-Cord": "spinal_cord"}
    volumes = [
        Volume("LUNG1-001", {"GTV-1": "tumor", **organs}, others=["Segmentation", "3d_fullres-tta_nnU-Net_Segmentation"]),
        Volume("LUNG1-002", {"gtv_supraclav": "tumor", "GTV-1": "tumor", "Lungs-Total": "lungs", "Heart": "heart"}),
    ]
    return MADE.phantom(folder, variant, volumes)
