"""Centroids of vertebrae: their place in voxels of the stored order of axes becomes a place in space."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.formats.volume import image_grid
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.labels import Shape
from hf_medseg.raw.files import RawFile, Reader

_OPPOSITE = {"L": "R", "R": "L", "P": "A", "A": "P", "S": "I", "I": "S"}


@dataclass(frozen=True, slots=True)
class Centroids(Cell):
    """A list of {label, x, y, z}: LPS, mm. A slice has those that lie nearest to it.

    Attributes:
        file: a JSON list: where the axes X, Y and Z increase to, then a record of each vertebra.
        names: what each label is called.
    """

    file: RawFile
    names: Mapping[int, str]

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def values(self, reader: Reader, shape: Shape) -> list[list[dict[str, Any]]]:
        """See `Cell.values`.

        Raises:
            Rejected: it is no such list, or says an axis or a label that does not exist, or a place outside the image.
        """
        grid = image_grid(reader)
        if grid is None or grid.affine is None or grid.orientation is None:
            raise Rejected(self.file.path, "its image does not say how it lies in space, so that its places mean nothing.")
        try:
            (first, *others) = json.loads(reader.read(self.file))
            axes = [str(letter) for letter in first["direction"]]
            found = [(int(one["label"]), [float(one[axis]) for axis in "XYZ"]) for one in others]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise Rejected(self.file.path, f"this is no list of centroids ({error}).") from error
        if sorted(min(letter, _OPPOSITE.get(letter, "?")) for letter in axes) != ["A", "I", "L"]:
            raise Rejected(self.file.path, f"its axes are {', '.join(axes)}; three of L or R, P or A, S or I expected.")
        sizes = shape[::-1]  # columns, rows, slices
        slices: list[list[dict[str, Any]]] = [[] for _ in range(shape[0])]
        for label, place in found:
            if label not in self.names:
                raise Rejected(self.file.path, f"it has a centroid of label {label}, which is no vertebra.")
            index = np.zeros(3)
            for letter, value in zip(axes, place, strict=True):
                same = letter in grid.orientation
                axis = grid.orientation.index(letter if same else _OPPOSITE[letter])
                index[axis] = value if same else sizes[axis] - 1 - value
            if not all(-1 <= one <= size for one, size in zip(index, sizes, strict=True)):
                raise Rejected(self.file.path, f"its centroid of {self.names[label]} lies outside the image.")
            x, y, z = (grid.affine @ [*index, 1.0])[:3].tolist()
            nearest = min(max(int(np.rint(index[2])), 0), shape[0] - 1)
            slices[nearest].append({"label": self.names[label], "x": x, "y": y, "z": z})
        return slices
