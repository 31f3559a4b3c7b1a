"""FDG-PET-CT-Lesions: a PET with the SEG of its lesions, and one whose SEG is empty."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

MADE = Made(("FDG-PET-CT-Lesions", "fdg_pet_ct_lesions"), ("lesion",), "SEG", modality="PT")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    volumes = [
        Volume("PETCT_0011f3deaf", {"Lesion": "lesion"}),
        Volume("PETCT_ffffa50bd2", {"Lesion": "lesion"}, places={"Lesion": (5, 5, 5, 5)}),
        Volume("PETCT_0011f3deaf", {}, series="not attenuation corrected"),
    ]
    return MADE.phantom(folder, variant, volumes)
