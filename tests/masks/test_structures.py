"""Many structures of one volume: painted in order, kept as a list, and never more than one of them in memory."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from hf_medseg.errors import Rejected
from hf_medseg.formats.pixels import decode
from hf_medseg.masks.labels import LabelMap, Labels, Shape
from hf_medseg.masks.structures import structures
from hf_medseg.raw.files import RawFile, Reader

SHAPE = (3, 4, 5)


@dataclass(frozen=True, eq=False)
class Watched(Labels):
    """A structure that counts how many of its kind are held."""

    number: int
    alive: list[Any]
    most: list[int]
    shape: Shape = field(default=SHAPE)

    def files(self) -> tuple[RawFile, ...]:
        return (RawFile(f"{self.number}.nii.gz", 1, None),)

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        held = sum(one() is not None for one in self.alive)
        self.most[0] = max(self.most[0], held)
        made = np.zeros(self.shape, np.uint8)
        made[self.number % 3, :, self.number % 4 : self.number % 4 + 2] = 1
        self.alive.append(weakref.ref(made))
        return made


def watched(count: int) -> tuple[dict[int, Labels], list[int]]:
    alive: list[Any] = []
    most = [0]
    return {number: Watched(number, alive, most) for number in range(1, count + 1)}, most


def test_117_structures_are_held_one_at_a_time() -> None:
    parts, most = watched(117)
    columns, reader = structures(parts).columns(), Reader()
    mask = columns["mask"].whole(reader, SHAPE)
    expected = np.zeros(SHAPE, np.uint8)
    claims = np.zeros(SHAPE, int)
    for number, part in parts.items():
        inside = part.labels(reader, SHAPE) > 0
        expected[inside] = number
        claims += inside
    most[0] = 0
    assert np.array_equal(mask, expected)
    assert columns["mask_overlap"].values(reader, SHAPE) == [bool((one > 1).any()) for one in claims]
    assert sum(int(one.sum()) for one in columns["masks"].whole(reader, SHAPE)) == int(claims.sum())
    slices = columns["masks"].values(reader, SHAPE)
    assert [len(one) for one in slices] == [117] * 3
    assert sum(int(decode(one, "").sum()) for some in slices for one in some) == int(claims.sum())
    assert most[0] <= 1


def test_the_later_structure_is_painted_over_the_earlier() -> None:
    parts, _ = watched(5)
    mask = structures({5: parts[1], 2: parts[5]}).columns()["mask"].whole(Reader(), SHAPE)
    assert set(np.unique(mask)) == {0, 2, 5}


def test_a_structure_of_another_size_is_rejected_by_name() -> None:
    parts = {1: Watched(1, [], [0]), 2: Watched(2, [], [0], (3, 4, 6))}
    with pytest.raises(Rejected, match=r"2\.nii\.gz: the mask has 6 x 4 x 3 pixels, its image 5 x 4 x 3"):
        structures(parts).columns()["mask"].whole(Reader(), SHAPE)


@pytest.mark.parametrize("kept", [1 << 20, 40, 0])
def test_what_is_too_much_to_keep_is_read_again_and_comes_out_the_same(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(5)
    shape = (4, 9, 11)
    maps = {number: (chance.random(shape) < chance.choice([0.0, 0.02, 0.4])).astype(np.uint8) for number in range(1, 30)}
    read: list[int] = []
    monkeypatch.setattr("hf_medseg.masks.structures._MOST_KEPT", kept)
    columns, reader = structures({number: Known(number, one, read) for number, one in maps.items()}).columns(), Reader()
    assert all(np.array_equal(one, maps[number]) for number, one in enumerate(columns["masks"].whole(reader, shape), 1))
    expected = np.zeros(shape, np.uint8)
    for number, one in maps.items():
        expected[one != 0] = number
    assert np.array_equal(columns["mask"].whole(reader, shape), expected)
    assert columns["mask_overlap"].values(reader, shape) == [bool((sum(maps.values())[k] > 1).any()) for k in range(4)]  # type: ignore[index]
    for k, some in enumerate(columns["masks"].values(reader, shape)):
        assert all(np.array_equal(decode(png, ""), maps[number][k]) for number, png in enumerate(some, 1))
    assert (len(read) == len(maps)) is (kept == 1 << 20)


@dataclass(frozen=True, eq=False)
class Known(Labels):
    """A structure that says when it is read."""

    number: int
    map: LabelMap
    read: list[int]

    def files(self) -> tuple[RawFile, ...]:
        return ()

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        self.read.append(self.number)
        return self.map
