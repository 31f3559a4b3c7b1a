"""Polygons from text: what is read, what is inside."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_medseg.errors import Rejected
from hf_medseg.masks.polygons import MAX_POINTS, Between, Outlines, Polygon, fill, points_of
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone

QUARTERS = st.integers(-20, 60).map(lambda n: n / 4)
POLYGON = st.lists(st.tuples(QUARTERS, QUARTERS), min_size=3, max_size=9)


def _file(tmp_path: Path, text: str, name: str = "a.dat") -> RawFile:
    path = tmp_path / name
    path.write_text(text)
    return RawFile(name, path.stat().st_size, Alone(str(path)))


def _inside(points: list[tuple[float, float]], x: int, y: int) -> bool:
    """The rule in exact arithmetic: an odd number of edges is crossed at or left of the pixel's centre."""
    crossed = 0
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
        if (ay <= y) != (by <= y):
            crossing = Fraction(ax) + (y - Fraction(ay)) * (Fraction(bx) - Fraction(ax)) / (Fraction(by) - Fraction(ay))
            crossed += crossing <= x
    return crossed % 2 == 1


@given(POLYGON)
def test_inside_is_what_exact_arithmetic_says(points: list[tuple[float, float]]) -> None:
    found = fill(np.array(points), 11, 13)
    expected = [[_inside(points, x, y) for x in range(13)] for y in range(11)]
    assert np.array_equal(found, expected)


@given(POLYGON, st.integers(0, 8))
def test_direction_and_first_point_do_not_matter(points: list[tuple[float, float]], turn: int) -> None:
    turned = points[turn % len(points) :] + points[: turn % len(points)]
    assert np.array_equal(fill(np.array(points), 12, 9), fill(np.array(turned[::-1]), 12, 9))


@given(st.lists(st.tuples(QUARTERS, QUARTERS), min_size=3, max_size=3, unique=True), st.tuples(QUARTERS, QUARTERS))
def test_areas_with_a_common_edge_share_no_pixel(triangle: list[tuple[float, float]], inner: tuple[float, float]) -> None:
    a, b, c = triangle
    fan = [fill(np.array([p, q, inner]), 14, 14).astype(int) for p, q in ((a, b), (b, c), (c, a))]
    assert np.array_equal(sum(fan) % 2, fill(np.array(triangle), 14, 14))


def test_centres_on_left_and_top_edges_are_inside_on_right_and_bottom_outside() -> None:
    square = fill(np.array([[1.0, 2.0], [4.0, 2.0], [4.0, 5.0], [1.0, 5.0]]), 8, 8)
    assert np.argwhere(square).min(axis=0).tolist() == [2, 1]
    assert np.argwhere(square).max(axis=0).tolist() == [4, 3]


def test_what_lies_beyond_the_picture_is_cut_off() -> None:
    assert fill(np.array([[-9.5, -9.5], [99.5, -9.5], [99.5, 99.5], [-9.5, 99.5]]), 4, 6).all()


@given(st.lists(st.tuples(QUARTERS, QUARTERS), min_size=3, max_size=9, unique=True), st.sampled_from([",", ", ", " ", "\t", ";", " , "]))
def test_every_way_of_writing_gives_the_points(points: list[tuple[float, float]], between: str) -> None:
    text = "\r\n".join(f"{x:.7e}{between}{y}" for x, y in points) + "\r\n\r\n"
    assert points_of(text.encode(), "a.dat").tolist() == [list(point) for point in points]
    assert points_of(b"\xef\xbb\xbf" + text.encode(), "a.dat").tolist() == [list(point) for point in points]


@settings(max_examples=200)
@given(st.binary(max_size=120) | st.text("0123456789.,eE+- \n\tnaif", max_size=120).map(str.encode))
def test_hostile_bytes_are_points_or_rejected(data: bytes) -> None:
    try:
        points = points_of(data, "a.dat")
    except Rejected as error:
        assert error.file == "a.dat"
    else:
        assert np.isfinite(points).all()
        assert fill(points, 5, 7).shape == (5, 7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2\n3,4\n",
        "1,2\n3,4\n1,2\n",
        "1,2\n3,4\nnan,1\n",
        "1,2\n3,4\ninf,1\n",
        "1,2\n3,4\n1e300,1\n",
        "1,2\n3,4,5\n",
        "1,2\n3\n4,5\n7,8\n",
    ],
)
def test_what_encloses_nothing_or_is_no_pair_is_rejected(text: str) -> None:
    with pytest.raises(Rejected):
        points_of(text.encode(), "a.dat")


def test_an_endless_outline_is_rejected() -> None:
    text = "".join(f"{n},{n % 7}\n" for n in range(MAX_POINTS + 1))
    with pytest.raises(Rejected, match="at most"):
        points_of(text.encode(), "a.dat")


def test_an_outline_outside_its_picture_is_rejected(tmp_path: Path) -> None:
    outside = Polygon(_file(tmp_path, "30,1\n35,1\n35,6\n"))
    with pytest.raises(Rejected, match="outside"):
        outside.labels(Reader(), (1, 10, 20))
    assert outside.labels(Reader(), (1, 10, 32)).any()


def test_class_of_the_area_and_named_points(tmp_path: Path) -> None:
    polygon = Polygon(_file(tmp_path, "0.5,0.5\n3.5,0.5\n3.5,2.5\n0.5,2.5\n"), to=2)
    assert polygon.labels(Reader(), (1, 4, 5))[0].tolist() == [[0] * 5, [0, 2, 2, 2, 0], [0, 2, 2, 2, 0], [0] * 5]
    named = Outlines({"cyt01": polygon}).values(Reader(), (1, 4, 5))
    assert named == [[{"name": "cyt01", "x": [0.5, 3.5, 3.5, 0.5], "y": [0.5, 0.5, 2.5, 2.5]}]]


def _square(tmp_path: Path, name: str, low: float, high: float) -> Polygon:
    return Polygon(_file(tmp_path, f"{low} {low}\n{high} {low}\n{high} {high}\n{low} {high}\n", name))


def test_the_area_between_two_outlines(tmp_path: Path) -> None:
    inner, outer = _square(tmp_path, "i.txt", 2.5, 5.5), _square(tmp_path, "o.txt", 0.5, 7.5)
    labels = Between(outer, inner, to=2).labels(Reader(), (1, 10, 10))[0]
    expected = np.zeros((10, 10), np.uint8)
    expected[1:8, 1:8] = 2
    expected[3:6, 3:6] = 0
    assert np.array_equal(labels, expected)


def test_an_inner_outline_may_leave_the_outer_by_one_pixel(tmp_path: Path) -> None:
    outer = _square(tmp_path, "o.txt", 1.5, 6.5)
    labels = Between(outer, _square(tmp_path, "i.txt", 0.5, 7.5)).labels(Reader(), (1, 10, 10))
    assert not labels.any()
    with pytest.raises(Rejected, match=r"i2\.txt should lie within it and leaves it: 32 of its 81 pixels are outside") as caught:
        Between(outer, _square(tmp_path, "i2.txt", -0.5, 8.5)).labels(Reader(), (1, 10, 10))
    assert caught.value.file == "o.txt"
