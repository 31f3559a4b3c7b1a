"""HRF: three groups of photographs, vessels and fields of view, in archives without a folder inside, or in images/, manual1/, mask/."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, colour, disc, save, save_jpeg

VARIANTS: dict[str, str] = {
    "clean": "the tree of all.zip: images/, manual1/, mask/",
    "zips": "nine archives without a folder inside, as downloaded",
    "no_views": "without the archives of the fields of view",
    "three_channels": "fields of view saved with three equal channels",
    "missing_mask": "one photograph has no vessels",
    "soft_mask": "one vessel mask shrunk and smoothed: values between",
}

_GROUPS = {"h": "healthy", "dr": "diabetic_retinopathy", "g": "glaucoma"}
_NUMBERS = {"h": ["01", "15"], "dr": ["01"], "g": ["07"]}
_ODD = "01_dr"


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "hrf"
    phantom = Phantom(raw=raw, rows=[])
    for group, numbers in _NUMBERS.items():
        name = _GROUPS[group]
        images, manuals, views = (
            (f"{name}", f"{name}_manualsegm", f"{name}_fovmask") if variant == "zips" else ("images", "manual1", "mask")
        )
        for number in numbers:
            stem = f"{number}_{group}"
            suffix = ".JPG" if group == "dr" else ".jpg"
            image = save_jpeg(raw / images / f"{stem}{suffix}", colour(f"hrf {stem}", 24, 36))
            vessel, view = disc(24, 36, 12, 18, 3), disc(24, 36, 12, 18, 11)
            stored = vessel.astype(np.uint8) * np.uint8(255)
            if stem == _ODD and variant == "soft_mask":
                stored[0, 0] = 90
            if not (stem == _ODD and variant == "missing_mask"):
                save(raw / manuals / f"{stem}.tif", stored)
            if variant != "no_views":
                white = view.astype(np.uint8) * np.uint8(255)
                save(raw / views / f"{stem}_mask.tif", np.stack([white] * 3, axis=2) if variant == "three_channels" else white)
            if stem == _ODD and variant in ("missing_mask", "soft_mask"):
                phantom.rejected.append(f"{stem}.JPG" if variant == "missing_mask" else f"{stem}.tif")
                continue
            columns = {"label": name, "fov_mask": None if variant == "no_views" else view.astype(np.uint8)}
            source_file = f"{stem}{suffix}"
            phantom.rows.append(Row(stem, image, vessel.astype(np.uint8), source_file, columns=columns))
    if variant == "zips":
        for child in sorted(raw.iterdir()):
            as_zip(child, raw / f"{child.name}.zip")
            shutil.rmtree(child)
    return phantom
