"""PROSTATEx: many series a patient; zones on one T2, a program's mask of the gland beside."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

MADE = Made(
    ("PROSTATEx", "prostatex"), ("peripheral_zone", "transition_zone", "anterior_fibromuscular_stroma", "urethra"), "SEG", modality="MR"
)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    words = {
        "Peripheral zone of prostate": "peripheral_zone",
        "Transition zone of prostate": "transition_zone",
        "Anterior fibromuscular stroma of prostate": "anterior_fibromuscular_stroma",
        "Urethra": "urethra",
    }
    volumes = [
        Volume("ProstateX-0000", words, others=["AIMI Prostate Segmentation"]),
        Volume("ProstateX-0000", {}, series="adc"),
        Volume("ProstateX-0001", dict(reversed(words.items()))),
    ]
    return MADE.phantom(folder, variant, volumes)
