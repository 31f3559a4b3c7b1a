"""Known sets told by their pictures: 64-bit difference hashes, which stay the same however a picture is encoded, scaled or named.

They stay near where a picture is cut a little, and are made anew for every way in which it may have been turned, cut or framed.
"""

from __future__ import annotations

import io
import itertools
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.catalog.fine_hash import Box, Floats, Laid, Words, alike, laid, least_alike, without_ground, words_of
from hf_medseg.catalog.licenses import TIERS_BY_OPENNESS
from hf_medseg.catalog.lookup import facts, find_source, known_fine_pictures, known_pictures
from hf_medseg.catalog.picture_hash import BITS, Cells, HashIndex, Numbers, bits_apart, cells_of, grey_of, hashes_of, turned_ways
from hf_medseg.catalog.source import Source
from hf_medseg.dataset.arrays import give_back, rows_of
from hf_medseg.dataset.storage import parquet, read_group
from hf_medseg.errors import MissingExtra, Rejected
from hf_medseg.formats.nifti import all_voxels
from hf_medseg.formats.shrunk import shrunk, step_of
from hf_medseg.progress import Run


class Look(NamedTuple):
    """A picture by all ways of looking at it.

    Attributes:
        numbers: its hashes.
        kinds: of each of them the kind of the way: which of the radii holds.
        laid: its cells, for finer hashes.
    """

    numbers: Numbers
    kinds: NDArray[np.uint8]
    laid: Laid


_LEAST_SIDE = 24  # pixels; smaller pictures hold too little
_LARGE = 512  # pixels
_LEAST_BITS = 10  # of a hash that are set, and that are not
_LEAST_CONTRAST = 8  # grey levels between the darkest and the brightest cell

# A picture is looked at as it is, and as it may have been before somebody cut its edges (what was cut is guessed by repeating the edge),
# or put it on a ground of one shade.
_CUT = (0.03, 0.0556, 0.125)  # of a side, on each side: undoes cuts of 2 to 3 %, 5 % and 10 %
_SMALL = 256  # pixels, in which that is done
_SQUARE = 64
_LEAST_PART = 0.2  # of the picture that lies on such a ground

# How many bits may differ: of a picture as it is, of one that is flipped, turned or negative, of a guess, of a guess that is turned. New
# encodings and sizes change none or one, rarely two (measured on Kvasir-SEG and CHASE_DB1, down to JPEG quality 30 and 224 x 224). A
# picture that looks like no other of its set (so many bits apart) is told by them too; of sets whose pictures are all alike, strangers'
# pictures come near by chance.
_ALONE = 10
_RADII_ALONE, _RADII_CROWDED = (5, 2, 4, 1), (1, 0, 0, -1)
_FARTHEST = max(_RADII_ALONE)

# So many different pictures of a known set prove it, or all where there are fewer, and this part of the pictures more, or so many, which by
# finer hashes is all. By the others one of a hundred strangers may come near by chance (of 2,000 drawn heads 26 did), so a part of all
# pictures is asked for too. Where pictures here and there look like few of the set, they are strangers: copies look like one each, or,
# flipped and scaled, a few like one; or most of all pictures are copies.
_ENOUGH, _PART, _MANY, _RARE, _FEWEST, _MOST = 3, 0.05, 8, 0.02, 0.25, 0.3

_AT_ONCE = 512
_IMAGE = re.compile(r"image(_.+)?")
_ORDERS: tuple[Literal["little", "big"], ...] = ("little", "big")
_GZIP = b"\x1f\x8b"
_VOLUME = (_GZIP, *(size.to_bytes(4, order) for size in (348, 540) for order in _ORDERS))  # how NIfTI begins, packed or not
_SLICES = (0.25, 0.5, 0.75)  # where a volume is looked at, along each of its axes


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


def _one_by_one(function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Any]]:
    return ((number, function(*call)) for number, call in enumerate(calls))


def recognise_shards(shards: Iterable[str | os.PathLike[str]], most: int, run: Run = _one_by_one) -> list[Likeness]:
    """The known sets that pictures of the rows of shards are from.

    Args:
        shards: their paths.
        most: see `groups_to_look_at`.
        run: where they are looked at.
    """
    groups = groups_to_look_at(shards, most).items() if known_hashes().names else ()
    calls = [(path, number) for path, numbers in groups for number in sorted(numbers)]
    return recognise_looks(look for _, looks in run(looks_of, calls) for look in looks)


def looks_of(path: str, group: int) -> list[Look]:
    """What the pictures of a row group of a shard may have been."""
    return [look for data in _images(path, group) for look in looks_at(data)]


def _images(path: str, group: int) -> Iterator[bytes]:
    table = read_group(path, group, picture_columns)
    rows, size = list(rows_of(table)), table.nbytes
    del table  # a volume fills a large part of a worker's memory
    give_back(size)
    for number in range(len(rows)):
        if picture := picture_of(rows.pop(0), number):
            yield picture


def picture_columns(schema: pa.Schema) -> list[str]:
    """The columns that hold what was taken: `image`, and of several sequences or channels the others."""
    return [name for name in schema.names if _IMAGE.fullmatch(name) and pa.types.is_struct(schema.field(name).type)]


def picture_of(row: Mapping[str, Any], number: int) -> bytes:
    """The picture of a row that is looked at: of several another one in every row, which takes no longer; empty without any."""
    there = [cell for name, cell in row.items() if _IMAGE.fullmatch(name) and isinstance(cell, Mapping)]
    return (there[number % len(there)]["bytes"] or b"") if there else b""


def groups_to_look_at(shards: Iterable[str | os.PathLike[str]], most: int) -> dict[str, frozenset[int]]:
    """Row groups whose pictures tell what a dataset is, by the path of their shard.

    Args:
        shards: their paths.
        most: about so many pictures are looked at, whole row groups evenly spread: groups lie in the order of a hash, which is by chance.
    """
    groups: list[tuple[str, int, int]] = []
    for path in [os.fspath(shard) for shard in shards]:
        with parquet(path) as file:
            rows = (file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups))
            groups += [(path, number, count) for number, count in enumerate(rows)]
    step = max(1, math.ceil(sum(rows for _, _, rows in groups) / most))
    found: dict[str, set[int]] = {}
    for path, number, _ in groups[::step]:
        found.setdefault(path, set()).add(number)
    return {path: frozenset(numbers) for path, numbers in found.items()}


def looks_at(data: bytes) -> list[Look]:
    """What a picture may have been, or a few slices of a volume; nothing where it shows next to nothing."""
    pictures = _slices(data) if data.startswith(_VOLUME) else (data,)
    return list(filter(None, map(_looks, pictures)))


def _slices(volume: bytes) -> Iterator[bytes]:
    """A few slices of a NIfTI file as pictures, along each of its axes: pictures of known sets may be stacked along any of them.

    Raises:
        MissingExtra: nibabel is not installed.
    """
    try:
        voxels = all_voxels(volume, "")
    except MissingExtra:
        raise
    except Exception:  # the reader's errors are many; what cannot be read is somebody else's to tell
        return
    for axis, depth in enumerate(voxels.array.shape[:3]):
        for at in sorted({round((depth - 1) * part) for part in _SLICES}):
            samples = voxels.array[..., 0].take(at, axis)
            if min(samples.shape) < _LEAST_SIDE:
                continue
            one = (samples.T * voxels.slope + voxels.intercept).astype(np.float32)
            picture = io.BytesIO()
            grey_of(Image.fromarray(np.nan_to_num(one))).save(picture, "PNG", compress_level=1)
            yield picture.getvalue()


def recognise(pictures: Iterable[bytes]) -> list[Likeness]:
    """The known sets that encoded pictures are from; the strictest license first.

    They may be encoded anew, scaled, flipped, turned, cut a little at the edges, or put on a ground of one shade.
    """
    return recognise_looks(filter(None, map(_looks, pictures)))


def recognise_looks(looks: Iterable[Look]) -> list[Likeness]:
    """See `recognise`; of pictures that were looked at where they were read."""
    known = known_hashes()
    found: dict[str, list[str]] = {}
    finely: dict[str, list[str]] = {}
    looked = 0
    for some in _batches(iter(looks)) if known.names else ():
        looked += len(some)
        near, fine = dict(_near(some, known)), dict(_finely_near(some, known))
        for id, name in (near | fine).values():
            found.setdefault(id, []).append(name)
        for id, name in fine.values():
            finely.setdefault(id, []).append(name)
    least = min(looked, _MANY, _ENOUGH + looked * _PART)
    like = [
        Likeness(find_source(id), len(names), looked, min(names))
        for id, names in found.items()
        if _are_enough(names, looked, least, _RARE) or _are_enough(finely.get(id, ()), looked, least)
    ]
    return sorted(like, key=lambda one: (-max(map(TIERS_BY_OPENNESS.index, one.source.tiers)), -one.pictures, one.source.id))


def _are_enough(names: Sequence[str], looked: int, least: float, part: float = 0) -> bool:
    """Whether pictures that are near to these prove that those that were looked at are of their set; `part` of all must be near."""
    return len(set(names)) >= (least if len(names) >= looked * _MOST else max(least, len(names) * _FEWEST, looked * part))


def _batches(looks: Iterator[Look]) -> Iterator[list[Look]]:
    while some := list(itertools.islice(looks, _AT_ONCE)):
        yield some


def _looks(data: bytes) -> Look | None:
    """What a picture may have been; None where it is no picture, or shows next to nothing."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if min(picture.size) < _LEAST_SIDE:
                return None
            if min(picture.size) >= _LARGE:
                picture.draft("L", (_LARGE, _LARGE))  # of a JPEG its grey alone, and no larger than needed, which is quicker to read
            grey = grey_of(picture) if step_of(*picture.size) == 1 else grey_of(Image.fromarray(shrunk(data)))
    except (OSError, ValueError, SyntaxError, Rejected):  # Pillow's errors; what cannot be read is somebody else's to tell
        return None
    cells = cells_of(grey, 9, 8)
    if int(cells.max()) - int(cells.min()) < _LEAST_CONTRAST:
        return None
    small = grey.reduce(max(1, min(grey.size) // _SMALL))
    lying = cells_of(small.transpose(Image.Transpose.TRANSPOSE), 9, 8)
    turned = np.concatenate((turned_ways(cells, lying), turned_ways(255 - cells, 255 - lying)))  # as it is, and its negative
    boxes = without_ground(small)
    guessed = turned_ways(*map(np.stack, zip(*_guesses(small, boxes), strict=True)))
    bits = np.concatenate((turned, guessed.reshape(-1, *turned.shape[1:])))
    kinds = [0, *[1] * (len(turned) - 1), *[2, *[3] * (guessed.shape[1] - 1)] * len(guessed)]
    return Look(hashes_of(bits), np.array(kinds, np.uint8), laid(small, boxes))


def _guesses(grey: Image.Image, boxes: Iterable[Box]) -> Iterator[tuple[Cells, Cells]]:
    """What a picture may have been before its edges were cut, or it was put on a ground of one shade: its cells, and those on its side."""
    square = np.asarray(grey.resize((_SQUARE, _SQUARE), Image.Resampling.BOX), np.float32)
    for eight, nine in _uncut():
        yield (eight @ square @ nine.T).round(), (eight @ square.T @ nine.T).round()
    for found in boxes:
        wide, high = found[2] - found[0], found[3] - found[1]
        if wide * high >= grey.width * grey.height * _LEAST_PART and min(wide, high) > _LEAST_SIDE // 4:
            cut = grey.crop(found)
            yield cells_of(cut, 9, 8), cells_of(cut.transpose(Image.Transpose.TRANSPOSE), 9, 8)


@cache
def _uncut() -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """What makes 8, and 9, cells of a side of the square that had its ends cut, as if they were still there: for each kind of cut."""
    found = []
    for part in _CUT:
        more = round(_SQUARE * part)
        side = np.pad(np.eye(_SQUARE, dtype=np.float32), [(more, more), (0, 0)], "edge")
        eight, nine = (np.asarray(Image.fromarray(side).resize((_SQUARE, cells), Image.Resampling.LANCZOS)) for cells in (8, 9))
        found.append((eight, nine))
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """Every known picture.

    Attributes:
        names: source and name.
        numbers: hashes.
        radii: how many bits may differ, by the kind of way.
        index: where near hashes are found.
        fine_names: source and name of finer hashes, of which a picture has several.
        fine: these.
        fine_least: how much a picture has to be like each.
    """

    names: list[tuple[str, str]]
    numbers: Numbers
    radii: NDArray[np.int8]
    index: HashIndex
    fine_names: list[tuple[str, str]]
    fine: Words
    fine_least: Floats


@cache
def known_hashes() -> _Known:
    """The pictures of every source that has listed its own, made once a process."""
    names: list[tuple[str, str]] = []
    numbers, radii = [np.empty(0, np.uint64)], [np.empty((0, len(_RADII_ALONE)), np.int8)]
    for source in facts().values():
        # What is all but one shade, or brightens one way alone, looks like any other such picture.
        listed = [(number, name) for number, name in known_pictures(source) if _LEAST_BITS <= number.bit_count() <= BITS - _LEAST_BITS]
        if not listed:
            continue
        names += [(source.id, name) for _, name in listed]
        numbers.append(np.array([number for number, _ in listed], np.uint64))
        radii.append(np.where(_nearest(numbers[-1])[:, None] >= _ALONE, _RADII_ALONE, _RADII_CROWDED).astype(np.int8))
    every = np.concatenate(numbers)
    finely = {source.id: known for source in facts().values() if (known := known_fine_pictures(source))}
    least = [least_alike([one for one, _ in known], [name for _, name in known]) for known in finely.values()]
    fine = words_of([one for known in finely.values() for one, _ in known])
    fine_names = [(id, name) for id, known in finely.items() for _, name in known]
    return _Known(names, every, np.concatenate(radii), HashIndex(every), fine_names, fine, np.concatenate(least))


def _nearest(numbers: Numbers) -> NDArray[np.uint8]:
    """In how many bits each hash differs from the one that is nearest to it; some are compared at a time, as memory must not grow."""
    found = np.empty(len(numbers), np.uint8)
    for first in range(0, len(numbers), _AT_ONCE):
        apart = bits_apart(numbers[first : first + _AT_ONCE, None], numbers)
        apart[np.arange(len(apart)), np.arange(first, first + len(apart))] = BITS
        found[first : first + _AT_ONCE] = apart.min(1)
    return found


def _near(looks: Sequence[Look], known: _Known) -> Iterator[tuple[int, tuple[str, str]]]:
    """The place of each picture that is near to a known one, and source and name of the nearest."""
    numbers, kinds = np.concatenate([one.numbers for one in looks]), np.concatenate([one.kinds for one in looks])
    owner = np.repeat(np.arange(len(looks)), [len(one.numbers) for one in looks])
    best: dict[int, tuple[int, int]] = {}
    for mine, theirs, apart in known.index.near(numbers, _FARTHEST):
        over = apart.astype(np.int64) - known.radii[theirs, kinds[mine]]
        for at in np.flatnonzero(over <= 0):
            number, found = int(owner[mine[at]]), (int(over[at]), int(theirs[at]))
            best[number] = min(best.get(number, found), found)
    yield from ((number, known.names[nearest]) for number, (_, nearest) in best.items())


def _finely_near(looks: Sequence[Look], known: _Known) -> Iterator[tuple[int, tuple[str, str]]]:
    """The same by finer hashes."""
    for number, nearest in alike([one.laid for one in looks], known.fine, known.fine_least):
        yield number, known.fine_names[nearest]
