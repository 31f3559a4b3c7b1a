"""BraTioUS: NIfTI of two axes (x, y) with affines that mean nothing; masks of 0 and 1, one with a third axis of length 1."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, disc, grey

VARIANTS: dict[str, str] = {
    "clean": "the two folders",
    "zips": "the two archives as downloaded",
    "missing_mask": "one picture has no mask",
    "missing_picture": "one mask has no picture",
    "white": "one mask holds 255",
    "turned": "one mask lies on its side",
    "frames": "one picture holds two frames",
    "fractions": "one mask was resized",
}

_NAMES = ["BT_0001_1", "BT_0001_2", "BT_0107_1"]
_ODD, _HEIGHT, _WIDTH = "BT_0001_2", 18, 26


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "raw"
    phantom = Phantom(raw=raw, rows=[])
    for place, name in enumerate(_NAMES):
        odd = name == _ODD
        image, tumor = grey(f"bratious {name}", _HEIGHT, _WIDTH), disc(_HEIGHT, _WIDTH, 7, 9 + place, 4).astype(np.uint8)
        mask: Array = tumor.T
        if place == 2 or (odd and variant == "clean"):
            mask = mask[..., np.newaxis]
        if odd and variant in ("white", "turned", "fractions"):
            mask = {"white": mask * np.uint8(255), "turned": mask.T, "fractions": mask * np.float32(0.4)}[variant]
        picture: Array = np.stack([image.T, image.T], axis=2) if odd and variant == "frames" else image.T
        if not (odd and variant == "missing_picture"):
            _save(raw / f"imagesBraTioUS-public-dataset/{name}.nii.gz", picture, np.diag([-1.0, -1.0, 1.0, 1.0]))
        if not (odd and variant == "missing_mask"):
            _save(raw / f"labelsBraTioUS-public-dataset/{name}.nii.gz", mask, np.eye(4))
        if odd and variant not in ("clean", "zips"):
            side = "images" if variant in ("missing_picture", "frames") else "labels"
            phantom.rejected.append(f"{side}BraTioUS-public-dataset/{name}.nii.gz")
            continue
        columns = {"rescale_slope": 1.0, "rescale_intercept": 0.0}
        phantom.rows.append(Row(name, image, tumor, f"imagesBraTioUS-public-dataset/{name}.nii.gz", columns=columns))
    if variant == "zips":
        phantom.raw = folder / "download"
        as_zip(raw, phantom.raw / "ioUS-BraTioUS-dataset.zip", only=["images"])
        as_zip(raw, phantom.raw / "tumor-segmentation-BraTioUS-dataset.zip", only=["labels"])
    return phantom


def _save(path: Path, array: Array, affine: Array) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(np.ascontiguousarray(array), affine), path)  # type: ignore[no-untyped-call]
