"""Made-up pictures of many kinds that look like medical ones and are of no known set: what the license gate must let pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.float64]

SIDE = 96  # pixels; hashes look at 9 x 8 cells


def radiograph(lot: np.random.Generator, x: Field, y: Field) -> Field:
    """Two dark lungs in a bright body, with soft shadows of chance places and sizes."""
    shift, width = lot.uniform(-0.1, 0.1), lot.uniform(0.25, 0.4)
    lungs = sum(
        np.exp(-(((x - side * lot.uniform(0.35, 0.5) - shift) / width) ** 2) - ((y / lot.uniform(0.5, 0.8)) ** 2)) for side in (-1, 1)
    )
    return 1 - np.abs(x) ** 3 - lungs * lot.uniform(0.5, 0.9) + shadows(lot, x, y, 4, 0.3)


def shadows(lot: np.random.Generator, x: Field, y: Field, number: int = 5, depth: float = 1.5) -> Field:
    """Soft shadows alone."""
    centres, widths, depths = lot.uniform(-0.7, 0.7, (2, number)), lot.uniform(0.1, 0.8, (2, number)), lot.uniform(-depth, depth, number)
    each = zip(depths, *centres, *widths, strict=True)
    picture: Field = sum((d * np.exp(-(((x - cx) / sx) ** 2) - ((y - cy) / sy) ** 2) for d, cx, cy, sx, sy in each), np.zeros(x.shape))
    return picture


def microscopy(lot: np.random.Generator, x: Field, y: Field) -> Field:
    """Dark discs on a bright ground."""
    picture = lot.normal(0.9, 0.02, x.shape)
    for cx, cy, size in lot.uniform((-1, -1, 0.03), (1, 1, 0.2), (20, 3)):
        picture -= 0.4 * (np.hypot(x - cx, y - cy) < size)
    return picture


def fundus(lot: np.random.Generator, x: Field, y: Field) -> Field:
    """A bright disc on black with an optic disc at one side, a dark macula and vessels that start at the disc."""
    side, height, radius = lot.choice((-1, 1)), lot.uniform(-0.1, 0.1), lot.uniform(0.85, 1.05)
    picture = 0.5 - 0.2 * np.hypot(x - lot.uniform(-0.3, 0.3), y - lot.uniform(-0.3, 0.3))
    picture += 0.4 * np.exp(-((np.hypot(x - side * lot.uniform(0.35, 0.6), y - height) / 0.15) ** 2))
    picture -= 0.2 * np.exp(-((np.hypot(x + side * 0.1, y - height) / 0.2) ** 2))
    for bend in lot.uniform(-1.5, 1.5, 6):
        picture -= 0.1 * (np.abs(y - height - bend * (side * 0.5 - x) ** 2) < 0.02)
    return np.where(np.hypot(x, y) < radius, picture, 0)


def brain(lot: np.random.Generator, x: Field, y: Field) -> Field:
    """An ellipse with a bright rim on black, two dark ventricles, perhaps a bright lesion."""
    wide, high, turn = lot.uniform(0.5, 0.75), lot.uniform(0.7, 0.9), lot.uniform(-0.15, 0.15)
    u, v = (x * np.cos(turn) + y * np.sin(turn)) / wide, (y * np.cos(turn) - x * np.sin(turn)) / high
    reach = np.hypot(u, v)
    picture = np.where(reach < 0.9, 0.5 + 0.1 * shadows(lot, x, y, 5), 0.9 * (reach < 1))
    for side in (-1, 1):
        picture = picture - 0.35 * np.exp(-(((u - side * 0.15) / 0.1) ** 2) - ((v / lot.uniform(0.15, 0.4)) ** 2))
    drawn: Field = picture + lot.uniform(0, 0.5) * np.exp(-((np.hypot(u - lot.uniform(-0.5, 0.5), v - lot.uniform(-0.5, 0.5)) / 0.15) ** 2))
    return drawn


def polyp(lot: np.random.Generator, x: Field, y: Field) -> Field:
    """A lit mucosa with folds in a dark frame, a bump with a highlight, a dark lumen."""
    picture = 0.6 + 0.3 * shadows(lot, x, y, 6)
    cx, cy, size = lot.uniform(-0.5, 0.5), lot.uniform(-0.5, 0.5), lot.uniform(0.15, 0.5)
    picture = picture + 0.3 * (np.hypot(x - cx, y - cy) < size) + 0.5 * np.exp(-((np.hypot(x - cx, y - cy) / 0.05) ** 2))
    picture = picture - 0.6 * np.exp(-((np.hypot(x - lot.uniform(-0.8, 0.8), y - lot.uniform(-0.8, 0.8)) / 0.4) ** 2))
    return np.where(np.abs(x) + np.abs(y) < lot.uniform(1.5, 1.9), picture, 0)


def ultrasound(lot: np.random.Generator, x: Field, y: Field) -> Field:
    """Layers that fade with depth, speckle, a dark lesion with a bright shadow below it."""
    picture = np.exp(-lot.uniform(0.3, 1) * (y + 1)) + 0.2 * np.cos(lot.uniform(4, 12) * (y + 0.2 * shadows(lot, x, y, 3)))
    cx, cy, wide = lot.uniform(-0.5, 0.5), lot.uniform(-0.4, 0.4), lot.uniform(0.15, 0.4)
    reach = np.hypot((x - cx) / wide, (y - cy) / (wide * lot.uniform(0.5, 1)))
    return np.clip(picture, 0.05, None) * np.where(reach < 1, 0.2, 1) * lot.gamma(4, 0.25, x.shape)


def lesion(lot: np.random.Generator, x: Field, y: Field) -> Field:
    """A dark blob on skin that is all but one shade, perhaps in the dark corners of a dermatoscope."""
    cx, cy, size = *lot.uniform(-0.25, 0.25, 2), lot.uniform(0.2, 0.7)
    edge = size * (1 + 0.2 * np.cos(lot.integers(2, 6) * np.arctan2(y - cy, x - cx) + lot.uniform(0, 6)))
    skin: Field = 0.8 + 0.1 * lot.normal() * x + 0.1 * lot.normal() * y
    picture = skin - lot.uniform(0.2, 0.6) / (1 + np.exp((np.hypot(x - cx, y - cy) - edge) / 0.04))
    return np.where(np.hypot(x, y) < lot.uniform(1.05, 1.6), picture, 0.05)


def even(lot: np.random.Generator, x: Field, y: Field) -> Field:
    """All but one shade, brighter to one side, with a few faint ellipses and noise of several scales."""
    picture: Field = lot.normal() * x + lot.normal() * y + lot.normal() * np.hypot(x, y)
    for cx, cy, size in lot.uniform((-1, -1, 0.1), (1, 1, 0.8), (3, 3)):
        picture = picture + lot.normal(0, 0.3) * (np.hypot((x - cx) / size, (y - cy) / (size * lot.uniform(0.4, 1))) < 1)
    return picture + lot.uniform(0, 0.3) * lot.normal(0, 1, x.shape) + lot.uniform(0, 0.5) * shadows(lot, x, y, 8, 1)


def vessels(lot: np.random.Generator, x: Field, y: Field) -> Field:
    """Dark vessels that bend across a disc on black, a bright spot in the disc or none: nothing but what fundi share."""
    picture = 0.7 - 0.3 * np.hypot(x, y) ** 2 + lot.uniform(0, 0.3) * np.exp(-((np.hypot(x - lot.uniform(-0.4, 0.4), y) / 0.15) ** 2))
    for _ in range(8):
        turn, bend, away = lot.uniform(0, np.pi), lot.uniform(-0.8, 0.8), lot.uniform(-0.6, 0.6)
        u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        picture = picture - 0.25 * np.exp(-(((v - away - bend * u**2) / lot.uniform(0.01, 0.04)) ** 2))
    return np.where(np.hypot(x, y) < lot.uniform(0.9, 1.0), picture, 0)


KINDS: dict[str, Callable[[np.random.Generator, Field, Field], Field]] = {
    "radiographs": radiograph,
    "shadows": shadows,
    "microscopy": microscopy,
    "fundus": fundus,
    "brains": brain,
    "polyps": polyp,
    "ultrasound": ultrasound,
    "lesions": lesion,
    "even": even,
    "vessels": vessels,
}


def strangers(kind: str, number: int, state: int) -> Iterator[NDArray[np.uint8]]:
    """So many pictures of a kind as (96, 96) grey levels, others for each state."""
    lot = np.random.default_rng((state, list(KINDS).index(kind)))
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    for _ in range(number):
        drawn = KINDS[kind](lot, x, y)
        yield ((drawn - drawn.min()) / np.ptp(drawn) * 255).astype(np.uint8)
