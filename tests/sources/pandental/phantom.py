"""Panoramic X-rays: Images, Segmentation1 and Segmentation2; a mask is the X-ray, black outside the mandible."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, disc, grey, save

VARIANTS: dict[str, str] = {
    "clean": "three folders; one mandible has black pixels of its own",
    "zip": "DentalPanoramicXrays.zip, without a top folder",
    "one_expert": "one picture lacks the second expert's mask",
    "colours": "one mask was recoloured",
}
_ODD = "2"


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "raw"
    phantom = Phantom(raw=raw, rows=[])
    for name in ("1", "2", "10"):
        odd = name == _ODD
        image = np.maximum(grey(f"pandental {name}", 20, 36), 1)
        image[10, 18] = 0
        save(raw / f"Images/{name}.png", image)
        insides = [disc(20, 36, 10, 18, 6), disc(20, 36, 11, 17, 7)]
        for k, inside in enumerate(insides, 1):
            stored = image * inside
            if odd and variant == "colours" and k == 2:
                stored = np.stack([stored, stored // 2, stored], -1)
            if not (odd and variant == "one_expert" and k == 2):
                save(raw / f"Segmentation{k}/{name}.png", stored.astype(np.uint8))
        if odd and variant in ("one_expert", "colours"):
            phantom.rejected.append("Segmentation2/2.png")
            continue
        first, second = ((inside & (image > 0)).astype(np.uint8) for inside in insides)
        phantom.rows.append(Row(name, image, first, f"Images/{name}.png", columns={"mask_2": second}))
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "download" / "DentalPanoramicXrays.zip")
    return phantom
