"""PSMA-PET-CT-Lesions: a PET with the SEG of its lesions, and one whose SEG is empty."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

MADE = Made(("PSMA-PET-CT-Lesions", "psma_pet_ct_lesions"), ("lesion",), "SEG", modality="PT")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    volumes = [
        Volume("PSMA_0179419e313f7d8c", {"Lesion": "lesion"}, description="Segmentation - Tumor lesions detected"),
        Volume(
            "PSMA_fdbb9f2fc3b6ba1b",
            {"Lesion": "lesion"},
            places={"Lesion": (5, 5, 5, 5)},
            description="Segmentation - No tumor lesions detected",
        ),
        Volume("PSMA_0179419e313f7d8c", {}, series="not attenuation corrected"),
    ]
    return MADE.phantom(folder, variant, volumes)
