"""HC18: training_set/<stem>.png with <stem>_Annotation.png (an outline), test_set/<stem>.png, two tables."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, grey, save, write

VARIANTS: dict[str, str] = {
    "clean": "training set, test set and both tables",
    "zips": "training_set.zip and test_set.zip as downloaded, beside the tables",
    "no_tables": "pictures alone",
    "training_only": "without the test set",
    "missing_outline": "one picture has no annotation",
    "filled": "one annotation is the filled copy that circulates: RGB",
    "wrong_table": "the table gives one head another circumference",
}

# stem, (height, width), centre (row, column), half axes (along columns before turning, along rows), degrees, pixel size in mm
_HEADS: list[tuple[str, tuple[int, int], tuple[float, float], tuple[float, float], float, float]] = [
    ("000_HC", (90, 120), (44.0, 60.0), (40.0, 28.0), 20.0, 0.069135804),
    ("010_HC", (90, 120), (40.0, 55.0), (36.0, 30.0), -35.0, 0.15),
    ("010_2HC", (84, 110), (41.0, 52.0), (37.0, 29.0), 5.0, 0.15),
    ("186_HC", (90, 120), (30.0, 60.0), (50.0, 38.0), 0.0, 0.2),  # cut by the upper border: open
]
_ODD = "010_2HC"


def _radii(size: tuple[int, int], centre: tuple[float, float], axes: tuple[float, float], degrees: float) -> Array:
    y, x = np.mgrid[: size[0], : size[1]].astype(float)
    y, x, angle = y - centre[0], x - centre[1], math.radians(degrees)
    along, across = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    return np.asarray(np.hypot(along / axes[0], across / axes[1]))


def _circumference(axes: tuple[float, float]) -> float:
    """By summing a fine polygon: not the formula of the package."""
    turn = np.linspace(0, 2 * np.pi, 100_001)
    return float(np.hypot(np.diff(axes[0] * np.cos(turn)), np.diff(axes[1] * np.sin(turn))).sum())


def _filled(outline: Array) -> Array:
    """Inside of the ellipse with the least algebraic distance to the outline's pixels, by Fitzgibbon's own 6 x 6 problem."""

    def terms(x: Array, y: Array) -> Array:
        return np.stack([x * x, x * y, y * y, x, y, np.ones_like(x)], -1)

    middle = np.array(outline.shape) / 2
    rows, columns = np.nonzero(outline)
    design = terms((columns - middle[1]) / 50, (rows - middle[0]) / 50)
    constraint = np.zeros((6, 6))
    constraint[0, 2] = constraint[2, 0] = 2
    constraint[1, 1] = -1
    values, vectors = np.linalg.eig(np.linalg.inv(design.T @ design) @ constraint)
    conic = np.real(vectors[:, int(np.argmax(np.real(values)))])
    y, x = np.mgrid[: outline.shape[0], : outline.shape[1]]
    height = terms((x - middle[1]) / 50, (y - middle[0]) / 50) @ conic
    return np.asarray(height * np.sign(conic[0]) <= 0)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "HC18"
    phantom = Phantom(raw=raw, rows=[])
    lines = ["filename,pixel size(mm),head circumference (mm)"]
    for stem, size, centre, axes, degrees, spacing in _HEADS:
        odd = stem == _ODD
        image, radii = grey(f"hc18 {stem}", *size), _radii(size, centre, axes, degrees)
        save(raw / "training_set" / f"{stem}.png", image)
        outline = np.abs(radii - 1) * min(axes) <= 1.6
        annotation = raw / "training_set" / f"{stem}_Annotation.png"
        if variant == "filled" and odd:
            save(annotation, np.repeat((radii <= 1)[..., None], 3, axis=2).astype(np.uint8) * np.uint8(255))
        elif not (variant == "missing_outline" and odd):
            save(annotation, outline.astype(np.uint8) * np.uint8(255))
        millimetres = _circumference(axes) * spacing
        stated = millimetres * 1.1 if variant == "wrong_table" and odd else millimetres
        lines.append(f"{stem}.png,{spacing},{stated:.2f}")
        if odd and variant in ("filled", "missing_outline", "wrong_table"):
            phantom.rejected.append(f"{stem}_Annotation.png")
            continue
        known = variant != "no_tables"
        columns = {"pixel_spacing": [spacing, spacing] if known else None, "head_circumference": round(millimetres, 2) if known else None}
        truth = _filled(outline).astype(np.uint8)
        phantom.rows.append(
            Row(f"train_{stem}", image, truth, f"training_set/{stem}.png", "train", patient_id=f"train_{stem[:3]}", columns=columns)
        )
    if variant != "training_only":
        for stem, spacing in (("000_HC", 0.23585714045), ("001_HC", 0.0679729758082)):
            image = grey(f"hc18 test {stem}", 60, 80)
            save(raw / "test_set" / f"{stem}.png", image)
            columns = {"pixel_spacing": [spacing, spacing] if variant != "no_tables" else None, "head_circumference": None}
            phantom.rows.append(
                Row(f"test_{stem}", image, None, f"test_set/{stem}.png", "test", patient_id=f"test_{stem[:3]}", columns=columns)
            )
        if variant != "no_tables":
            write(raw / "test_set_pixel_size.csv", "filename,pixel size(mm)\n000_HC.png,0.23585714045\n001_HC.png,0.0679729758082\n")
    if variant != "no_tables":
        write(raw / "training_set_pixel_size_and_HC.csv", "\n".join(lines) + "\n")
    if variant == "zips":
        packed = folder / "download"
        for name in ("training_set", "test_set"):
            as_zip(raw, packed / f"{name}.zip", only=[name])
        for path in raw.glob("*.csv"):
            write(packed / path.name, path.read_bytes())
        phantom.raw = packed
    return phantom
