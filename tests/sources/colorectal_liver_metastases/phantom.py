"""Colorectal-Liver-Metastases: a CT and the expert's SEG, with a program's SEG of the same liver beside it."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {**{name: LAYOUTS[name] for name in ("clean", "idc")}, "two_acquisitions": "two acquisitions in one series"}

MADE = Made(("Colorectal-Liver-Metastases", "colorectal_liver_metastases"), ("liver", "hepatic_vein", "portal_vein", "tumor"), "SEG")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    words = {
        "Liver": "liver",
        "Liver Remnant": "",
        "Hepatic": "hepatic_vein",
        "Portal": "portal_vein",
        "Tumor_1": "tumor",
        "Tumor_2": "tumor",
    }
    programs = ("AIMI liver-tumor AI segmentation", "AIMI liver-tumor radiologist 7 corrected segmentation")
    volume = Volume("CRLM-CT-1001", words, others=programs, places={"Liver": (1, 27, 1, 23)}, second=variant == "two_acquisitions")
    return MADE.phantom(folder, variant, [volume, Volume("CRLM-CT-1198", {"Tumor_1": "tumor", "Liver": "liver"})])
