"""Quirks of Label Studio, one by one."""

from __future__ import annotations

import json
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
from hf_medseg.sources.via.regions import things_of as via_things
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
        (datumaro, '{"items": [{"id": "a", "annotations": 5}], "categories": {"label": {"labels": []}}}'),
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


def region(kind: str, identity: str = "r", x: float = 0, *, to: str = "image", **said: object) -> dict[str, object]:
    """A square of 10 pixels a side in a picture of 20."""
    value = {"points": [[x, 0], [x + 50, 0], [x + 50, 50], [x, 50]], **said}
    return {"type": kind, "id": identity, "to_name": to, "original_width": 20, "original_height": 20, "value": value}


def task(results: list[dict[str, object]], **data: str) -> bytes:
    """An export of one task."""
    return json.dumps([{"id": 1, "data": data or {"image": "a.png"}, "annotations": [{"result": results}]}]).encode()


def test_a_region_whose_label_stands_in_a_record_of_its_own_is_drawn() -> None:
    results = [region("polygon"), region("labels", labels=["cell"]), region("choices", choices=["good"])]
    assert label_studio(task(results), "a.json").labels == ("cell",)  # type: ignore[union-attr]
    (thing,) = things_of([results], 20, 20)
    assert (thing.label, united(thing.areas, 20, 20).on(20, 20).sum()) == ("cell", 100)


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ([region("polygon")], "an object with 0 labels"),
        ([region("bitmasklabels", bitmasklabels=["cell"])], "an object of the kind bitmasklabels, which is not read"),
        ([region("polygonlabels", to=to, polygonlabels=["cell"]) for to in ("left", "right")], "objects on 2 pictures of one task"),
    ],
)
def test_what_cannot_be_drawn_leaves_no_empty_mask(results: list[dict[str, object]], words: str) -> None:
    assert label_studio(task(results), "a.json") is not None
    with pytest.raises(ValueError, match=words):
        things_of([results], 20, 20)


def test_of_two_pictures_of_a_task_the_one_that_was_drawn_on_counts() -> None:
    index = label_studio(task([region("polygonlabels", to="after", polygonlabels=["cell"])], before="x/a.png", after="x/b.png"), "a.json")
    assert index is not None
    assert index.pictures[0].names == ("x/b.png", "b.png")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"image": "a.png", "label": [{"original_width": 9}]}]', "JSON-MIN"),
        ('[{"data": {"image": "a.png"}, "completions": []}]', "before 1.0"),
    ],
)
def test_other_exports_are_told_by_their_names(text: str, words: str) -> None:
    with pytest.raises(Rejected, match=words):
        label_studio(text.encode(), "a.json")


def test_an_outline_of_via_whose_numbers_make_no_points_is_told_in_words() -> None:
    shape = {"name": "polygon", "all_points_x": [0, 3, 3], "all_points_y": [0, 3]}
    with pytest.raises(ValueError, match="an outline of 3 x and 2 y"):
        via_things([{"shape_attributes": shape, "label": "cell"}], 9, 9)


@pytest.mark.parametrize("label", ["null", "-1", "1"])
def test_an_object_of_datumaro_without_a_listed_label_is_told(label: str) -> None:
    """-1 was the last label of the list."""
    text = '{"items": [{"id": "a", "annotations": [{"label_id": %s}]}], "categories": {"label": {"labels": [{"name": "x"}]}}}'
    with pytest.raises(Rejected, match=r"an object of a has the label .*, which the file does not list"):
        datumaro((text % label).encode(), "a.json")


def test_a_kind_that_supervisely_has_and_nobody_reads_is_named() -> None:
    text = '{"objects": [{"classTitle": "x", "geometryType": "alpha_mask", "bitmap": {}}], "size": {"width": 1, "height": 1}}'
    with pytest.raises(Rejected, match="its object 1 has the type 'alpha_mask'; polygon, rectangle, bitmap, point and line are read"):
        supervisely(text.encode(), "a.json")
