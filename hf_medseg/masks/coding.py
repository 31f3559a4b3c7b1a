"""What one mask of unknown coding holds: its values, its palette or its colours, and what tells classes from soft edges and from loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected
from hf_medseg.formats import jpeg, png
from hf_medseg.formats.alpha import apart
from hf_medseg.formats.loss import saved_with_loss, told
from hf_medseg.formats.pixels import decode
from hf_medseg.masks.labels import greys_between, luma, value_counts
from hf_medseg.raw.files import Head, Whole
from hf_medseg.words import counted

Array = NDArray[Any]
Colour = tuple[int, int, int]
Alpha = Literal["", "labels", "ignored"]
"""Of masks that are transparent somewhere: whether alpha is what they hold, or their colours are, whatever alpha says."""
HEAD = 1 << 11
"""Bytes that tell whether a PNG may be transparent, whatever its palette."""
MOST_COLOURS = 64
"""Colours of a mask that are remembered; a picture has thousands."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a mask.

    Attributes:
        pixels: how many have it.
        flat: how many of them lie in a square of 2 x 2 that has it.
        between: how many of them have both a lower and a higher one among the eight around them.
        blobs: regions of it, joined by sides, less their holes.
        border: how many of them lie at the picture's edge.
    """

    pixels: int
    flat: int
    between: int
    blobs: int
    border: int = 0


@dataclass(frozen=True, slots=True)
class Coding:
    """What a mask holds.

    Attributes:
        values: its values, of a palette its indices; empty where its colour channels differ.
        greys: the values of a palette that shows greys alone, by the greys; of a mask without palette the same as `values`.
        palette: the colours that are used, by index; None without a palette.
        colours: the most frequent colours and their pixels, where the channels differ.
        number: how many colours there are in all.
        trouble: why its values cannot be classes, in words; empty where nothing speaks against it.
        mend: the line of an about file that mends it, or empty.
        halfway: pixels of a mask saved with loss that are neither nearly black nor nearly white: at its outline.
    """

    values: Mapping[int, Value] = field(default_factory=dict)
    greys: Mapping[int, Value] | None = None
    palette: Mapping[int, Colour] | None = None
    colours: Mapping[Colour, int] = field(default_factory=dict)
    number: int = 0
    trouble: str = ""
    mend: str = ""
    halfway: int = 0


@dataclass(frozen=True, slots=True)
class Samples:
    """A decoded mask: (height, width) samples or (height, width, 3) colours; the colours of its palette; whether it was saved with loss."""

    array: Array
    palette: NDArray[np.uint8] | None
    lossy: bool

    @property
    def colours(self) -> Array:
        """The samples, a palette resolved."""
        return self.array if self.palette is None else self.palette[self.array]

    @property
    def grey(self) -> Array:
        """(height, width) samples; colours as their luma."""
        return one_channel(self.colours)


def one_channel(array: Array) -> Array:
    """(height, width) samples: of equal channels the first, of colours their luma."""
    if array.ndim == 2:
        return array
    return np.ascontiguousarray(array[..., 0]) if equal_channels(array) else luma(array)


def equal_channels(colours: Array) -> bool:
    """Whether colours on the last axis are greys."""
    return bool((colours[..., 0] == colours[..., 1]).all() and (colours[..., 0] == colours[..., 2]).all())


def samples(data: bytes, path: str, alpha: Alpha = "") -> Samples:
    """Decodes a mask.

    Raises:
        Rejected: it cannot be decoded exactly, holds samples that are no numbers, or is transparent where nobody said what that means.
    """
    layers = apart(data)
    if alpha == "labels":
        if layers is None:
            raise Rejected(path, "it has no alpha, in which the labels are by the about file.", "Save it as the others are.")
        return Samples(layers[1], None, lossy=False)
    if layers is not None and layers[1].min() < 255 and not _palette_tells(data):
        if alpha == "":
            raise _transparent(path, *layers)
        return Samples(layers[0], None, saved_with_loss(data))
    array = decode(data, path, indices=True)
    if array.dtype.kind == "f":
        if strange := int(np.count_nonzero(~np.isfinite(array))):
            words = f"mask values that are no whole numbers: NaN or infinity in {counted(strange, 'pixel')}."
            raise Rejected(path, words, "Save it without them.")
        if (array == np.floor(array)).all() and abs(array).max(initial=0) < 1 << 24:
            array = array.astype(np.int32)
    if array.dtype.kind == "i" and (low := int(array.min(initial=0))) < 0:
        advice = "Save it with one number a class, from 0 up."
        raise Rejected(path, f"mask values below 0, down to {low:,}, in {counted(int(np.count_nonzero(array < 0)), 'pixel')}.", advice)
    has_palette = array.dtype == np.uint8 and array.ndim == 2 and not data.startswith(jpeg.START)
    if has_palette and data.startswith(png.SIGNATURE):
        has_palette = data[25] == 3
    return Samples(array, palette_of(data) if has_palette else None, saved_with_loss(data))


def _palette_tells(data: bytes) -> bool:
    """Whether a picture has a palette, and no two of its numbers that are used differ in alpha alone."""
    with told(data) as picture:
        if picture is None or picture.mode != "P":
            return False
        picture.load()
        picture.apply_transparency()
        colours = np.array(picture.getpalette("RGBA") or [], np.uint8).reshape(-1, 4)
        used = colours[[index for index, number in enumerate(picture.histogram()) if number and index < len(colours)]]
    return len(np.unique(used, axis=0)) == len(np.unique(used[:, :3], axis=0))


_OPAQUE = "Else save it without transparency."


def _transparent(path: str, colours: Array, alpha: Array) -> Rejected:
    """What is said of a mask that is transparent somewhere, with the lines of an about file that tell what that means."""
    found, counts = np.unique(alpha, return_counts=True)
    words = f"it is transparent: alpha holds {in_words(dict(zip(found.tolist(), counts.tolist(), strict=True)))};"
    shown = np.unique(colours.reshape(alpha.size, -1)[alpha.ravel() > 0], axis=0)
    if len(found) == 1:
        return Rejected(
            path, f"{words} that tells nothing, and its colours may be the labels.", 'Say in the about file: alpha = "ignored".'
        )
    if len(shown) <= 1:
        alone = "all that can be seen has one colour, so the labels are in alpha."
        return Rejected(path, f"{words} {alone}", 'If all masks are so, say in the about file: alpha = "labels". ' + _OPAQUE)
    return Rejected(
        path,
        f"{words} what can be seen has {counted(len(shown), 'colour')}.",
        'If the labels are its colours, say in the about file: alpha = "ignored"; if they are in alpha: alpha = "labels". ' + _OPAQUE,
    )


def palette_of(data: bytes) -> NDArray[np.uint8] | None:
    """(256, 3) colours of a picture that can be decoded; None where it has no palette."""
    with told(data) as picture:
        if picture is None or picture.mode != "P":
            return None
        picture.load()
        found = np.array(picture.getpalette("RGB") or [], np.uint8).reshape(-1, 3)[:256]
    return np.pad(found, ((0, 256 - len(found)), (0, 0)))


BLACK, WHITE = 24, 231  # what is left of black and white in the even parts of a picture saved with strong loss
_FAINT = 16  # what is not brighter than this everywhere are numbers of classes, not shades
_SIDE = 8
"""JPEG works on squares of 8 x 8."""


def gathers(grey: Array) -> bool:
    """Whether a mask saved with loss was black and white; see `halfway_of`."""
    return halfway_of(grey) is not None


def halfway_of(grey: Array) -> int | None:
    """How many pixels of a mask saved with loss are neither nearly black nor nearly white; None where it was not black and white.

    If it was, its even squares are, and little lies halfway in the uneven ones.
    """
    low, high = int(grey.min()), int(grey.max())
    if high == 0 or low >= WHITE:
        return 0
    if high < 192 or len(greys_between(grey.astype(np.uint8, copy=False))):
        return None
    rows, columns = (size // _SIDE * _SIDE for size in grey.shape)
    squares = grey[:rows, :columns].reshape(rows // _SIDE, _SIDE, columns // _SIDE, _SIDE)
    lowest, highest = squares.min(axis=(1, 3)), squares.max(axis=(1, 3))
    even = highest - lowest <= 16
    halfway = even & (highest > BLACK) & (lowest < WHITE)
    middle = int(np.count_nonzero((grey >= 64) & (grey < 192)))
    uneven = grey.size - int(even.sum()) * _SIDE * _SIDE
    return middle if int(halfway.sum()) <= even.size // 500 and middle * 4 <= uneven else None


def look(data: bytes, path: str, alpha: Alpha = "") -> Coding:
    """Looks at a mask; for `SurveyPlan.look`.

    Raises:
        Rejected: see `samples`.
    """
    mask = samples(data, path, alpha)
    array = mask.array
    if mask.lossy:
        grey = one_channel(array)
        if (halfway := halfway_of(grey)) is None:
            return Coding(trouble=(told := loss(grey))[0], mend=told[1])
        found = values(np.where(grey > 127, np.uint8(255), np.uint8(0)))
        return Coding(found, found, halfway=halfway)
    if array.dtype.kind == "f":
        return Coding(trouble=(told := _fractions(array))[0], mend=told[1])
    if mask.palette is not None:
        return _indexed(mask)
    if array.ndim == 3 and not equal_channels(array):
        return _coloured(array)
    found = values(one_channel(array))
    return Coding(found, found)


def look_at_alpha(data: bytes, path: str) -> Coding:
    """Looks at a mask whose labels are in its alpha; see `look`."""
    return look(data, path, "labels")


def look_past_alpha(data: bytes, path: str) -> Coding:
    """Looks at the colours of a mask, whatever of it is transparent; see `look`."""
    return look(data, path, "ignored")


def look_at_palette(data: bytes, path: str) -> Coding | None:
    """Looks at a mask whose values the user has named: only palettes and alpha can still deceive; None where there is neither.

    Raises:
        Rejected: see `samples`.
    """
    if data.startswith(jpeg.START) or (data.startswith(png.SIGNATURE) and data[25:26] not in (b"", b"\3", b"\4", b"\6")):
        return None
    if isinstance(data, Head):
        raise Whole
    mask = samples(data, path)
    return None if mask.palette is None else _indexed(mask)


def look_for_transparency(data: bytes, path: str) -> None:
    """Looks at a mask of which the user has said all but what its alpha means, if it has any.

    Raises:
        Rejected: it is transparent somewhere, or cannot be read.
    """
    if data.startswith(jpeg.START):
        return
    if data.startswith(png.SIGNATURE) and data[25:26] not in (b"\4", b"\6") and b"IDAT" in data[:HEAD] and b"tRNS" not in data[:HEAD]:
        return
    if isinstance(data, Head):
        raise Whole
    samples(data, path)


def _indexed(mask: Samples) -> Coding:
    found = values(mask.array)
    palette = mask.palette
    assert palette is not None
    used = {index: (int(palette[index, 0]), int(palette[index, 1]), int(palette[index, 2])) for index in found}
    shows_greys = all(red == green == blue for red, green, blue in used.values())
    return Coding(found, values(mask.grey) if shows_greys else None, used)


def _coloured(array: Array) -> Coding:
    packed = array.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    found, counts = np.unique(packed, return_counts=True)
    most = np.argsort(-counts, kind="stable")[:MOST_COLOURS]
    return Coding(
        colours={(int(v) >> 16, int(v) >> 8 & 255, int(v) & 255): int(n) for v, n in zip(found[most], counts[most], strict=True)},
        number=len(found),
    )


_LINES = 1 << 22
"""Pixels of a mask that are looked at together: the numbers that are counted take many times its room."""


def values(array: Array) -> dict[int, Value]:
    """The values of (height, width) whole numbers, ascending."""
    height, width = array.shape
    lines = max(1, _LINES // max(width, 1))
    sums: dict[int, list[int]] = {}
    tops = range(0, height, lines)
    counted: Counter[int] = Counter()
    for top in tops:
        present, counts = _present(array[top : top + lines])
        counted.update(dict(zip(present.tolist(), counts.tolist(), strict=True)))
    edge = Counter(dict(zip(*(some.tolist() for some in _present(_border(array))), strict=True)))
    if len(counted) <= 2:  # nothing to tell apart
        return {value: Value(number, number, 0, 1, edge[value]) for value, number in sorted(counted.items())}
    for top in tops:
        bottom = min(height, top + lines)
        around = array[max(0, top - 1) : bottom + 1]
        for value, seen in _counted(around, min(top, 1), bottom - top).items():
            some = sums.setdefault(value, [0, 0, 0, 0])
            for k, number in enumerate(seen):
                some[k] += number
    return {value: Value(pixels, flat, between, blobs, edge[value]) for value, (pixels, flat, between, blobs) in sorted(sums.items())}


def _border(array: Array) -> Array:
    """The samples at the edge of a picture, each once."""
    inner = array[1:-1]
    lines = (array[0], *([array[-1]] if len(array) > 1 else ()), inner[:, 0], *([inner[:, -1]] if array.shape[1] > 1 else ()))
    return np.concatenate(lines)


def _present(array: Array) -> tuple[Array, Array]:
    """The values of an array, ascending, and how many pixels have each."""
    if array.dtype not in (np.uint8, np.uint16):
        return np.unique(array, return_counts=True)
    counts = value_counts(array) if array.dtype == np.uint8 else np.bincount(array.ravel())
    found = np.flatnonzero(counts)
    return found, counts[found]


def _counted(around: Array, above: int, count: int) -> dict[int, tuple[int, int, int, int]]:
    """What a `Value` counts, in some lines of a mask.

    Args:
        around: the lines, with the one above and the one below where there is one.
        above: how many lines of them are above.
        count: how many lines are counted.
    """
    mine = slice(above, above + count)
    present, _ = _present(around)
    ranks = (
        around if around.dtype == np.uint8 else np.searchsorted(present, around).astype(np.uint16 if len(present) < 1 << 16 else np.int64)
    )
    places_of = present if around.dtype == np.uint8 else np.arange(len(present))
    size = int(ranks.max(initial=0)) + 1
    pixels = np.bincount(ranks[mine].ravel(), minlength=size)
    across, down = ranks[:, 1:] == ranks[:, :-1], ranks[1:] == ranks[:-1]
    squares = across[1:] & across[:-1] & down[:, 1:]
    flat = np.zeros(ranks.shape, bool)
    for rows in (slice(None, -1), slice(1, None)):
        for columns in (slice(None, -1), slice(1, None)):
            flat[rows, columns] |= squares
    lowest, highest = _around(ranks, np.minimum)[mine], _around(ranks, np.maximum)[mine]
    own = ranks[mine]
    pairs = slice(max(above - 1, 0), above + count - 1)  # with the line above, which may be another band's
    counted = [
        np.bincount(some, minlength=size)
        for some in (
            own[flat[mine]],
            own[(lowest < own) & (own < highest)],
            own[:, 1:][across[mine]],
            ranks[1:][pairs][down[pairs]],
            ranks[1:, 1:][pairs][squares[pairs]],
        )
    ]
    blobs = pixels - counted[2] - counted[3] + counted[4]  # Euler's number
    return {
        int(value): (int(pixels[k]), int(counted[0][k]), int(counted[1][k]), int(blobs[k]))
        for value, k in zip(present, places_of, strict=True)
        if pixels[k]
    }


def _around(ranks: Array, choose: Any) -> Array:
    """For each sample the lowest or highest among itself and the eight around it."""
    for axis in (0, 1):
        padded = np.pad(ranks, [(1, 1) if axis == k else (0, 0) for k in (0, 1)], mode="edge")
        size = ranks.shape[axis]
        parts = [padded.take(range(start, start + size), axis=axis) for start in range(3)]
        ranks = choose(choose(parts[0], parts[1]), parts[2])
    return ranks


def in_words(counts: Mapping[int, int], most: int = 6) -> str:
    """How often each value occurs: `0 in 71,234 pixels, 255 in 20,111, and 95 other values from 1 to 254 in 3,210`."""
    order = sorted(counts, key=lambda value: (-counts[value], value))
    named, others = (order, []) if len(order) <= most + 2 else (order[:most], order[most:])
    text = [f"{value:,} in {counts[value]:,}" + (" pixels" if number == 0 else "") for number, value in enumerate(sorted(named))]
    if others:
        rest = sum(counts[value] for value in others)
        text.append(f"{len(others):,} other values from {min(others):,} to {max(others):,} in {rest:,}")
    return listed(text)


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def loss(grey: Array) -> tuple[str, str]:
    """What is wrong with a mask saved with loss that was not black and white, and what mends it."""
    counts = np.bincount(grey.ravel(), minlength=256)
    peaks: list[int] = []
    left = counts.astype(np.int64)
    while len(peaks) < 6 and left.max() * 200 >= grey.size:
        peak = int(left.argmax())
        peaks.append(peak)
        left[max(0, peak - 12) : peak + 13] = 0
    words = in_words({int(value): int(counts[value]) for value in np.flatnonzero(counts)})
    lowest, highest = int(grey.min()), int(grey.max())
    halfway = 0 if highest <= _FAINT else (lowest + highest) // 2
    above = sum(sorted(peaks)[:2]) // 2 if len(peaks) > 1 else halfway
    return (
        f"it was saved with loss, and its values do not gather at 0 and 255 alone, as those of black and white do: {words}",
        f"threshold = {above}",
    )


def _fractions(array: Array) -> tuple[str, str]:
    """What is wrong with a mask of fractions, and what mends it."""
    low, high = float(array.min()), float(array.max())
    whole = int(np.count_nonzero(array == np.floor(array)))
    return (
        f"mask values that are no whole numbers: from {low:g} to {high:g}, {array.size - whole:,} of {array.size:,} pixels lie between "
        "whole numbers, as in a map of probabilities",
        f"threshold = {(low + high) / 2:g}",
    )
