"""STS-2D-Tooth: {A,C}-PXI/Labeled/{Image,Mask}/<name>.png with masks of one bit, Unlabeled/Image, and volumes beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, disc, grey, save, write

VARIANTS: dict[str, str] = {
    "clean": "adults and children, with masks and without, beside volumes",
    "zip": "the joined archive",
    "missing_mask": "one picture has no mask",
    "missing_picture": "one mask has no picture",
    "greys": "one mask was saved again with soft edges",
    "turned": "one mask lies on its side",
}

_LABELED = [("A", "1"), ("A", "2"), ("C", "1")]  # a name is used for an adult and for a child
_GROUPS = {"A": "adult", "C": "child"}
_ODD = ("A", "2")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "SD-Tooth"
    phantom = Phantom(raw=raw, rows=[])
    for place, (group, name) in enumerate(_LABELED):
        odd = (group, name) == _ODD
        image, teeth = grey(f"sts {group} {name}", 20, 36), disc(20, 36, 10, 8, 4) | disc(20, 36, 10, 20 + 3 * place, 4)
        stored: Array = teeth  # one bit
        if odd and variant == "greys":
            stored = teeth * np.uint8(255)
            stored[0, :3] = 90
        if odd and variant == "turned":
            stored = teeth.T
        top = f"STS-2D-Tooth/{group}-PXI/Labeled"
        if not (odd and variant == "missing_picture"):
            save(raw / top / f"Image/{name}.png", image)
        if not (odd and variant == "missing_mask"):
            save(raw / top / f"Mask/{name}.png", stored)
        if odd and variant not in ("clean", "zip"):
            phantom.rejected.append(f"{group}-PXI/Labeled/{'Image' if variant == 'missing_picture' else 'Mask'}/{name}.png")
            continue
        age = _GROUPS[group]
        path = f"{group}-PXI/Labeled/Image/{name}.png"
        phantom.rows.append(Row(f"{age}_{name}", image, teeth.astype(np.uint8), path, columns={"age_group": age}))
    image = grey("sts unlabeled", 20, 36)
    save(raw / "STS-2D-Tooth/C-PXI/Unlabeled/Image/1.png", image)
    path = "C-PXI/Unlabeled/Image/1.png"
    phantom.rows.append(Row("child_unlabeled_1", image, None, path, "unlabeled", columns={"age_group": "child"}))
    write(raw / "STS-3D-Tooth/ROI/Labeled/Image/1.nii.gz", b"not read")
    phantom.not_used = ["STS-3D-Tooth/ROI/Labeled/Image/1.nii.gz"]
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "SD-Tooth.zip", top="SD-Tooth/")
    return phantom
