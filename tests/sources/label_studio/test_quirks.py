"""Quirks of Label Studio, one by one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hf_medseg.errors import Rejected
from hf_medseg.masks.areas import united
from hf_medseg.sources.datumaro.items import index_of as datumaro
from hf_medseg.sources.label_studio.results import brush, things_of
from hf_medseg.sources.label_studio.results import index_of as label_studio
from hf_medseg.sources.supervisely.shapes import sheet_of as supervisely
from hf_medseg.sources.via.regions import index_of as via
from tests.sources.label_studio.phantom import pack


def test_a_brush_is_its_fourth_channel() -> None:
    random = np.random.default_rng(3)
    drawn = np.repeat(random.integers(0, 2, (9, 7, 4)).astype(np.uint8) * 255, 2, axis=1)
    assert np.array_equal(brush(pack(drawn.ravel()), 9, 14), drawn[..., 3] > 0)
    with pytest.raises(ValueError, match="a brush of 126 pixels; its picture has 9 x 9"):
        brush(pack(drawn.ravel()), 9, 9)


def test_a_turned_rectangle_turns_about_its_upper_left_corner() -> None:
    value = {"x": 50.0, "y": 10.0, "width": 30.0, "height": 20.0, "rotation": 90, "rectanglelabels": ["a"]}
    record = {"type": "rectanglelabels", "original_width": 20, "original_height": 20, "value": value}
    expected = np.zeros((20, 20), bool)
    expected[2:8, 6:10] = True
    (thing,) = things_of([[record]], 20, 20)
    assert np.array_equal(united(thing.areas, 20, 20).on(20, 20), expected)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (label_studio, '[{"data": {"image": "a.png"}, "annotations": "x"}]'),
        (datumaro, '{"items": [{"id": "a", "annotations": [{"label_id": 9}]}], "categories": {"label": {"labels": []}}}'),
        (via, '{"a": {"filename": "a.png", "regions": 5}}'),
        (supervisely, '{"objects": [[1]], "size": {"width": 1, "height": 1}}'),
    ],
)
def test_json_of_another_form_is_told_by_the_name_of_its_file(read: Callable[[bytes, str], object], text: str) -> None:
    with pytest.raises(Rejected, match=r"a.json: it has another form than the tool writes"):
        read(text.encode(), "a.json")


def test_an_object_with_two_labels_is_not_guessed() -> None:
    record = {"type": "polygonlabels", "original_width": 9, "original_height": 9, "value": {"points": [], "polygonlabels": ["a", "b"]}}
    with pytest.raises(ValueError, match="an object with 2 labels"):
        things_of([[record]], 9, 9)
