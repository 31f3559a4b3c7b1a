"""Where pictures come to lie, and the way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from PIL import Image

from hf_medseg.deriving.depth import in_8_bits, window_of
from hf_medseg.deriving.labels import Relabel
from hf_medseg.deriving.placing import Way, placed_image, placed_mask, restore, way_of
from hf_medseg.deriving.recipe import Place

SAME = np.arange(256, dtype=np.uint8)
sides = some.integers(1, 40)
masks = some.tuples(sides, sides).flatmap(lambda shape: arrays(np.uint8, shape, elements=some.sampled_from((0, 1, 2, 3, 255))))
places = some.builds(
    Place,
    size=some.one_of(some.none(), some.integers(1, 60), some.tuples(sides, sides)),
    fit=some.sampled_from(("pad", "crop", "stretch")),
    margin=some.sampled_from((0.0, 0.1, 1.0)),
)

spaced = some.builds(
    Place,
    size=some.one_of(some.none(), some.tuples(sides, sides)),
    fit=some.sampled_from(("pad", "crop")),
    spacing=some.tuples(some.floats(0.3, 4), some.floats(0.3, 4)),
)


def columns(way: Way) -> dict[str, list[int]]:
    return {"original_size": [*way.original], "crop": [*way.crop], "scaled": [*way.scaled], "pad": [*way.pad]}


@given(masks, places)
def test_a_mask_has_no_value_that_it_had_not_and_the_size_that_was_asked_for(mask: np.ndarray, place: Place) -> None:
    way = way_of(place, mask.shape[1], mask.shape[0], mask)
    made = placed_mask(mask, way, 0, SAME)
    assert set(np.unique(made)) <= {0, *np.unique(mask)}
    assert place.sides is None or made.shape == place.sides[::-1]
    assert placed_image(mask, way, place).shape == made.shape


@given(masks, spaced, some.floats(0.3, 4), some.floats(0.3, 4))
def test_a_spacing_gives_the_size_that_was_asked_for_and_the_way_back(mask: np.ndarray, place: Place, row: float, column: float) -> None:
    way = way_of(place, mask.shape[1], mask.shape[0], mask, (row, column))
    made = placed_mask(mask, way, 0, SAME)
    assert place.sides is None or made.shape == place.sides[::-1]
    left, top, width, height = way.crop
    assert 0 <= left <= left + width <= mask.shape[1] and 0 <= top <= top + height <= mask.shape[0] and min(*way.scaled, width, height) > 0
    for length, new, old, step in zip((width, height), way.scaled, (column, row), place.steps[::-1], strict=True):
        assert abs(new - length * old / step) <= max(1.5, old / step), "the spacing is met to a pixel"
    back = restore(columns(way), made)
    assert back.shape == mask.shape
    assert set(np.unique(back)) <= {0, *np.unique(mask)}


classes = some.integers(0, 4)
relabels = some.builds(
    Relabel,
    target=some.lists(classes, min_size=1, max_size=6).map(lambda found: (0, *found)),
    complete=some.frozensets(some.integers(1, 4)),
    size=some.just(4),
)


@given(relabels, some.one_of(some.none(), some.lists(some.integers(0, 6), unique=True)))
def test_what_was_not_searched_for_is_never_background_and_no_class_is_made_up(relabel: Relabel, annotated: list[int] | None) -> None:
    table, searched = relabel.table(annotated), relabel.searched(annotated)
    assert set(table.tolist()) <= {0, 255, *relabel.target}
    assert (table[0] == 0) == (searched == {1, 2, 3, 4})
    if searched != {1, 2, 3, 4}:
        assert 0 not in table, "a pixel may be of the class that nobody looked for"
    assert table[255] == 255
    for index, target in enumerate(relabel.target):
        assert not target or table[index] == target


@given(masks, places)
def test_what_was_not_made_smaller_comes_back_exactly_and_the_rest_to_its_place(mask: np.ndarray, place: Place) -> None:
    way = way_of(place, mask.shape[1], mask.shape[0], mask)
    back = restore(columns(way), placed_mask(mask, way, 0, SAME))
    assert back.shape == mask.shape
    assert back.dtype == mask.dtype
    left, top, width, height = way.crop
    inside = np.s_[top : top + height, left : left + width]
    if way.scaled[0] >= width and way.scaled[1] >= height:
        assert np.array_equal(back[inside], mask[inside])
    outside = np.ones(mask.shape, bool)
    outside[inside] = False
    assert not back[outside].any()


@given(masks, places)
def test_a_crop_loses_no_foreground(mask: np.ndarray, place: Place) -> None:
    left, top, width, height = way_of(place, mask.shape[1], mask.shape[0], mask).crop
    marked = (mask > 0) & (mask < 255)
    assert np.count_nonzero(marked[top : top + height, left : left + width]) == np.count_nonzero(marked)


def test_a_wide_picture_is_padded_above_and_below() -> None:
    way = way_of(Place(size=8), 16, 8, None)
    assert (way.crop, way.scaled, way.pad) == ((0, 0, 16, 8), (8, 4), (0, 2, 0, 2))
    made = placed_image(np.full((8, 16), 200, np.uint8), way, Place(size=8, pad_image=7))
    assert np.array_equal(made, np.repeat([7, 7, 200, 200, 200, 200, 7, 7], 8).reshape(8, 8))
    assert np.array_equal(placed_mask(np.ones((8, 16), np.uint8), way, 255, SAME)[:, 0], [255, 255, 1, 1, 1, 1, 255, 255])


def test_the_reducing_gap_is_pillows() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 120, 3)).astype(np.uint8)
    for gap in (None, 1.0, 3.0):
        place = Place(size=(12, 9), fit="stretch", reducing_gap=gap)
        wanted = np.asarray(Image.fromarray(pixels).resize((12, 9), Image.Resampling.BILINEAR, reducing_gap=gap))
        assert np.array_equal(placed_image(pixels, way_of(place, 120, 90, None), place), wanted)


def test_scores_of_several_classes_come_back_in_their_own_type() -> None:
    way = way_of(Place(size=4), 4, 2, None)
    scores = np.arange(48, dtype=np.float32).reshape(3, 4, 4)
    back = restore(columns(way), scores, fill=-1)
    assert back.dtype == np.float32
    assert np.array_equal(back, scores[:, 1:3])


def test_a_prediction_of_another_size_is_no_prediction_for_the_row() -> None:
    with pytest.raises(ValueError, match=r"has \(3, 4\) rows and columns; the row has \(4, 4\)"):
        restore(columns(way_of(Place(size=4), 4, 2, None)), np.zeros((3, 4)))


def test_a_window_of_physical_values_keeps_bright_what_is_bright() -> None:
    stored = np.array([[0, 32768 - 1024, 32768, 32768 + 1000, 65535]], np.uint16)
    assert in_8_bits(stored, window_of(stored, Place(window=(-1024, 1000)), 1, -32768)).tolist() == [[0, 0, 129, 255, 255]]
    dark = np.array([[0, 2048, 4095]], np.uint16)  # stored = 4095 - raw
    assert in_8_bits(dark, window_of(dark, Place(window=(0, 4095)), -1, 4095)).tolist() == [[0, 128, 255]]
    assert not in_8_bits(stored * 0, window_of(stored * 0, Place(), 1, 0)).any()
