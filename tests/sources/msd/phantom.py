"""Medical Segmentation Decathlon: imagesTr/, labelsTr/ and imagesTs/ of one task, packed with what macOS leaves beside every file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_tar, disc, natural, rng, write
from tests.support.nifti import SECRETS, Scan, axial, stored, turned, write_nifti

TASKS = {
    "hippocampus": ("Task04_Hippocampus", ("hippocampus_001", "hippocampus_003", "hippocampus_160"), ("hippocampus_002",), 2, ()),
    "brain-tumour": ("Task01_BrainTumour", ("BRATS_001", "BRATS_484"), ("BRATS_485",), 3, ("t1", "t1gd", "t2")),
    "prostate": ("Task05_Prostate", ("prostate_00", "prostate_47"), ("prostate_03",), 2, ("adc",)),
    "colon": ("Task10_Colon", ("colon_001", "colon_030"), ("colon_002",), 1, ()),
    "spleen": ("Task09_Spleen", ("spleen_2", "spleen_10"), ("spleen_1",), 1, ()),
}
TIERS = dict.fromkeys(
    ("brain-tumour", "heart", "liver", "hippocampus", "prostate", "lung", "pancreas", "hepatic-vessel", "spleen", "colon"), "open"
)

VARIANTS: dict[str, str] = {
    "clean": "hippocampus: bytes, fractions and a float mask",
    "tar": "the same as the owner's tar",
    "brain-tumour": "four channels in one file",
    "prostate": "two channels in one file, another order of axes",
    "colon": "float images and masks",
    "spleen": "numbers without zeros before them",
    "label_missing": "a training case without its mask",
    "too_few_channels": "a file of three channels where there are four",
    "value_3": "a mask value that the task has not",
    "two_tasks": "two tasks side by side: refused, asking for the edition",
}

SPACING, ORIGIN, SHAPE = (1.0, 1.0, 1.0), (-7.0, 12.0, 3.0), (4, 12, 10)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes one task and says what must come out."""
    edition = {"clean": "hippocampus", "tar": "hippocampus", "label_missing": "hippocampus", "value_3": "hippocampus"}.get(variant, variant)
    edition = {"too_few_channels": "brain-tumour", "two_tasks": "hippocampus"}.get(edition, edition)
    tree = folder / "raw"
    promise = _task(tree, edition, variant)
    if variant == "tar":
        as_tar(tree, folder / "packed/Task04_Hippocampus.tar")
        promise.raw = folder / "packed"
    if variant == "two_tasks":
        _task(tree, "spleen", variant)
        return Phantom(tree, [], refused=True)
    return promise


def _task(tree: Path, edition: str, variant: str) -> Phantom:
    top, training, held, classes, more = TASKS[edition]
    rows: list[Row] = []
    volumes: list[Row] = []
    promise = Phantom(tree, rows, {"volumes": volumes}, edition, secrets=list(SECRETS), not_used=["dataset.json"])
    write(tree / top / "dataset.json", '{"name": "x", "licence": "CC-BY-SA 4.0"}')
    for number, name in enumerate((*training, *held)):
        split, mask = ("test", None) if name in held else ("train", _mask(classes))
        images = {part: _voxels(edition, number, f"{name} {part}") for part in ("", *more)}
        if variant == "too_few_channels" and number == 0:
            del images["t2"]
        code = "PSR" if edition == "prostate" else "RAS"
        voxels, affine = turned(axial(images[""]), SPACING, ORIGIN, code)
        if more:
            voxels = np.stack([turned(axial(one), SPACING, ORIGIN, code)[0] for one in images.values()], axis=-1)
        path = f"images{'Tr' if split == 'train' else 'Ts'}/{name}.nii.gz"
        write_nifti(tree / top / path, voxels, affine)
        write(tree / top / path.replace("/", "/._"), b"\0\5\26\7" + bytes(200))
        if mask is not None:
            raw = np.where(mask == 2, 3, mask) if variant == "value_3" and number == 0 else mask
            label = turned(axial(raw.astype(np.float32 if edition == "colon" or number == 1 else np.uint8)), SPACING, ORIGIN, code)[0]
            if not (variant == "label_missing" and number == 0):
                write_nifti(tree / top / f"labelsTr/{name}.nii.gz", label, affine)
        if variant in ("label_missing", "too_few_channels", "value_3") and number == 0:
            promise.rejected.append(name)
            continue
        pictures = {part: stored(one) for part, one in images.items()}
        columns: dict[str, Any] = {f"rescale_intercept_{part}": pictures[part][1] for part in more}
        scan = Scan(pictures[""][0], 1.0, pictures[""][1], SPACING, ORIGIN, {f"image_{part}": pictures[part][0] for part in more})
        rows += scan.slices(name, mask, path, split=split, patient_id=name, columns=columns)
        volumes.append(scan.volume(name, mask, path, split=split, patient_id=name, columns=columns))
    rows.sort(key=lambda row: natural(row.image_id))
    return promise


def _mask(classes: int) -> Array:
    """A label map, slices first, off the middle; the first slice is empty."""
    _, height, width = SHAPE
    mask = np.zeros(SHAPE, np.uint8)
    for index in range(1, classes + 1):
        mask[1:, disc(height, width, 4, 3, 4 - index)] = index
    return mask


def _voxels(edition: str, number: int, seed: str) -> Array:
    """A volume, slices first: bytes, fractions that 16 bits do not hold, or Hounsfield units."""
    noise = rng(seed)
    if edition in ("spleen", "brain-tumour"):
        return noise.integers(-1024, 3000, SHAPE).astype(np.int16)
    if edition == "hippocampus" and number != 1:
        return noise.integers(0, 256, SHAPE).astype(np.uint8)
    return (noise.random(SHAPE) * 1_700_000).astype(np.float32)
