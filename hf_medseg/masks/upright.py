"""Turned pictures: an orientation tag tells viewers to turn a picture, and its mask may have been drawn on what they showed.

The stored grid is what a row holds. A mask that was drawn upright is turned back to it, exactly: samples change their places only.

Format: Exif 2.32, tag 274 (the eight values of TIFF 6.0).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.dataset.columns import Column, ListOf, PictureColumn, Record
from hf_medseg.dataset.table import Drawn
from hf_medseg.errors import Rejected
from hf_medseg.formats.orientation import orientation_of, turned_size
from hf_medseg.formats.picture import DOTTED_ENDINGS
from hf_medseg.formats.pixels import decode, encode_pixels
from hf_medseg.raw.files import RawFile, Reader

Array = NDArray[Any]

# Turns back as often as a value of the tag turns: 6 and 8 are each other's opposite, the others their own.
_BACK = {6: 8, 8: 6}
_ASK = (
    'Where the source takes an about file, say there masks = "upright" if they were drawn on the picture as viewers show it, or '
    'masks = "stored" if on its samples as stored. Else take the orientation tag out where the mask fits without it.'
)
_SEEN = {
    "stored": "an orientation tag turns the picture when it is shown; the sizes prove that its mask lies on the stored grid",
    "upright": "an orientation tag turns the picture when it is shown; the sizes prove that its mask was drawn on that: it was turned back",
}


def turned(samples: Array, orientation: int) -> Array:
    """Samples as a viewer shows them that obeys the orientation tag; (..., height, width)."""
    if orientation >= 5:
        samples = np.swapaxes(samples, -1, -2)
    if orientation in (2, 3, 6, 7):
        samples = samples[..., ::-1]
    if orientation in (3, 4, 7, 8):
        samples = samples[..., ::-1, :]
    return np.ascontiguousarray(samples)


def turned_back(samples: Array, orientation: int) -> Array:
    """What `turned` gives, from what it was given."""
    return turned(samples, _BACK.get(orientation, orientation))


class Turn:
    """How what stands beside a turned picture comes onto its stored grid: from its own tag to upright, from there to the picture's."""

    def __init__(self, size: tuple[int, int], own: int, picture: int) -> None:
        self.own, self.picture = own, picture
        self.upright = turned_size(size, picture)
        self.drawn = turned_size(self.upright, own)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(1, height, width) of the grid that it was drawn on."""
        return 1, self.drawn[1], self.drawn[0]

    def value(self, column: Column, value: Any, path: str) -> Any:
        """A value of a column on the stored grid: pictures, boxes and outlines are turned, whatever has no place stays."""
        if isinstance(column, PictureColumn) and isinstance(value, bytes):
            value = decode(value, path)
            value = value if value.ndim == 2 else np.moveaxis(value, -1, 0)
            value = self._samples(value)
            return encode_pixels(value if value.ndim == 2 else np.ascontiguousarray(np.moveaxis(value, 0, -1)))
        if isinstance(column, PictureColumn):
            return self._samples(value)
        if isinstance(column, ListOf) and isinstance(column.item, PictureColumn):
            return [self._samples(one) for one in value]
        if isinstance(column, ListOf) and isinstance(column.item, Record) and {"x", "y"} <= set(column.item.fields):
            return [self._box(one) if "width" in one else self._outline(one) for one in value]
        return value

    def _samples(self, samples: Array) -> Array:
        return turned_back(turned(samples, self.own), self.picture)

    def _points(self, x: Array, y: Array, least: float) -> tuple[Array, Array]:
        """Points from upright to stored; `least` is where the first sample begins: 0 for edges, -0.5 for centres at whole numbers."""
        (width, height), back = self.upright, _BACK.get(self.picture, self.picture)
        if back >= 5:
            x, y, width, height = y, x, height, width
        if back in (2, 3, 6, 7):
            x = width + 2 * least - x
        if back in (3, 4, 7, 8):
            y = height + 2 * least - y
        return x, y

    def _box(self, box: Mapping[str, Any]) -> dict[str, Any]:
        across, down = (np.array([box[at], box[at] + box[length]]) for at, length in (("x", "width"), ("y", "height")))
        x, y = self._points(across, down, 0.0)
        return {**box, "x": float(x.min()), "y": float(y.min()), "width": float(np.ptp(x)), "height": float(np.ptp(y))}

    def _outline(self, outline: Mapping[str, Any]) -> dict[str, Any]:
        x, y = self._points(np.array(outline["x"], np.float64), np.array(outline["y"], np.float64), -0.5)
        return {**outline, "x": x.tolist(), "y": y.tolist()}


def turn_of(
    files: tuple[RawFile, ...],
    reader: Reader,
    image: RawFile,
    orientation: int,
    size: tuple[int, int],
    drawn: Drawn,
    said: tuple[int, int] | None = None,
) -> Turn | None:
    """How something that belongs to a picture is turned, None where it lies on the stored grid.

    Args:
        files: what it is read from.
        reader: reads them.
        image: the picture's file.
        orientation: the value of its orientation tag, 1 where it has none.
        size: (width, height) of its stored grid.
        drawn: what is known of the set.
        said: (width, height) that it was drawn on, where its file says so and is no picture.

    Raises:
        Rejected: one of the two is turned when it is shown, and nothing says on which grid it was drawn.
    """
    masks = [file for file in files if file.path.lower().endswith(DOTTED_ENDINGS)]
    own = {orientation_of(reader.read(file)) for file in masks} or {1}
    if own == {orientation} or drawn == "stored":
        return None  # what is turned alike lies alike
    name = masks[0].path if masks else "what belongs to it"
    if len(own) > 1:
        raise Rejected(image.path, f"its masks are turned differently by their orientation tags ({name} is one of them).", _ASK)
    turn = Turn(size, own.pop(), orientation)
    if drawn == "upright":
        return turn
    sizes = [_size(reader.read(file)) for file in masks] or ([said] if said else [])
    proven: list[Drawn] = []
    if sizes and turn.drawn != size:
        on_both: tuple[tuple[Drawn, tuple[int, int]], ...] = (("stored", size), ("upright", turn.drawn))
        proven = [drawn for drawn, grid in on_both if all(one == grid for one in sizes)]
    if not proven:
        tag = f"{orientation}" if orientation > 1 else f"{turn.own}, of {name}"
        raise Rejected(
            image.path,
            f"an orientation tag ({tag}) turns it when it is shown, and nothing says whether {name} was drawn on what is shown or on the "
            "stored samples.",
            _ASK,
        )
    reader.note(image.path, _SEEN[proven[0]])
    return turn if proven[0] == "upright" else None


def _size(data: bytes) -> tuple[int, int]:
    """(width, height) of a picture's stored grid; nothing where it cannot be read."""
    with contextlib.suppress(Rejected):  # it is read, and rejected by name, elsewhere
        height, width = decode(data, "", indices=True).shape[:2]
        return width, height
    return 0, 0
