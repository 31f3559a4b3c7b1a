"""Objects as run lengths and outlines: pycocotools is the oracle."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as oracle
from skimage.measure import label

from hf_medseg.exporting.objects import Thing, corners, one_outline, parts, run_lengths
from hf_medseg.masks.polygons import fill_rings
from tests.support.kit import Array

areas = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))).filter(np.any)


def thing(area: Array) -> Thing:
    rows, columns = np.nonzero(area)
    return Thing(1, False, rows.astype(np.int64), columns.astype(np.int64))


@given(areas)
@settings(max_examples=300, deadline=None)
def test_run_lengths_are_those_of_pycocotools(area: Array) -> None:
    expected = oracle.encode(np.asfortranarray(area.astype(np.uint8)))
    assert run_lengths(thing(area), *area.shape) == {"size": list(area.shape), "counts": expected["counts"].decode()}


@given(areas)
@settings(max_examples=300, deadline=None)
def test_outlines_are_painted_back_pixel_by_pixel(area: Array) -> None:
    height, width = area.shape
    found = parts(thing(area))
    assert len(found) == label(area, connectivity=1).max()
    if not any(part.holes for part in found):
        polygons = [[float(number) for point in corners(part.outer) for number in point] for part in found]
        painted = oracle.decode(oracle.merge(oracle.frPyObjects(polygons, height, width)))
        assert np.array_equal(painted.astype(bool), area)
    rings = [np.array(one_outline(part)) / (width, height) * (width, height) - 0.5 for part in found]
    assert np.array_equal(np.logical_or.reduce([fill_rings((ring,), (0, 0, height, width)) for ring in rings]), area)


def test_a_ring_in_a_ring_is_two_parts_and_each_knows_its_hole() -> None:
    area = np.ones((9, 9), bool)
    area[1:8, 1:8] = False
    area[2:7, 2:7] = True
    area[4, 4] = False
    found = parts(thing(area))
    assert sorted((len(corners(part.outer)), [len(hole) for hole in part.holes]) for part in found) == [(4, [4]), (4, [28])]
