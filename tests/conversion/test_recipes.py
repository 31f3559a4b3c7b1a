"""What is kept for a part of a mask while a case is read belongs to that part alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hf_medseg.masks.labels import LabelMap, Labels, Shape, on_grid
from hf_medseg.raw.files import RawFile, Reader


@dataclass(frozen=True, slots=True)
class _Filled(Labels):
    value: int

    def files(self) -> tuple[RawFile, ...]:
        return ()

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        return np.full(shape, self.value, np.uint8)


def test_a_part_that_is_gone_leaves_nothing_to_the_next_one_at_its_address() -> None:
    reader = Reader()
    found = [int(on_grid(_Filled(value), reader, (1, 2, 3)).max()) for value in range(50)]
    assert found == list(range(50)), "a part is made, read and freed: the next one lies where it lay"
