"""An outline drawn as a thin ellipse, closed or cut by the border of the picture: the ellipse that fits it, drawn filled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected
from hf_medseg.masks.labels import LabelMap, Labels, Pixels, Shape
from hf_medseg.raw.files import RawFile, Reader

_WIDE = 8.0  # pixels: more than half the width of any published outline
_OTHER_COPY = "Fetch the owner's file; a copy with filled annotations circulates."


@dataclass(frozen=True)
class Ellipse:
    """An ellipse in pixels: its centre (x, y), its half axes, and their directions as the columns of a matrix."""

    centre: NDArray[np.float64]
    axes: NDArray[np.float64]
    directions: NDArray[np.float64]

    def radii(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far out points (n, 2) lie: 1 on the ellipse, less inside."""
        return np.asarray(np.hypot(*(((points - self.centre) @ self.directions) / self.axes).T))

    @property
    def circumference(self) -> float:
        """Ramanujan's second approximation, in pixels (https://doi.org/10.1007/978-1-4612-0965-3_16, exact to 1e-7 for round heads)."""
        a, b = self.axes
        h = ((a - b) / (a + b)) ** 2
        return float(math.pi * (a + b) * (1 + 3 * h / (10 + math.sqrt(4 - 3 * h))))


def fit(points: NDArray[np.float64]) -> Ellipse | None:
    """The ellipse with the least algebraic distance to points (n, 2); None where they lie on none.

    Method: Halir and Flusser, Numerically stable direct least squares fitting of ellipses, 1998.
    """
    centre = points.mean(axis=0)
    scale = float(points.std(axis=0).max()) or 1.0
    x, y = ((points - centre) / scale).T
    quadratic, linear = np.stack([x * x, x * y, y * y], 1), np.stack([x, y, np.ones_like(x)], 1)
    try:
        lower = -np.linalg.solve(linear.T @ linear, linear.T @ quadratic)
        scatter = quadratic.T @ quadratic + quadratic.T @ linear @ lower
        _, vectors = np.linalg.eig(np.stack([scatter[2] / 2, -scatter[1], scatter[0] / 2]))
    except np.linalg.LinAlgError:
        return None
    vectors = np.real(vectors)
    elliptic = 4 * vectors[0] * vectors[2] - vectors[1] ** 2 > 0
    if not elliptic.any():
        return None
    upper = vectors[:, int(np.argmax(elliptic))]
    (a, b, c), (d, e, f) = upper, lower @ upper
    middle = np.array([2 * c * d - b * e, 2 * a * e - b * d]) / (b * b - 4 * a * c)
    values, directions = np.linalg.eigh(np.array([[a, b / 2], [b / 2, c]]))
    squares = -(f + (d * middle[0] + e * middle[1]) / 2) / values
    if not (squares > 0).all():
        return None
    return Ellipse(middle * scale + centre, np.sqrt(squares) * scale, directions)


@dataclass(frozen=True)
class FilledOutline(Labels):
    """Class 1 where a pixel's centre lies inside the ellipse that fits the outline.

    Attributes:
        pixels: the outline, 255 on 0.
        circumference: what a table says, in pixels; None where none does.
        tolerance: by how much the fitted ellipse's may differ from it, in pixels.
    """

    pixels: Pixels
    circumference: float | None = None
    tolerance: float = 1.0

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.pixels.files()

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        path = self.files()[0].path
        array = self.pixels.array(reader)
        if array.ndim != 3 or not set(np.unique(array)) <= {0, 255}:
            raise Rejected(path, "a grey picture of 0 and 255 expected, with the head's outline in 255.", _OTHER_COPY)
        outline = np.argwhere(array[0] > 0)[:, ::-1].astype(np.float64)
        ellipse = fit(outline) if len(outline) > 5 else None
        if ellipse is None or (np.abs(ellipse.radii(outline) - 1) * ellipse.axes.min() > _WIDE).any():
            raise Rejected(path, "a thin ellipse expected; what is drawn here is none.", _OTHER_COPY)
        found = ellipse.circumference
        if self.circumference is not None and abs(found - self.circumference) > self.tolerance:
            raise Rejected(
                path,
                f"its outline is {found:.1f} pixels round; by the owner's table it is {self.circumference:.1f}.",
                "Fetch the owner's files, the table and the annotation.",
            )
        height, width = array.shape[1:]
        grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).reshape(-1, 2).astype(np.float64)
        return np.asarray((ellipse.radii(grid) <= 1).reshape(1, height, width).astype(np.uint8))
