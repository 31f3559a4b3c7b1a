"""QIN-PROSTATE-Repeatability: two studies of a patient, with a SEG for each of several MRI; segments are numbered as they come."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

CLASSES = ("prostate", "peripheral_zone", "normal_tissue", "lesion")
MADE = Made(("QIN-PROSTATE-Repeatability", "qin_prostate_repeatability"), CLASSES, "SEG", modality="MR")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    zone = "Peripheral zone of the prostate"
    everything = {"Prostate": "prostate", zone: "peripheral_zone", "Lesion": "lesion", "Normal": "normal_tissue"}
    volumes = [
        Volume("PCAMPMRI-00001", everything, series="t2", description="T2 Weighted Axial Segmentations"),
        Volume(
            "PCAMPMRI-00001",
            {"Normal": "normal_tissue", "prostate": "prostate"},
            series="adc",
            description="Apparent Diffusion Coefficient Segmentations",
        ),
        Volume("PCAMPMRI-00001", {}, series="localiser"),
    ]
    return MADE.phantom(folder, variant, volumes)
