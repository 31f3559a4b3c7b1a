"""Frames that look alike and are annotated differently, found from small sketches that a survey takes.

The measure is one that readers of such frames published: histograms of 9 grey levels over strips of 20 rows; two frames are alike where
the cosine distance of their histograms is below 0.008, and contradict each other where the Dice coefficient of their masks is below 0.2.
"""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected
from hf_medseg.formats.pixels import decode

STRIP = 20
LEVELS = 9
ALIKE = 0.008
DIFFERENT = 0.2

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is remembered of a grey picture.

    Attributes:
        shape: height, width.
        strips: counts of grey levels, strip by strip, as 32-bit numbers.
        foreground: the packed pixels that are not 0, for pictures of 0 and one other value; else None.
    """

    shape: tuple[int, int]
    strips: bytes
    foreground: bytes | None

    def pixels(self) -> NDArray[np.bool_]:
        """The foreground, flat."""
        packed = np.frombuffer(zlib.decompress(self.foreground or zlib.compress(b"")), np.uint8)
        return np.unpackbits(packed, count=self.shape[0] * self.shape[1]).astype(np.bool_)


def sketch(data: bytes, path: str) -> Sketch:
    """Looks at a picture file; for `SurveyPlan.look`.

    Raises:
        Rejected: the file cannot be decoded, or is no 8-bit grey picture.
    """
    pixels = decode(data, path)
    if pixels.dtype != np.uint8 or pixels.ndim != 2:
        raise Rejected(path, "an 8-bit grey picture was expected.")
    height, width = pixels.shape
    levels = np.minimum(pixels.astype(np.int64) * LEVELS // 255, LEVELS - 1)
    levels += (np.arange(height) // STRIP * LEVELS)[:, np.newaxis]
    strips = np.bincount(levels.reshape(-1), minlength=-(-height // STRIP) * LEVELS).astype(np.uint32)
    others = np.flatnonzero(np.bincount(pixels.reshape(-1), minlength=256)[1:])
    foreground = zlib.compress(np.packbits(pixels > 0).tobytes()) if others.size <= 1 else None
    return Sketch((height, width), strips.tobytes(), foreground)


def contradictions(pairs: Mapping[Key, tuple[Any, Any]]) -> set[Key]:
    """The frames that look like another one and are annotated differently.

    Args:
        pairs: sketches of the frame and of its mask for every frame that may be compared (those of one person); a pair with anything
            else than two sketches of one size, such as what a survey says of a damaged file, takes no part.

    Returns:
        The keys of both frames of every contradicting pair.
    """
    sizes: dict[tuple[int, int], list[Key]] = {}
    for key, (frame, mask) in pairs.items():
        if isinstance(frame, Sketch) and isinstance(mask, Sketch) and mask.foreground is not None and frame.shape == mask.shape:
            sizes.setdefault(frame.shape, []).append(key)
    found: set[Key] = set()
    for keys in sizes.values():
        strips = np.array([np.frombuffer(pairs[key][0].strips, np.uint32) for key in keys], np.float64)
        unit = strips / np.linalg.norm(strips, axis=1, keepdims=True)
        alike = np.triu(1 - unit @ unit.T < ALIKE, 1)
        masks = {place: pairs[keys[place]][1].pixels() for place in np.unique(np.nonzero(alike)).tolist()}
        for one, other in np.argwhere(alike).tolist():
            if dice(masks[one], masks[other]) < DIFFERENT:
                found |= {keys[one], keys[other]}
    return found


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Dice coefficient; 1 for two empty masks."""
    total = int(one.sum()) + int(other.sum())
    return 2 * int((one & other).sum()) / total if total else 1.0
