"""Label pictures whose levels nobody names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_medseg.errors import Rejected
from hf_medseg.masks.labels import Array
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.sources.usc_sipi.levels import Levels, Ranks


@dataclass(frozen=True)
class Given:
    data: Array

    def files(self) -> tuple[RawFile, ...]:
        return (RawFile("levels.tiff", 1, None),)

    def array(self, reader: Reader) -> Array:
        return self.data


@given(st.lists(st.integers(0, 255), min_size=2, max_size=9, unique=True))
def test_levels_become_classes_in_ascending_order(levels: list[int]) -> None:
    data = np.array([levels + levels[:1]], np.uint8)[np.newaxis]
    found = Ranks(Given(data), len(levels)).labels(Reader(), data.shape)
    assert found.dtype == np.uint8
    assert Levels(Given(data)).values(Reader(), data.shape) == [sorted(levels)]
    assert [sorted(levels)[index - 1] for index in found.ravel()] == data.ravel().tolist()


@pytest.mark.parametrize("shape", [(1, 2, 2), (1, 2, 2, 3)])
def test_another_number_of_levels_is_rejected(shape: tuple[int, ...]) -> None:
    data = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    with pytest.raises(Rejected, match=r"levels\.tiff: a grey picture of 3 levels expected"):
        Ranks(Given(data), 3).labels(Reader(), (1, 2, 2))
