"""Pediatric-CT-SEG: RTSTRUCT with names cut at 16 characters; skin and bones hold what is inside."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

CLASSES = (
    "adrenal_left",
    "adrenal_right",
    "bladder",
    "breast_left",
    "breast_right",
    "duodenum",
    "esophagus",
    "femoral_head_left",
    "femoral_head_right",
    "gall_bladder",
    "gonads",
    "heart",
    "kidney_left",
    "kidney_right",
    "large_intestine",
    "liver",
    "lung_left",
    "lung_right",
    "pancreas",
    "prostate",
    "rectum",
    "small_intestine",
    "spinal_canal",
    "spleen",
    "stomach",
    "thymus",
    "uterus_and_cervix",
    "skin",
    "bones",
)

MADE = Made(("Pediatric-CT-SEG", "pediatric_ct_seg"), CLASSES, "RTSTRUCT", paint=("skin", "bones"))


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    first = {"Liver": "liver", "Lt Adrenal": "adrenal_left", "Femoral Head Lef": "femoral_head_left", "Skin": "skin", "Bones": "bones"}
    second = {"Adrenal Left": "adrenal_left", "Femoral Head Rig": "femoral_head_right", "UteroCervix": "uterus_and_cervix", "BODY": ""}
    inside = {"Skin": (0, 28, 0, 24), "BODY": (0, 28, 0, 24), "Bones": (3, 22, 3, 20)}
    volumes = [Volume("Pediatric-CT-SEG-00DCF4D6", first, places=inside), Volume("Pediatric-CT-SEG-FD1B2AC2", second, places=inside)]
    return MADE.phantom(folder, variant, volumes)
