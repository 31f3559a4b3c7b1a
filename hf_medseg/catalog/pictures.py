"""Known sets told by their pictures: 64-bit difference hashes, which stay the same however a picture is encoded, scaled or named."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.catalog.licenses import TIERS_BY_OPENNESS
from hf_medseg.catalog.lookup import known_pictures, sources
from hf_medseg.catalog.source import Source
from hf_medseg.dataset.storage import parquet

Bits: TypeAlias = NDArray[np.float32]

_BITS = 64
_LEAST_SIDE = 32  # pixels; smaller pictures hold too little
_LARGE = 1024  # pixels
_LEAST_BITS = 10  # of a hash that are set, and that are not
_LEAST_CONTRAST = 8  # grey levels between the darkest and the brightest cell

# How many bits may differ, in a picture as it is and in one that is flipped. New encodings and sizes change none or one, rarely two
# (measured on Kvasir-SEG and CHASE_DB1, down to JPEG quality 50 and 224 x 224), cropped borders more. A picture that looks like no other of
# its set (so many bits apart) is told by them too; of sets whose pictures are all alike, strangers' pictures come near by chance.
_ALONE = 10
_RADII_ALONE, _RADII_CROWDED = (5, 2, 2, 2), (1, 0, 0, 0)

# So many different pictures of a known set prove it, or all where there are fewer; of many pictures this part, or so many. Where many
# pictures look like few of the set, they are strangers: copies look like one each, or, flipped and scaled, a few like one.
_ENOUGH, _PART, _MANY, _FEWEST = 3, 0.05, 8, 0.25

_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Likeness:
    """What pictures have been found to be.

    Attributes:
        source: the known source.
        pictures: how many of the pictures are of it.
        among: how many pictures were looked at.
        example: the owner's name of one of them.
    """

    source: Source
    pictures: int
    among: int
    example: str

    def __str__(self) -> str:
        return f"{self.pictures:,} of {self.among:,} pictures look like pictures of {self.source.id}, such as {self.example}"


def recognise_shards(shards: Iterable[str | os.PathLike[str]], most: int) -> list[Likeness]:
    """The known sets that pictures of the rows of shards are from.

    Args:
        shards: their paths.
        most: about so many pictures are looked at, whole row groups evenly spread: groups lie in the order of a hash, which is by chance.
    """
    return recognise(_images(list(shards), most))


def _images(shards: list[str | os.PathLike[str]], most: int) -> Iterator[bytes]:
    groups: list[tuple[str, int, int]] = []
    for path in [os.fspath(shard) for shard in shards]:
        with parquet(path) as file:
            if "image" in file.schema_arrow.names and "depth" not in file.schema_arrow.names:  # whole volumes are no pictures
                rows = (file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups))
                groups += [(path, number, count) for number, count in enumerate(rows)]
    step = max(1, math.ceil(sum(rows for _, _, rows in groups) / most))
    for path, number, _ in groups[::step]:
        with parquet(path) as file:
            for batch in file.iter_batches(16, row_groups=[number], columns=["image"]):
                yield from (data for data in pc.struct_field(batch.column(0), "bytes").to_pylist() if data)


def dhash(picture: Image.Image) -> NDArray[np.bool_]:
    """The difference hash of a picture (8 rows of 8 bits): whether each of 9 x 8 cells is brighter than the one left of it.

    The same as `imagehash.dhash(picture.convert("RGB"))`, which would bring SciPy with it.
    """
    return _steps(_cells(_grey(picture), 9, 8))


def recognise(pictures: Iterable[bytes]) -> list[Likeness]:
    """The known sets that encoded pictures are from, however they were encoded, scaled or flipped; the strictest license first."""
    looks = [ways for data in pictures if (ways := _ways(data)) is not None]
    known = _known()
    found: dict[str, list[str]] = {}
    for start in range(0, len(looks) if known.names else 0, _AT_ONCE):
        for id, name in _matches(np.stack(looks[start : start + _AT_ONCE]), known):
            found.setdefault(id, []).append(name)
    least = max(min(_ENOUGH, len(looks)), min(_MANY, len(looks) * _PART))
    like = [
        Likeness(sources()[id], len(names), len(looks), min(names))
        for id, names in found.items()
        if len(set(names)) >= max(least, len(names) * _FEWEST)
    ]
    return sorted(like, key=lambda one: (-max(map(TIERS_BY_OPENNESS.index, one.source.tiers)), -one.pictures, one.source.id))


def _grey(picture: Image.Image) -> Image.Image:
    """A picture in 8 bits of grey; of deeper ones the range that they use."""
    if picture.mode[0] not in "IF":
        return picture.convert("RGB").convert("L")
    values = np.asarray(picture, np.float64)
    low, high = values.min(), values.max()
    return Image.fromarray(((values - low) * (255 / max(high - low, 1))).astype(np.uint8))


def _cells(grey: Image.Image, width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(grey.resize((width, height), Image.Resampling.LANCZOS))


def _steps(cells: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return cells[:, 1:] > cells[:, :-1]


def _ways(data: bytes) -> Bits | None:
    """The signs (4, 64) of a picture as it is, flipped both ways and upside down; None where it is no picture, or shows next to nothing."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if min(picture.size) < _LEAST_SIDE:
                return None
            if min(picture.size) >= _LARGE:
                picture.draft("RGB", (_LARGE // 2, _LARGE // 2))  # of a JPEG a smaller one that is quicker to read
            grey = _grey(picture)
    except (OSError, ValueError, SyntaxError):  # Pillow's errors; what cannot be read is somebody else's to tell
        return None
    cells = _cells(grey, 9, 8)
    if int(cells.max()) - int(cells.min()) < _LEAST_CONTRAST:
        return None
    return _signs(np.stack([_steps(cells[::up, ::left]) for up in (1, -1) for left in (1, -1)]))


def _signs(bits: NDArray[np.bool_]) -> Bits:
    """Bits as 1 and -1: the product of two hashes is then 64 less twice the number of bits in which they differ."""
    return np.where(bits.reshape(-1, _BITS), np.float32(1), np.float32(-1))


@dataclass(frozen=True, slots=True)
class _Known:
    """Every known picture: source and name, signs, and how many bits may differ, by the way that a picture is flipped."""

    names: list[tuple[str, str]]
    signs: Bits
    radii: Bits


@cache
def _known() -> _Known:
    names: list[tuple[str, str]] = []
    signs, radii = [np.empty((0, _BITS), np.float32)], [np.empty((0, 4), np.float32)]
    for source in sources().values():
        listed = known_pictures(source)
        if not listed:
            continue
        # What is all but one shade, or brightens one way alone, looks like any other such picture.
        listed = [(number, name) for number, name in listed if _LEAST_BITS <= number.bit_count() <= _BITS - _LEAST_BITS]
        numbers = np.array([number for number, _ in listed], ">u8")
        mine = _signs(np.unpackbits(numbers.view(np.uint8)).astype(bool))
        apart = (_BITS - mine @ mine.T) / 2
        np.fill_diagonal(apart, _BITS)
        names += [(source.id, name) for _, name in listed]
        signs.append(mine)
        radii.append(np.where((apart.min(1) >= _ALONE)[:, None], np.array(_RADII_ALONE, np.float32), np.array(_RADII_CROWDED, np.float32)))
    return _Known(names, np.concatenate(signs), np.concatenate(radii))


def _matches(looks: Bits, known: _Known) -> Iterator[tuple[str, str]]:
    """(source, name) of the known picture that each picture, of shape (n, 4, 64), is nearest to, where one is near enough."""
    near = np.stack([(_BITS - looks[:, way] @ known.signs.T) / 2 - known.radii[:, way] for way in range(looks.shape[1])]).min(0)
    best = near.argmin(1)
    for number in np.flatnonzero(near[np.arange(len(near)), best] <= 0):
        yield known.names[best[number]]
