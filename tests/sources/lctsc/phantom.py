"""LCTSC: a planning CT and an RTSTRUCT of five organs a patient; the split stands in the PatientID, names vary in case and joints."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {**LAYOUTS, "refused_other": "another collection's patient: refused, its folders alone do not tell"}

CLASSES = ("lung_left", "lung_right", "esophagus", "heart", "spinal_cord")
MADE = Made(("LCTSC", "lctsc"), CLASSES, "RTSTRUCT")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    if variant == "refused_other":
        other = MADE.phantom(folder, "tcia_utils", [Volume("OTHER-001", {"Heart": "heart"})])
        return Phantom(other.raw, [], refused=True)
    train = dict(zip(("Lung_L", "Lung_R", "Esophagus", "Heart", "SpinalCord"), CLASSES, strict=True))
    test = dict(zip(("LUNG-L", "Lung R", "esophagus", "Heart", "Spinal_cord"), CLASSES, strict=True))
    volumes = [Volume("LCTSC-Train-S1-001", train), Volume("LCTSC-Test-S2-201", test, split="test")]
    return MADE.phantom(folder, variant, volumes)
