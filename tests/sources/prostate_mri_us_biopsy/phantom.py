"""Prostate-MRI-US-Biopsy: a SEG of the gland and one for each target on one MRI; a program's SEG beside."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

MADE = Made(
    ("Prostate-MRI-US-Biopsy", "prostate_mri_us_biopsy"),
    ("prostate", "lesion"),
    "SEG",
    modality="MR",
    description="Segmentation of prostate",
)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    volumes = [
        Volume(
            "Prostate-MRI-US-Biopsy-0001", {"Prostate": "prostate", "Prostate lesion 1": "lesion"}, others=["AIMI Prostate Segmentation"]
        ),
        Volume("Prostate-MRI-US-Biopsy-0002", {"Prostate": "prostate"}),
        Volume("Prostate-MRI-US-Biopsy-0002", {}, series="diffusion"),
    ]
    return MADE.phantom(folder, variant, volumes)
