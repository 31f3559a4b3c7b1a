"""Many structures of one volume: painted in order, kept as a list, and never more than one of them in memory."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from hf_medseg.errors import Rejected
from hf_medseg.formats.picture import decode
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
