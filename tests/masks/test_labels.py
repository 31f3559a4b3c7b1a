"""Each part of the mask vocabulary by itself: exact label maps, and a rejection for what nobody declared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hf_medseg.errors import Rejected
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.cells import Instances, MaskList, Native, Overlap
from hf_medseg.masks.labels import (
    Colours,
    Labels,
    Nearest,
    OneValue,
    Painted,
    Threshold,
    UpperHalf,
    Values,
    map_values,
    nearest_index,
    on_grid,
)
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone
from hf_medseg.raw.tree import open_raw_tree
from tests.support import kit

SHAPE = (1, 10, 14)


def picture(folder: Path, array: Any, name: str = "m.png", **options: Any) -> Picture:
    path = kit.save(folder / name, array, **options)
    return Picture(RawFile(name, path.stat().st_size, Alone(str(path))))


def labels(part: Labels) -> Any:
    return on_grid(part, Reader(), SHAPE)[0]


BLOB = kit.disc(10, 14, 4, 5, 3)


@pytest.mark.parametrize("high", [True, 1, 255])
def test_values_of_one_bit_and_grey_masks(high: Any, tmp_path: Path) -> None:
    array = BLOB if high is True else (BLOB * high).astype(np.uint8)
    stored = 255 if high is True else high
    assert np.array_equal(labels(Values(picture(tmp_path, array), {0: 0, stored: 3})), BLOB * 3)


@pytest.mark.parametrize("high", [1, 7, 255])
def test_one_value_is_the_foreground_whatever_it_is(high: int, tmp_path: Path) -> None:
    assert np.array_equal(labels(OneValue(picture(tmp_path, (BLOB * high).astype(np.uint8)), 3)), BLOB * 3)


def test_one_value_of_an_empty_mask_and_of_a_full_one(tmp_path: Path) -> None:
    for high in (0, 9):
        found = labels(OneValue(picture(tmp_path, np.full((10, 14), high, np.uint8), f"{high}.png")))
        assert np.array_equal(found, np.full((10, 14), high > 0))


def test_one_value_rejects_a_second_one(tmp_path: Path) -> None:
    array = (BLOB * 2).astype(np.uint8)
    array[0, 0] = 6
    with pytest.raises(Rejected, match="mask values 2, 6 where 0 and one other value are declared"):
        labels(OneValue(picture(tmp_path, array)))


def test_painted_gives_binary_parts_their_classes(tmp_path: Path) -> None:
    """The same parts stay binary in other columns; the higher class wins whatever the order of the parts."""
    low, high = BLOB, np.roll(BLOB, 2, axis=1)
    parts = tuple(OneValue(picture(tmp_path, (one * 255).astype(np.uint8), f"{n}.png")) for n, one in enumerate((high, low)))
    assert np.array_equal(labels(Painted(parts, (5, 2))), np.where(high, 5, low * 2))
    reader = Reader()
    assert np.array_equal(MaskList(parts).values(reader, SHAPE)[0], [high, low])


def test_values_rejects_what_nobody_declared(tmp_path: Path) -> None:
    array = (BLOB * 255).astype(np.uint8)
    array[0, 0], array[0, 1] = 7, 9
    with pytest.raises(Rejected, match="mask values 7, 9 where only 0, 255 are declared"):
        labels(Values(picture(tmp_path, array), {0: 0, 255: 1}))


def test_values_of_equal_channels_merge_and_of_others_reject(tmp_path: Path) -> None:
    grey = (BLOB * 40).astype(np.uint8)
    equal = np.repeat(grey[..., None], 3, axis=2)
    assert np.array_equal(labels(Values(picture(tmp_path, equal), {0: 0, 40: 2})), BLOB * 2)
    equal[3, 3, 0] = 20
    with pytest.raises(Rejected, match="channels differ"):
        labels(Values(picture(tmp_path, equal), {0: 0, 40: 2, 20: 1}))


def test_values_of_16_bit_masks(tmp_path: Path) -> None:
    array = (BLOB * 40357).astype(np.uint16)
    assert np.array_equal(labels(Values(picture(tmp_path, array), {0: 0, 40357: 19})), BLOB * 19)


def test_values_declared_for_wider_masks_do_not_disturb_narrow_ones(tmp_path: Path) -> None:
    values = np.array([[0, 7, 255]], np.uint8)
    assert np.array_equal(map_values(values, {0: 0, 7: 1, 255: 2, 300: 3}, "m.png"), [[0, 1, 2]])
    assert np.array_equal(map_values(values.astype(np.uint16) + 45, {45: 0, 52: 1, 300: 3}, "m.png"), [[0, 1, 3]])


def test_threshold_of_lossy_masks(tmp_path: Path) -> None:
    found = kit.save_jpeg(tmp_path / "m.jpg", np.repeat((BLOB * 255).astype(np.uint8)[..., None], 3, axis=2), quality=80)
    assert len(np.unique(found)) > 2
    part = Threshold(Picture(RawFile("m.jpg", (tmp_path / "m.jpg").stat().st_size, Alone(str(tmp_path / "m.jpg")))))
    assert np.array_equal(labels(part), found[..., 0] > 127)


@pytest.mark.parametrize(
    ("part", "high"),
    [
        (lambda mask: Values(mask, {value: value for value in range(22)}), 21),
        (lambda mask: Values(mask, {50: 0, 11: 1, 21: 2, 13: 3, 12: 4, 0: 255}), 50),
        (lambda mask: Values(mask, {0: 0, 1: 1}), 1),
        (OneValue, 1),
        (OneValue, 255),
        (lambda mask: Threshold(mask, above=0, drawn=False), 200),
    ],
    ids=["codes", "grey codes", "0 and 1", "one value", "white", "cut-out"],
)
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_numbers_that_loss_turns_into_others_are_not_read_from_jpeg(part: Any, high: int, suffix: str, tmp_path: Path) -> None:
    """Whatever the file is called: its samples look like numbers that are declared, and are others."""
    file = kit.save(tmp_path / "mask.jpg", BLOB.astype(np.uint8) * np.uint8(high), quality=60).rename(tmp_path / f"m.{suffix}")
    with pytest.raises(Rejected, match="saved with loss"):
        labels(part(Picture(RawFile(file.name, file.stat().st_size, Alone(str(file))))))


@pytest.mark.parametrize("part", [Threshold, UpperHalf])
def test_a_picture_is_no_mask_of_black_and_white(part: Any, tmp_path: Path) -> None:
    """As where somebody exchanged the folders of pictures and masks."""
    with pytest.raises(Rejected, match="neither black nor white"):
        labels(part(picture(tmp_path, kit.grey("a film", *SHAPE[1:]))))


def test_black_and_white_is_read_from_jpeg_where_nothing_lies_between(tmp_path: Path) -> None:
    mask = np.zeros(SHAPE[1:], np.uint8)
    mask[:8, :8] = 255
    assert (labels(Values(picture(tmp_path, mask, "m.jpg", quality=95), {0: 0, 255: 1})) == mask // 255).all()


@pytest.mark.parametrize("high", [1, 2, 127])
def test_a_threshold_does_not_empty_a_mask_of_class_numbers(high: int, tmp_path: Path) -> None:
    numbers = picture(tmp_path, (BLOB * high).astype(np.uint8))
    with pytest.raises(Rejected, match=rf"its brightest sample is {high}; foreground above 127 expected"):
        labels(Threshold(numbers))
    assert not labels(Threshold(numbers, drawn=False)).any()
    assert not labels(Threshold(picture(tmp_path, BLOB * np.uint8(0)))).any()


def test_threshold_of_palette_and_alpha(tmp_path: Path) -> None:
    path = kit.save_palette(tmp_path / "m.gif", BLOB, [(4, 2, 4), (252, 254, 252)])
    assert np.array_equal(labels(Threshold(Picture(RawFile("m.gif", path.stat().st_size, Alone(str(path)))))), BLOB)
    grey = (BLOB * 255).astype(np.uint8)
    rgba = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    assert np.array_equal(labels(Threshold(picture(tmp_path, rgba))), BLOB)


def test_colours_and_an_undeclared_one(tmp_path: Path) -> None:
    table = {(255, 0, 0): 0, (0, 0, 128): 1, (0, 0, 255): 2, (128, 128, 128): 255}
    index = kit.rng("c").integers(0, 4, (10, 14))
    array = np.array(list(table), np.uint8)[index]
    assert np.array_equal(labels(Colours(picture(tmp_path, array), table)), np.array(list(table.values()))[index])
    array[0, 0] = (1, 2, 3)
    with pytest.raises(Rejected, match=r"colours \(1, 2, 3\)"):
        labels(Colours(picture(tmp_path, array), table))


def test_the_higher_class_wins_and_255_gives_way(tmp_path: Path) -> None:
    low, high = np.zeros((2, 10, 14), np.uint8)
    low[:6], high[4:8], low[9] = 1, 2, 9
    parts = (
        Values(picture(tmp_path, high, "high.png"), {0: 0, 2: 2}),
        Values(picture(tmp_path, low, "low.png"), {0: 0, 1: 1, 9: 255}),
    )
    expected = np.zeros((10, 14), np.uint8)
    expected[:6], expected[4:8], expected[9] = 1, 2, 255
    for order in (parts, parts[::-1]):
        assert np.array_equal(labels(Painted(order)), expected)


def test_instances_list_and_overlap(tmp_path: Path) -> None:
    one, two = np.zeros((2, 10, 14), np.uint8)
    one[:5, :5], two[4:, 4:] = 20, 40
    parts = tuple(Values(picture(tmp_path, a, f"{n}.png"), {0: 0, 20: 1, 40: 2}) for n, a in enumerate((one, two)))
    reader = Reader()
    expected = np.zeros((10, 14), np.uint16)
    expected[:5, :5], expected[4:, 4:] = 1, 2
    assert np.array_equal(Instances(parts).values(reader, SHAPE)[0], expected)
    assert np.array_equal(Instances(parts, (3, 700)).values(reader, SHAPE)[0], np.array([0, 3, 700])[expected])
    first, second = MaskList(parts).values(reader, SHAPE)[0]
    assert np.array_equal(first, one // 20)
    assert np.array_equal(second, two // 20)
    assert Overlap(parts).values(reader, SHAPE) == [True]
    assert Overlap(parts[:1]).values(reader, SHAPE) == [False]


def test_sizes_that_differ_reject(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="the mask has 10 x 14 pixels, its image 14 x 10"):
        labels(Values(picture(tmp_path, BLOB.T), {0: 0, 255: 1}))


def test_nearest_neighbour_and_native(tmp_path: Path) -> None:
    small = kit.rng("n").integers(0, 2, (5, 7)).astype(np.uint8)
    part = Values(picture(tmp_path, small), {0: 0, 1: 1})
    assert np.array_equal(labels(Nearest(part)), np.repeat(np.repeat(small, 2, 0), 2, 1))
    assert np.array_equal(Native(part).values(Reader(), SHAPE)[0], small)


@given(st.integers(1, 500), st.integers(1, 500))
def test_nearest_index_is_the_rule(native: int, full: int) -> None:
    from fractions import Fraction

    expected = [int((Fraction(2 * i + 1, 2)) * native / full) for i in range(full)]
    assert nearest_index(native, full).tolist() == expected


# --- Numbers of classes where black and white are declared -------------------------------------------------------------------------------


def drawn(path: Path, low: int, high: int, side: int = 64) -> RawFile:
    """A mask with two areas of one value each, saved as the suffix says."""
    samples = np.zeros((side, side), np.uint8)
    samples[2:20, 3:30], samples[30:50, 10:40] = low, high
    Image.fromarray(samples).save(path, quality=75)
    return open_raw_tree(path, path.parent / "work").files[0]


@pytest.mark.parametrize(("low", "high"), [(80, 160), (128, 255), (100, 200), (85, 170)])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_threshold_does_not_merge_numbers_of_classes(suffix: str, low: int, high: int, tmp_path: Path) -> None:
    """Where the highest of them lay above 127, the others became background without a word."""
    file = drawn(tmp_path / f"m.{suffix}", low, high)
    with pytest.raises(Rejected, match=rf"m\.{suffix}: it has even areas between black and white, most of them of \d+: numbers of classes"):
        Threshold(Picture(file)).labels(Reader(), (1, 64, 64))


@pytest.mark.parametrize("high", [200, 254, 255])
@pytest.mark.parametrize("quality", [10, 50, 95])
def test_a_mask_of_black_and_white_saved_with_loss_is_thresholded(quality: int, high: int, tmp_path: Path) -> None:
    samples = np.zeros((64, 64), np.uint8)
    samples[3:21, 5:44] = high
    Image.fromarray(samples).save(tmp_path / "m.jpg", quality=quality)
    file = open_raw_tree(tmp_path / "m.jpg", tmp_path / "work").files[0]
    inside = Threshold(Picture(file)).labels(Reader(), (1, 64, 64))[0]
    assert np.array_equal(inside[6:18, 8:41], np.ones((12, 33), np.uint8))
    assert not inside[30:].any()


def test_the_upper_half_does_not_merge_numbers_of_classes(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"m\.png: it has even areas between black and white"):
        UpperHalf(Picture(drawn(tmp_path / "m.png", 1, 2))).labels(Reader(), (1, 64, 64))
    whole = UpperHalf(Picture(drawn(tmp_path / "n.png", 2, 2))).labels(Reader(), (1, 64, 64))[0]
    assert int(whole.sum()) == 18 * 27 + 20 * 30
