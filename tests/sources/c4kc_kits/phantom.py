"""C4KC-KiTS: a patient has up to three CT series, and one SEG, on the arterial one."""

from __future__ import annotations

from pathlib import Path

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {**{name: LAYOUTS[name] for name in ("clean", "idc")}, "strange": "a segment of a name that nobody has seen"}

MADE = Made(("C4KC-KiTS", "c4kc_kits"), ("kidney", "tumor"), "SEG")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    volumes = [
        Volume("KiTS-00000", {"Kidney": "kidney", "Tumor": "tumor"}),
        Volume("KiTS-00000", {}, series="noncontrast"),
        Volume("KiTS-00001", {"Kidney": "kidney", "Renal mass": "tumor"}),
    ]
    promise = MADE.phantom(folder, variant, volumes)
    if variant == "strange":
        lost = Made(MADE.names, MADE.classes, "SEG").phantom(folder, variant, [Volume("KiTS-00002", {"Kidney": "kidney", "Cyst": ""})])
        promise.rejected = [lost.rows[0].columns["volume_id"]]
    return promise
