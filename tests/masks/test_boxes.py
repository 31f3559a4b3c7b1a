"""Boxes from JSON and CSV: exact, tied to their picture's size, and never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hf_medseg.errors import Refused, Rejected
from hf_medseg.masks.boxes import Box, Boxes, BoxTable, boxes_of_json
from hf_medseg.raw.files import Reader
from hf_medseg.raw.tree import open_raw_tree

RECORD = {"height": 20, "width": 30, "bbox": [{"label": "polyp", "xmin": 0, "ymin": 2, "xmax": 30, "ymax": 9}]}
EXPECTED = {"x": 0.0, "y": 2.0, "width": 30.0, "height": 7.0, "label": "polyp"}


def table(folder: Path, content: Any, name: str = "table.json") -> Any:
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return open_raw_tree(folder, folder).one(name.replace(".", r"\."))


def test_boxes_become_records(tmp_path: Path) -> None:
    boxes = boxes_of_json(table(tmp_path, {"a": RECORD}))["a"]
    assert boxes.values(Reader(), (1, 20, 30)) == [[EXPECTED]]
    assert boxes.files() == ()


def test_boxes_of_another_size_reject_the_picture(tmp_path: Path) -> None:
    boxes = boxes_of_json(table(tmp_path, {"a": RECORD}))["a"]
    with pytest.raises(Rejected, match="30 x 20 pixels, this one has 15 x 10"):
        boxes.values(Reader(), (1, 10, 15))


def test_a_table_that_does_not_say_the_size_fits_every_picture() -> None:
    assert Boxes((Box(1, 2, 3, 4, "x"),)).values(Reader(), (1, 99, 98)) == [[{"x": 1, "y": 2, "width": 2, "height": 2, "label": "x"}]]


@pytest.mark.parametrize("corners", [(3, 0, 2, 5), (0, 5, 2, 4), (float("nan"), 0, 1, 1)])
def test_corners_in_the_wrong_order_are_no_box(corners: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="is no box"):
        Box(*corners, "x")


def test_copies_of_a_table_must_agree(tmp_path: Path) -> None:
    for folder, content in (("a", {}), ("b", {"a": RECORD})):
        (tmp_path / folder).mkdir()
        table(tmp_path / folder, content)
    with pytest.raises(Refused, match=r"a/table\.json and b/table\.json differ"):
        boxes_of_json(open_raw_tree(tmp_path, tmp_path).find(r"table\.json")["table.json"])


KEYS = ("a", "height", "width", "bbox", "label", "xmin", "ymin", "xmax", "ymax")
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda values: st.lists(values) | st.dictionaries(st.sampled_from(KEYS), values),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(JSON)
def test_any_json_gives_boxes_or_a_refusal(tmp_path: Path, content: Any) -> None:
    try:
        found = boxes_of_json(table(tmp_path, content))
    except Refused as refused:
        assert "table.json" in str(refused)
    else:
        assert all(isinstance(boxes, Boxes) for boxes in found.values())


@pytest.mark.parametrize(
    "text",
    [
        "class_name,x_min,y_min,x_max,y_max\npolyp,0,2,30,9\n",
        "class_name,xmin,ymin,xmax,ymax\npolyp,0,2,30,9\n",
        "\ufeffclass_name;x_min;x_max;y_min;y_max\r\npolyp;0;30;2;9",
    ],
)
def test_csv_boxes(tmp_path: Path, text: str) -> None:
    reader = Reader()
    file = table(tmp_path, text, "boxes.csv")
    assert BoxTable(file).values(reader, (1, 20, 30)) == [[EXPECTED]]
    assert list(reader.sha256) == ["boxes.csv"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "class_name,x_min,y_min,x_max\npolyp,0,2,30\n",
        "class_name,x_min,y_min,x_max,y_max\npolyp,0,2,30\n",
        "class_name,x_min,y_min,x_max,y_max\npolyp,0,2,thirty,9\n",
        "class_name,x_min,y_min,x_max,y_max\npolyp,40,2,30,9\n",
        "version https://git-lfs.github.com/spec/v1\noid sha256:7\nsize 51229\n",
    ],
)
def test_damaged_csv_boxes_reject_the_picture(tmp_path: Path, text: str) -> None:
    with pytest.raises(Rejected, match=r"boxes\.csv"):
        BoxTable(table(tmp_path, text, "boxes.csv")).values(Reader(), (1, 20, 30))
