"""DeepLIIF: DeepLIIF_<split>_Set/<tissue>*.png, six panels of 512 x 512 side by side, the last one coloured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, disc, save

VARIANTS: dict[str, str] = {
    "clean": "three sets; colours that are not quite pure",
    "zips": "the archives as downloaded",
    "no_segmentation": "one picture repeats its IHC panel six times",
    "one_panel": "one picture is a single panel",
}

_PICTURES = [("Training", "Lung_1", "train"), ("Validation", "Lung_1", "validation"), ("Testing", "Bladder_7", "test")]
_ODD = "Bladder_7"
_S = 512
# Middle, radius, colour and class: borders first, the nuclei within them over them.
_NUCLEI = [
    ((100, 90), 30, (0, 255, 0), 3),
    ((100, 90), 26, (0, 0, 253), 1),
    ((300, 320), 40, (0, 255, 0), 3),
    ((300, 320), 35, (218, 0, 0), 2),
]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "raw"
    phantom = Phantom(raw=raw, rows=[])
    for number, (name, stem, split) in enumerate(_PICTURES):
        odd = stem == _ODD
        panels = [np.full((_S, _S, 3), (200 - 20 * k - number, 90 + k, 210), np.uint8) for k in range(5)]
        panels[0][::7, ::5] = (10, 250, 3)
        drawn, mask = np.zeros((_S, _S, 3), np.uint8), np.zeros((_S, _S), np.uint8)
        for (row, column), radius, colour, index in _NUCLEI:
            inside = disc(_S, _S, row, column, radius)
            drawn[inside], mask[inside] = colour, index
        drawn[0, 0] = (0, 0, 7)
        if odd and variant == "no_segmentation":
            panels = [panels[0]] * 5
            drawn = panels[0]
        path = f"DeepLIIF_{name}_Set/{stem}.png"
        save(raw / path, panels[0] if odd and variant == "one_panel" else np.concatenate([*panels, drawn], axis=1), compress_level=1)
        if odd and variant in ("no_segmentation", "one_panel"):
            phantom.rejected.append(path)
            continue
        names = ("image_hematoxylin", "image_dapi", "image_lap2", "image_marker")
        columns = {**dict(zip(names, panels[1:], strict=True)), "tissue": stem.partition("_")[0].lower()}
        phantom.rows.append(Row(f"{split}_{stem}", panels[0], mask, path, split, columns=columns))
    if variant == "zips":
        for name, _, _ in _PICTURES:
            as_zip(raw, folder / "download" / f"DeepLIIF_{name}_Set.zip", only=[f"DeepLIIF_{name}_Set"])
        phantom.raw = folder / "download"
    return phantom
