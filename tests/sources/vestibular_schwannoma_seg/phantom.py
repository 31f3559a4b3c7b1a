"""Vestibular-Schwannoma-SEG: MRI with RTSTRUCT whose structures are called as each planner liked."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {name: LAYOUTS[name] for name in ("clean", "idc")}

MADE = Made(("Vestibular-Schwannoma-SEG", "vestibular_schwannoma_seg"), ("tumor", "cochlea"), "RTSTRUCT", modality="MR")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    volumes = [
        Volume("VS-SEG-001", {"TV": "tumor", "Cochlea": "cochlea", "Vol 2y": ""}, series="t1"),
        Volume("VS-SEG-001", {"TV": "tumor", "Cochlea": "cochlea", "Vol 2y": ""}, series="t2"),
        Volume("VS-SEG-002", {"tv": "tumor", "Cochlea_c": "cochlea", "Men": ""}),
        Volume("VS-SEG-063", {"Men": "tumor"}),
    ]
    return MADE.phantom(folder, variant, volumes)
