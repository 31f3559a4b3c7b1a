"""Fake photographs of a retina in the layout of CHASE_DB1, drawn so that a picture of them shows what they stand for."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.support.kit import Array, rng, save, save_jpeg

HEIGHT, WIDTH = 384, 400
EYES = tuple(f"{child:02}{eye}" for child in (1, 2, 3, 4) for eye in "LR")

_FINE = 2  # lines are drawn so many times as large, and made smaller
_THINNEST = 1.1  # pixels
_OVERLOOKED = 1.7  # what is thinner the second observer does not draw


class Vessel(NamedTuple):
    """A stretch of a vessel: from where to where, in pixels, and how wide it is."""

    start: tuple[float, float]
    end: tuple[float, float]
    width: float


def write(folder: Path) -> None:
    """Writes the pictures, each with the vessels of two observers."""
    for eye in EYES:
        tree = vessels(eye)
        save_jpeg(folder / f"Image_{eye}.jpg", photograph(eye, tree), quality=92)
        save(folder / f"Image_{eye}_1stHO.png", drawn(tree) >= 128)
        save(folder / f"Image_{eye}_2ndHO.png", drawn([v._replace(width=v.width * 1.2) for v in tree if v.width >= _OVERLOOKED]) >= 128)


def vessels(eye: str) -> list[Vessel]:
    """The vessels of an eye: four arcades that leave the optic disc, an artery and a vein each, and their branches."""
    chance = rng(f"retina {eye}")
    tree: list[Vessel] = []
    for up in (-1, 1):
        for side in (-1, 1):
            for kind in (0, 1):
                angle = math.atan2(up, side * 0.8) + chance.normal(0, 0.12) + kind * 0.22
                towards = -up * side * 0.011  # arcades bend around the macula
                _grow(tree, optic_disc(eye), angle, 5.2 - kind, towards, chance)
    return tree


def _grow(tree: list[Vessel], at: tuple[float, float], angle: float, width: float, bend: float, chance: np.random.Generator) -> None:
    """Lets a vessel grow until it is too thin or leaves the retina; it branches on the way."""
    since = 0
    while width > _THINNEST and math.hypot(at[0] - WIDTH / 2, at[1] - HEIGHT / 2) < _radius() + 6:
        angle += bend + chance.normal(0, 0.07)
        there = (at[0] + 5 * math.cos(angle), at[1] + 5 * math.sin(angle))
        tree.append(Vessel(at, there, width))
        at, since, width = there, since + 1, width * 0.986
        if since > 5 and chance.random() < 0.16:
            turn = chance.choice((-1, 1)) * chance.uniform(0.45, 0.9)
            _grow(tree, at, angle + turn, width * chance.uniform(0.5, 0.75), bend / 2, chance)
            angle, width, since = angle - turn / 4, width * 0.93, 0


def optic_disc(eye: str) -> tuple[float, float]:
    """Where the vessels come from: on the side of the nose, which is the right one in a picture of the right eye."""
    return WIDTH * (0.58 if eye.endswith("R") else 0.42), HEIGHT * 0.5


def drawn(tree: list[Vessel]) -> Array:
    """How much of each pixel is vessel, (height, width), uint8."""
    sheet = Image.new("L", (WIDTH * _FINE, HEIGHT * _FINE))
    draw = ImageDraw.Draw(sheet)
    for start, end, width in tree:
        thick = width * _FINE
        draw.line([(x * _FINE, y * _FINE) for x, y in (start, end)], 255, round(thick))
        x, y = (value * _FINE for value in end)
        draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), 255)
    return np.asarray(sheet.reduce(_FINE)) * inside()


def inside() -> Array:
    """Where the camera shows the retina, (height, width), 0 or 1."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return ((x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2 <= _radius() ** 2).astype(np.uint8)


def photograph(eye: str, tree: list[Vessel]) -> Array:
    """The picture, (height, width, 3), uint8: the glow of the retina, optic disc, macula, vessels, and the noise of a camera."""
    chance = rng(f"camera {eye}")
    light = 1.05 - 0.45 * (_away(WIDTH / 2, HEIGHT / 2) / _radius()) ** 2
    clouds = Image.fromarray(chance.integers(0, 256, (12, 12)).astype(np.uint8)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    light += (np.asarray(clouds) / 255 - 0.5) * 0.16
    colour = light[..., None] * np.array([205, 92, 44.0])
    x, y = optic_disc(eye)
    macula = _soft(_away(2 * (WIDTH / 2 - x) * 1.9 + x, y + 8), 30, 14)
    colour *= 1 - 0.32 * macula[..., None]
    disc = _soft(_away(x, y), 21, 4)[..., None]
    colour = colour * (1 - disc) + np.array([250, 205, 130.0]) * disc
    lines = Image.fromarray(drawn(tree)).filter(ImageFilter.GaussianBlur(0.7))
    blood = np.asarray(lines)[..., None] / 255
    colour *= 1 - blood * np.array([0.38, 0.55, 0.45])
    colour += chance.normal(0, 3, colour.shape)
    return (np.clip(colour, 0, 255) * inside()[..., None]).astype(np.uint8)


def _radius() -> float:
    return HEIGHT * 0.485


def _away(x: float, y: float) -> Array:
    """How far each pixel is from a point."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.hypot(columns - x, rows - y)


def _soft(away: Array, radius: float, edge: float) -> Array:
    """1 inside a circle, 0 outside, with a soft edge."""
    return 1 / (1 + np.exp((away - radius) / edge * 2))
