"""Areas of annotation tools: each against an oracle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hf_medseg.masks.areas import Brush, CocoOutline, Ellipse, Outline, Rectangle, Runs, counts_of, outline_of, united

oracle = pytest.importorskip("pycocotools.mask")

MASKS = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=40))
NUMBER = st.one_of(st.integers(-30, 70).map(float), st.integers(-120, 300).map(lambda n: n / 4), st.floats(-30, 70))
OUTLINE = st.lists(st.tuples(NUMBER, NUMBER), min_size=3, max_size=12, unique=True)


def _painted(points: Any, height: int, width: int) -> Any:
    return oracle.decode(oracle.frPyObjects([np.asarray(points, float).ravel().tolist()], height, width)[0]).astype(bool)


@settings(max_examples=400)
@given(OUTLINE, st.integers(1, 45), st.integers(1, 45))
def test_coco_outlines_are_those_of_pycocotools(points: list[tuple[float, float]], height: int, width: int) -> None:
    assert np.array_equal(CocoOutline(np.array(points)).patch(height, width).on(height, width), _painted(points, height, width))


def test_a_large_outline_of_many_points_is_that_of_pycocotools() -> None:
    turn = np.linspace(0, 2 * np.pi, 900, endpoint=False)
    radius = 180 + 60 * np.random.default_rng(3).random(900)
    points = np.stack([260 + radius * np.cos(turn), 230 + radius * np.sin(turn)], 1)
    assert np.array_equal(CocoOutline(points).patch(480, 640).on(480, 640), _painted(points, 480, 640))


@given(MASKS)
def test_run_lengths_are_those_of_pycocotools_packed_and_not(mask: Any) -> None:
    height, width = mask.shape
    packed = oracle.encode(np.asfortranarray(mask.astype(np.uint8)))
    counts = counts_of(packed["counts"].decode())
    assert np.array_equal(Runs(counts, height, width).patch(height, width).on(height, width), mask)
    assert oracle.frPyObjects({"counts": counts.tolist(), "size": [height, width]}, height, width) == packed


@given(st.lists(st.integers(0, 3_000_000), min_size=3, max_size=9))
def test_long_runs_are_unpacked_as_pycocotools_packs_them(counts: list[int]) -> None:
    counts[1:] = [number or 1 for number in counts[1:]]
    packed = oracle.frPyObjects({"counts": counts, "size": [sum(counts), 1]}, sum(counts), 1)
    assert counts_of(packed["counts"].decode()).tolist() == counts


@pytest.mark.parametrize("text", ["", "`", "a", "12\x7f", "\u00e9", "o" * 40 + "1"])
def test_packed_run_lengths_that_are_cut_are_told(text: str) -> None:
    with pytest.raises(ValueError, match="packed run lengths"):
        counts_of(text)


def test_run_lengths_of_another_size_are_told() -> None:
    with pytest.raises(ValueError, match="3 x 2 pixels, where the picture has 2 x 3"):
        Runs(np.array([6]), 2, 3).patch(3, 2)
    with pytest.raises(ValueError, match="make 5 pixels"):
        Runs(np.array([2, 3]), 2, 3).patch(2, 3)


@settings(max_examples=150)
@given(OUTLINE)
def test_the_rule_of_centres_is_that_of_skimage(points: list[tuple[float, float]]) -> None:
    measure = pytest.importorskip("skimage.measure")
    height, width = 40, 35
    rows, columns = np.mgrid[:height, :width] + 0.5
    centres = np.stack([columns.ravel(), rows.ravel()], 1)
    expected = measure.points_in_poly(centres, points).reshape(height, width)
    found = Outline(np.array(points)).patch(height, width).on(height, width)
    for row, column in np.argwhere(found != expected):  # on a line the two may differ, as the rule says which side counts
        assert _distance(points, column + 0.5, row + 0.5) < 1e-6


def _distance(points: list[tuple[float, float]], x: float, y: float) -> float:
    nearest = math.inf
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
        length = (bx - ax) ** 2 + (by - ay) ** 2
        t = 0.0 if length == 0 else min(max(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0), 1)
        nearest = min(nearest, math.hypot(ax + t * (bx - ax) - x, ay + t * (by - ay) - y))
    return nearest


def test_holes_are_taken_out_and_a_hole_beyond_the_outline_adds_nothing() -> None:
    square = np.array([(1.0, 1), (7, 1), (7, 7), (1, 7)])
    hole = np.array([(3.0, 3), (9, 3), (9, 5), (3, 5)])
    found = Outline(square, (hole,)).patch(10, 10).on(10, 10)
    expected = np.zeros((10, 10), bool)
    expected[1:7, 1:7] = True
    expected[3:5, 3:7] = False
    assert np.array_equal(found, expected)


def test_a_rectangle_covers_the_pixels_between_its_ends_and_turns_clockwise() -> None:
    assert np.array_equal(np.argwhere(Rectangle(6, 4, 2, 1).patch(9, 9).on(9, 9)), [(r, c) for r in (1, 2, 3) for c in (2, 3, 4, 5)])
    turned = Rectangle(2, 4, 8, 6, 90).patch(10, 10).on(10, 10)
    assert np.array_equal(np.argwhere(turned), [(r, c) for r in range(2, 8) for c in (4, 5)])
    tilted = Rectangle(1, 4, 9, 6, 45).patch(10, 10).on(10, 10)
    assert tilted[2, 2] and tilted[7, 7] and not tilted[7, 2] and not tilted[2, 7]


@given(st.floats(5, 30), st.floats(5, 30), st.floats(2, 12), st.floats(2, 12), st.floats(-180, 180))
def test_an_ellipse_is_that_of_skimage(x: float, y: float, across: float, down: float, degrees: float) -> None:
    draw = pytest.importorskip("skimage.draw")
    rows, columns = draw.ellipse(y - 0.5, x - 0.5, down, across, shape=(36, 37), rotation=-math.radians(degrees))
    expected = np.zeros((36, 37), bool)
    expected[rows, columns] = True
    found = Ellipse(x, y, across, down, degrees).patch(36, 37).on(36, 37)
    assert np.count_nonzero(found != expected) <= 4  # centres on the line


@given(MASKS, st.integers(-45, 45), st.integers(-45, 45))
def test_a_brush_is_cut_at_the_picture(inside: Any, top: int, left: int) -> None:
    height, width = 20, 25
    expected = np.zeros((height, width), bool)
    for row, column in np.argwhere(inside):
        if 0 <= row + top < height and 0 <= column + left < width:
            expected[row + top, column + left] = True
    assert np.array_equal(Brush(top, left, inside).patch(height, width).on(height, width), expected)


def test_several_areas_are_united() -> None:
    found = united((Rectangle(0, 0, 2, 2), Rectangle(5, 3, 20, 20), Rectangle(30, 30, 40, 40)), 6, 8).on(6, 8)
    expected = np.zeros((6, 8), bool)
    expected[:2, :2] = expected[3:, 5:] = True
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([1, 2, 3, 4], "2 different points"),
        ([1, 2, 3], "no pairs"),
        ([1, 2, "x", 4], "no list of numbers"),
        ([0, 0, 1, float("nan"), 1, 1], "lies in no picture"),
        ([0, 0, 1, 1e9, 1, 1], "lies in no picture"),
        ([[1, 2], [1, 2], [1, 2], [3, 4]], "2 different points"),
        ({"x": 1}, "no list of numbers"),
    ],
)
def test_what_is_no_outline_is_told(numbers: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        outline_of(numbers)
