"""What a row looks like: its picture made for the eye, and its mask over it in colours."""

from __future__ import annotations

import colorsys
import io
import itertools
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hf_medseg.dataset.arrays import give_back, values_of
from hf_medseg.dataset.storage import read_group
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import MissingExtra
from hf_medseg.formats.nifti import voxels_of
from hf_medseg.formats.shrunk import shrunk
from hf_medseg.masks.labels import LabelMap
from hf_medseg.preview.choose import Shown

Array = NDArray[Any]
Size = tuple[int, int]
# Colours that differ from each other, and from skin, fundus, tissue stains and grey.
_COLOURS = (
    (0, 229, 255),
    (255, 214, 0),
    (255, 64, 160),
    (0, 230, 118),
    (140, 90, 255),
    (255, 145, 0),
    (41, 121, 255),
    (255, 40, 40),
    (190, 240, 60),
    (255, 175, 205),
    (0, 150, 136),
    (200, 130, 70),
)
_FILL, _OUTLINE = 105, 235  # alpha of a structure and of its edge
_GREY = (150, 150, 150)


@dataclass(frozen=True)
class Seen:
    """What a row shows, large pictures made smaller.

    Attributes:
        pixels: 8-bit grey or RGB, made for the eye; None if they cannot be decoded.
        labels: the label map on their grid.
    """

    pixels: Array | None
    labels: LabelMap | None


def read_shown(rows: Sequence[Shown]) -> Iterator[tuple[Shown, Seen]]:
    """Reads the pictures of chosen rows, in their order; holds one row group at a time."""
    for (path, group), some in itertools.groupby(rows, lambda row: (row.path, row.group)):
        wanted = list(some)
        table = read_group(path, group, lambda _: ["image", "mask"])
        for row in wanted:
            cells = values_of(table, row.place)
            if row is wanted[-1]:
                size = table.nbytes
                del table  # a large picture would be in memory twice while it is looked at
                give_back(size)
            yield row, see(cells["image"], cells["mask"])


def see(image: Mapping[str, Any], mask: Mapping[str, Any] | None) -> Seen:
    """Decodes the image and mask cells of a row; of a volume one slice: that with most structure, else the middle one."""
    try:
        if not is_volume(image["bytes"]):
            pixels, labels = shrunk(image["bytes"]), None if mask is None else shrunk(mask["bytes"], labels=True)
        else:
            labels, k = (None, None) if mask is None else _most_marked(samples(mask["bytes"]))
            pixels = samples(image["bytes"])
            pixels = pixels[len(pixels) // 2 if k is None else k].copy()  # the others are let go
        if labels is not None and (labels.dtype != np.uint8 or labels.shape != pixels.shape[:2]):
            return Seen(None, None)
        return Seen(for_display(pixels), labels)
    except MissingExtra:
        raise
    except Exception:  # whatever a decoder raises
        # Pixels that are passed through are not decoded by a conversion; `verify` names what cannot be.
        return Seen(None, None)


def _most_marked(labels: LabelMap) -> tuple[LabelMap, int]:
    """The slice of a label map with most structure, the middle one where none has any, and its number."""
    marked = [int(np.count_nonzero((one > 0) & (one < NOT_ANNOTATED))) for one in labels]
    k = marked.index(max(marked)) if any(marked) else len(labels) // 2
    return labels[k].copy(), k


def is_volume(data: bytes) -> bool:
    """Whether a cell holds a volume and no picture."""
    return data.startswith(b"\x1f\x8b")


def samples(data: bytes) -> Array:
    """The samples of an image or mask cell as stored: (height, width), (height, width, 3), or (slices, height, width) of a volume."""
    if is_volume(data):
        return voxels_of(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data)) as picture:
            return np.asarray(picture)


def for_display(pixels: Array) -> Array:
    """8-bit pixels for the eye: 8-bit ones as they are, all others windowed between their percentiles 0.5 and 99.5."""
    if pixels.dtype == np.uint8:
        return pixels
    finite = np.isfinite(pixels)
    if not finite.any():
        return np.zeros(pixels.shape, np.uint8)
    low, high = (float(value) for value in np.percentile(pixels[finite], (0.5, 99.5)))
    if low >= high:  # nearly all pixels are equal: then the few others are what there is to see
        low, high = float(pixels[finite].min()), float(pixels[finite].max())
    scaled = (np.where(finite, pixels, low).astype(np.float64) - low) / ((high - low) or 1.0)
    return np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)


def colour_of(index: int) -> tuple[int, int, int]:
    """The colour of a class; 255 is grey."""
    if index == NOT_ANNOTATED:
        return _GREY
    if index <= len(_COLOURS):
        return _COLOURS[index - 1]
    # Golden ratio steps around the colour circle keep neighbours apart.
    red, green, blue = colorsys.hsv_to_rgb(index * 0.618033988749895 % 1, 0.55 + 0.45 * (index % 2), 1.0)
    return round(red * 255), round(green * 255), round(blue * 255)


def overlay(seen: Seen, side: int) -> Image.Image:
    """The picture, with its mask in colours if it has one.

    Args:
        seen: the picture.
        side: longest side of the result; small pictures grow by whole factors.

    Returns:
        an RGB image: structures filled with half transparent colours and outlined, pixels not annotated hatched in grey.
    """
    if seen.pixels is None:
        return _undecodable(side)
    size = _fit(seen.pixels.shape[1], seen.pixels.shape[0], side)
    smooth = Image.Resampling.NEAREST if size[0] >= seen.pixels.shape[1] else Image.Resampling.LANCZOS
    whole = Image.fromarray(seen.pixels)
    whole = whole if whole.mode == "L" else whole.convert("RGB")  # of a large grey one no copy in colours
    picture = whole.resize(size, smooth, reducing_gap=1.0).convert("RGB")
    if seen.labels is None:
        return picture
    labels = np.asarray(Image.fromarray(seen.labels).resize(size, Image.Resampling.NEAREST))
    lines = _painted(np.where(_edges(labels), labels, 0), _OUTLINE)
    # Shrunk by areas, so that a thin vessel fades instead of falling through the raster.
    layer = _painted(seen.labels, _FILL).resize(size, Image.Resampling.BOX)
    holes = labels == NOT_ANNOTATED
    if holes.any():
        hatched = np.array(lines)
        hatched[holes] = (*_GREY, 90)
        y, x = np.indices(labels.shape)
        hatched[holes & ((x + y) // 3 % 3 == 0)] = (*_GREY, 230)
        lines = Image.fromarray(hatched)
    picture = Image.alpha_composite(picture.convert("RGBA"), layer)
    return Image.alpha_composite(picture, lines).convert("RGB")


def _painted(labels: LabelMap, alpha: int) -> Image.Image:
    """Every class in its colour, RGBA."""
    painted = Image.fromarray(labels)
    painted.putpalette(_colours(alpha).tobytes(), "RGBA")
    return painted.convert("RGBA")


@cache
def _colours(alpha: int) -> Array:
    """(256, 4) uint8: RGBA of every class; background and 255 are clear."""
    found = np.zeros((256, 4), np.uint8)
    for index in range(1, NOT_ANNOTATED):
        found[index] = (*colour_of(index), alpha)
    return found


def _edges(labels: LabelMap) -> NDArray[np.bool_]:
    """Pixels of a structure that touch another value."""
    found = np.zeros(labels.shape, bool)
    for one, other in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        differ = labels[one] != labels[other]
        found[one] |= differ
        found[other] |= differ
    return found & (labels > 0) & (labels < NOT_ANNOTATED)


def _fit(width: int, height: int, side: int) -> Size:
    longest = max(width, height)
    if longest <= side:
        return width * (side // longest), height * (side // longest)
    return max(1, round(width * side / longest)), max(1, round(height * side / longest))


def _undecodable(side: int) -> Image.Image:
    picture = Image.new("RGB", (side, side), _GREY)
    ImageDraw.Draw(picture).text((side // 2, side // 2), "cannot be decoded", "black", ImageFont.load_default(side // 14), "mm")
    return picture
