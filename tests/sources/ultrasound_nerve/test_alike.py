"""Frames that look alike and are annotated differently; and whether a mask marks anything."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
from PIL import Image

from hf_medseg.errors import Rejected
from hf_medseg.masks.derived import Larger, Occurs
from hf_medseg.masks.rle import Rle
from hf_medseg.raw.files import Reader
from hf_medseg.sources.ultrasound_nerve.alike import Sketch, contradictions, dice, sketch


def _sketch(pixels: np.ndarray) -> Sketch:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "TIFF")
    return sketch(buffer.getvalue(), "a.tif")


def _frame(seed: int, height: int = 45, width: int = 30) -> np.ndarray:
    """A steep slope of grey that depends on the seed, so that frames of different seeds look different."""
    levels = np.random.default_rng(seed).permutation(9)[: height // 5] * 28 + 10
    return np.repeat(np.repeat(levels, 5)[:, np.newaxis], width, axis=1).astype(np.uint8)


def _mask(*rows: int) -> np.ndarray:
    mask = np.zeros((45, 30), np.uint8)
    mask[list(rows), 3:9] = 255
    return mask


def test_strips_count_levels_of_grey() -> None:
    found = np.frombuffer(_sketch(np.full((45, 30), 255, np.uint8)).strips, np.uint32).reshape(-1, 9)
    assert found.tolist() == [[0] * 8 + [600], [0] * 8 + [600], [0] * 8 + [150]]


def test_two_valued_pictures_keep_their_pixels_and_others_do_not() -> None:
    assert np.array_equal(_sketch(_mask(1, 2)).pixels(), _mask(1, 2).reshape(-1) > 0)
    assert not _sketch(_mask()).pixels().any()
    assert _sketch(_frame(1)).foreground is None
    assert len(pickle.dumps(_sketch(_frame(1)))) < 1000


def test_alike_frames_with_different_masks_contradict_each_other() -> None:
    nearly = _frame(1)
    nearly[7, 3:6] += 2
    pairs = {
        "a": (_sketch(_frame(1)), _sketch(_mask(4, 5, 6))),
        "b": (_sketch(nearly), _sketch(_mask())),
        "c": (_sketch(_frame(2)), _sketch(_mask(4, 5))),
        "d": (_sketch(_frame(2)), _sketch(_mask(4, 5, 6))),
        "e": (_sketch(_frame(3)), _sketch(_mask())),
        "f": (_sketch(_frame(3)), _sketch(_mask())),
    }
    assert contradictions(pairs) == {"a", "b"}


def test_what_the_survey_could_not_look_at_takes_no_part() -> None:
    damaged = Rejected("x.tif", "cut")
    whole = (_sketch(_frame(1)), _sketch(_mask(3)))
    other = (_sketch(_frame(1)[:40]), _sketch(_mask()[:40]))
    assert contradictions({1: whole, 2: (damaged, _sketch(_mask())), 3: (_sketch(_frame(1)), None), 4: other}) == set()
    assert contradictions({}) == set()


def test_dice() -> None:
    one, other = np.array([True, True, False]), np.array([True, False, False])
    assert dice(one, other) == pytest.approx(2 / 3)
    assert dice(~(one | ~one), ~(one | ~one)) == 1.0


@pytest.mark.parametrize("data", [b"", b"no picture", b"II*\0"])
def test_a_damaged_picture_is_rejected(data: bytes) -> None:
    with pytest.raises(Rejected):
        sketch(data, "a.tif")


def test_colours_are_rejected() -> None:
    with pytest.raises(Rejected, match="grey"):
        _sketch(np.random.default_rng(0).integers(0, 256, (20, 20, 3)).astype(np.uint8))


def test_whether_a_mask_marks_anything() -> None:
    assert Occurs(Rle("2 1", "t.csv")).values(Reader(), (1, 2, 2)) == [True]
    assert Occurs(Rle("", "t.csv")).values(Reader(), (1, 2, 2)) == [False]


def test_which_of_two_masks_marks_more() -> None:
    small, large, broken = Rle("2 1", "a.csv"), Rle("1 2", "b.csv"), Rle("2 99", "c.csv")

    def word(part: Rle, *others: Rle) -> list[str | None]:
        return Larger(part, others, "large", "small").values(Reader(), (1, 2, 2))

    assert [word(large, small), word(small, large), word(small, large, broken)] == [["large"], ["small"], ["small"]]
    assert [word(small), word(small, broken), word(small, small)] == [[None]] * 3
    with pytest.raises(Rejected):
        word(broken, small)
