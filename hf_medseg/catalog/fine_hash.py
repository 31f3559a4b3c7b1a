"""Finer hashes of pictures: whether each of 12 x 12 cells is brighter than the one left of it, and than the one above it.

They tell a picture from others that look alike, such as fundi, and hold enough to tell a part of it: a picture that may have been cut is
laid where it would have been, and only the cells that it covers are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from hf_medseg.catalog.picture_hash import bits_set, grey_of

Floats: TypeAlias = NDArray[np.float32]
Box: TypeAlias = tuple[int, int, int, int]
Steps: TypeAlias = NDArray[np.int8]
Words: TypeAlias = NDArray[np.uint64]
Laid: TypeAlias = NDArray[np.uint8]
"""(35, 12, 12) mean greys of a picture as it may have been: laid in every place, then each of up to three boxes as the whole, or 0."""

_CELLS = 12
BITS = 2 * _CELLS * (_CELLS - 1)
_SQUARE = 64  # pixels, from which cells are made
_OVER = 0.15  # of a cell that a picture may leave uncovered
_GROUND = 12  # grey levels that a ground of one shade may differ by
_LEAST_PART = 0.05  # of the picture that lies on such a ground
_LEAST_SIDE = 12  # pixels of that part
_MOST_BOXES = 3

# So many steps must be told, and so many of them be the same: 1 is all, 0 half of them, as by chance, -1 none, as in the negative. Of
# pictures that look like others of their set (so much), or show little (so few bends), more must be the same: fundi of one camera are alike
# by 0.94, what only brightens to one side by 0.95 with any of its kind.
_LEAST_STEPS = 100
_CROWD, _PLAIN, _NOTHING = 0.8, 100, 60
_ALIKE_ALONE, _ALIKE_CROWDED = 0.9, 0.95
_AT_ONCE = 32  # pictures

# Where a picture may lie in the one that it was cut from: left, top, right and bottom, as parts of that. The first are tried flipped and
# turned too: the whole, and what was cut on all sides. Where more is cut on all sides, too few steps are left.
_CUTS, _SIDES, _ENDS = (0.03, 0.065, 0.1, 0.14, 0.165), (0.06, 0.12, 0.18), (0.06, 0.12, 0.18, 0.25, 0.5)
_TURNED = 1 + len(_CUTS)
_PLACES = (
    (0, 0, 1, 1),
    *((cut, cut, 1 - cut, 1 - cut) for cut in _CUTS),
    *(place for cut in _SIDES for place in ((cut, 0, 1 - cut, 1), (0, cut, 1, 1 - cut))),
    *(place for cut in _ENDS for place in ((cut, 0, 1, 1), (0, cut, 1, 1), (0, 0, 1 - cut, 1), (0, 0, 1, 1 - cut))),
)


def fine_hashes(picture: Image.Image) -> list[bytes]:
    """The hashes by which a picture is known: of its greys, of each colour, and of what lies on a ground of one shade."""
    grey = grey_of(picture)
    colours = picture.convert("RGB").split() if picture.mode not in ("L", "1") and picture.mode[0] not in "IF" else ()
    wholes = [grey, *colours, *(grey.crop(box) for box in without_ground(grey)[:1])]
    return list(dict.fromkeys(np.packbits(_flat(*_steps(_cells(whole))) > 0).tobytes() for whole in wholes))


def words_of(hashes: Sequence[bytes]) -> Words:
    """(hashes, 5): hashes as numbers, which are compared at once."""
    return _words(np.frombuffer(b"".join(hashes), np.uint8).reshape(len(hashes), -1))


def _words(packed: NDArray[np.uint8]) -> Words:
    """(..., 33) bytes as (..., 5) numbers."""
    room = np.zeros((*packed.shape[:-1], 8 * -(-packed.shape[-1] // 8)), np.uint8)
    room[..., : packed.shape[-1]] = packed
    return room.view(np.uint64)


def without_ground(grey: Image.Image) -> list[Box]:
    """Where a picture on a ground of one shade may end: at the ground on all sides, or on two; nothing where there is no ground."""
    ground = Image.new("L", grey.size, grey.getpixel((0, 0)))
    box = ImageChops.difference(grey, ground).point([255 * (apart > _GROUND) for apart in range(256)]).getbbox()
    if box is None:
        return []
    left, top, right, bottom = box
    boxes = dict.fromkeys((box, (0, top, grey.width, bottom), (left, 0, right, grey.height)))
    return [one for one in boxes if one != (0, 0, *grey.size)]


def laid(grey: Image.Image, boxes: Sequence[Box]) -> Laid:
    """A picture as it may have been; `boxes` are those of `without_ground`."""
    across, down, _ = _sides()
    looks = np.zeros((len(_PLACES) + _MOST_BOXES, _CELLS, _CELLS), np.uint8)
    looks[: len(_PLACES)] = (down @ _square(grey) @ across).round()
    for number, box in enumerate(box for box in boxes if _is_enough(box, grey)):
        looks[len(_PLACES) + number] = _cells(grey.crop(box))
    return looks


def _is_enough(box: Box, grey: Image.Image) -> bool:
    wide, high = box[2] - box[0], box[3] - box[1]
    return wide * high >= grey.width * grey.height * _LEAST_PART and min(wide, high) >= _LEAST_SIDE


def _square(grey: Image.Image) -> Floats:
    return np.asarray(grey.resize((_SQUARE, _SQUARE), Image.Resampling.BOX), np.float32)


def _cells(grey: Image.Image) -> Floats:
    across, down, _ = _sides()
    cells: Floats = (down[0] @ _square(grey) @ across[0]).round()
    return cells


@cache
def _sides() -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """For every place what of each pixel of the square is in each cell of its row, and of its column; and which cells are covered."""
    across, seen_across = zip(*(_side(left, right) for left, _, right, _ in _PLACES), strict=True)
    down, seen_down = zip(*(_side(top, bottom) for _, top, _, bottom in _PLACES), strict=True)
    covered = np.stack(seen_down)[:, :, None] & np.stack(seen_across)[:, None, :]
    return np.stack(across).transpose(0, 2, 1), np.stack(down), covered


def _side(begin: float, end: float) -> tuple[Floats, NDArray[np.bool_]]:
    """(12, 64): what of each pixel is in each cell of a side; and which cells are covered, where a picture lies from `begin` to `end`."""
    edges = (np.arange(_CELLS + 1) / _CELLS - begin) / (end - begin) * _SQUARE
    pixels = np.arange(_SQUARE)
    shared = (np.minimum(pixels + 1, edges[1:, None]) - np.maximum(pixels, edges[:-1, None])).clip(0, None)
    over = _OVER * _SQUARE / _CELLS
    covered = (edges[:-1] >= -over) & (edges[1:] <= _SQUARE + over)
    return (shared / shared.sum(1, keepdims=True).clip(1e-6, None)).astype(np.float32), covered


def _steps(cells: NDArray[np.uint8] | Floats) -> tuple[Steps, Steps]:
    """(..., 12, 11) and (..., 11, 12): the steps from each of (..., 12, 12) cells to the right and down: 1 up, -1 down, 0 none."""
    values = cells.astype(np.int16)
    return np.sign(np.diff(values, axis=-1)).astype(np.int8), np.sign(np.diff(values, axis=-2)).astype(np.int8)


def _flat(right: Steps, down: Steps) -> Steps:
    """(..., 264) steps."""
    return np.concatenate([steps.reshape(*steps.shape[:-2], -1) for steps in (right, down)], axis=-1)


def _ways(looks: NDArray[np.uint8]) -> Steps:
    """(pictures, ways, 264): the steps of pictures as they may have been, flipped and turned too where that is tried."""
    covered = _sides()[2]
    right, down = _steps(looks)
    right[:, : len(_PLACES)] *= covered[:, :, 1:] & covered[:, :, :-1]
    down[:, : len(_PLACES)] *= covered[:, 1:] & covered[:, :-1]
    ways = [_flat(right[:, _TURNED : len(_PLACES)], down[:, _TURNED : len(_PLACES)])]
    tried = np.r_[:_TURNED, len(_PLACES) : looks.shape[1]]
    right, down = right[:, tried], down[:, tried]
    for across, along in ((right, down), (down.swapaxes(-1, -2), right.swapaxes(-1, -2))):
        ways += [_flat(x * across[..., ::y, ::x], y * along[..., ::y, ::x]) for y in (1, -1) for x in (1, -1)]
    return np.concatenate(ways, axis=1)


def alike(looks: Sequence[Laid], known: Words, least: Floats) -> Iterator[tuple[int, int]]:
    """Which pictures are known ones.

    Args:
        looks: the pictures as they may have been.
        known: the hashes of known ones, as `words_of` gives them.
        least: how much each of these must be alike.

    Yields:
        (place in `looks`, place in `known`) for every picture that is like a known one, with the one it is most like.
    """
    for begin in range(0, len(looks), _AT_ONCE):
        for number, shares in enumerate(_shares(_ways(np.stack(looks[begin : begin + _AT_ONCE])), known), begin):
            over = shares - least
            if over.max() >= 0:
                yield number, int(over.argmax())


def _shares(ways: Steps, known: Words) -> Iterator[Floats]:
    """For each picture how much it is, in the way that fits best, like each of the known ones, or like its negative."""
    ups, told = _words(np.packbits(ways > 0, axis=-1)), _words(np.packbits(ways != 0, axis=-1))
    counts = np.count_nonzero(ways, axis=-1)
    for up, seen, count in zip(ups, told, counts, strict=True):
        enough = count >= _LEAST_STEPS
        if not enough.any():
            yield np.zeros(len(known), np.float32)
            continue
        apart = np.zeros((int(enough.sum()), len(known)), np.int16)
        for word in range(known.shape[1]):
            apart += bits_set((up[enough, word, None] ^ known[:, word]) & seen[enough, word, None])
        yield (np.abs(1 - 2 * apart / count[enough, None])).max(0).astype(np.float32)


def least_alike(hashes: Sequence[bytes], names: Sequence[str]) -> Floats:
    """How much pictures must be like each of the known ones of a set to be told.

    Args:
        hashes: of the known ones.
        names: whose hash each is; a picture may have several.
    """
    known = words_of(hashes)
    others = np.array(names)[:, None] != np.array(names)
    apart = sum((bits_set(known[:, None, word] ^ known[:, word]).astype(np.int16) for word in range(known.shape[1])), np.int16(0))
    alike = np.isin(names, np.array(names)[((np.abs(1 - 2 * apart / BITS) >= _CROWD) & others).any(1)])
    bends = np.array([_bends(one) for one in hashes])
    return np.select([bends < _NOTHING, alike | (bends < _PLAIN)], [np.inf, _ALIKE_CROWDED], _ALIKE_ALONE).astype(np.float32)


def _bends(one: bytes) -> int:
    """How often the steps of a picture turn from up to down between neighbours: seldom where it only brightens to one side."""
    bits = np.unpackbits(np.frombuffer(one, np.uint8), count=BITS)
    steps = bits[: BITS // 2].reshape(_CELLS, -1), bits[BITS // 2 :].reshape(-1, _CELLS)
    return int(sum(np.count_nonzero(np.diff(one, axis=axis)) for one in steps for axis in (0, 1)))
