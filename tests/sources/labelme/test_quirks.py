"""LabelMe's quirks, one by one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused, Rejected
from hf_medseg.sources.annotated import AboutDrawings, classes_of
from hf_medseg.sources.labelme_json import sheet_of
from tests.support import kit


def _sheet(*shapes: dict[str, Any]) -> Any:
    return sheet_of(json.dumps({"shapes": list(shapes), "imagePath": "a.png", "imageHeight": 5, "imageWidth": 6}).encode(), "a.json")


def test_a_json_file_of_something_else_is_left_alone() -> None:
    assert sheet_of(b'{"images": []}', "a.json") is None and sheet_of(b"[1, 2]", "a.json") is None


def test_a_file_of_an_old_version_says_no_type_which_is_a_polygon() -> None:
    sheet = _sheet({"label": "cell", "points": [[0, 0], [3, 0], [3, 3]]})
    assert sheet.size == (6, 5) and len(sheet.things[0].areas) == 1


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ({"points": [[0, 0]]}, "no 'label'"),
        ({"label": "a", "points": [[0, 0], [1, 1], [2, None]]}, "no pairs of numbers"),
        ({"label": "a", "points": "x"}, "could not convert"),
        ({"label": "a", "points": [[0, 0], [4, 4]], "shape_type": "mask", "mask": "!!"}, "a mask that cannot be read"),
        ({"label": "a", "points": [[0, 0], [4, 4]], "shape_type": "mask"}, "no 'mask'"),
        ({"label": "a", "points": [[0, 0], [1e300, 4], [3, 3]]}, "lies in no picture"),
    ],
)
def test_a_shape_that_cannot_be_read_is_named(shape: dict[str, Any], words: str) -> None:
    with pytest.raises(Rejected, match=rf"its shape 1 has .*{words}"):
        _sheet(shape)


def test_where_no_file_can_be_read_the_first_one_says_why_there_are_no_classes() -> None:
    unread = Rejected("b.json", "a JSON file expected.", "Open it in LabelMe and save it again.")
    with pytest.raises(Refused, match=r"No annotation file names an object. b.json: a JSON file expected. Open it in LabelMe"):
        classes_of(AboutDrawings(), [], [unread])
    assert classes_of(AboutDrawings(classes=("cell",)), [], [unread]) == ("cell",)


def test_classes_that_differ_in_blanks_or_capitals_alone_are_told(tmp_path: Path) -> None:
    kit.save(tmp_path / "raw" / "a.png", kit.grey("a", 8, 9))
    shapes = [{"label": label, "points": [[1, 1], [5, 1], [5, 4]]} for label in ("Lesion", "lesion ", "vessel")]
    kit.write(tmp_path / "raw" / "a.json", json.dumps({"shapes": shapes, "imagePath": "a.png", "imageHeight": 8, "imageWidth": 9}))
    report = convert("labelme", tmp_path / "raw", tmp_path / "out", workers=1, progress=False).report
    (note,) = report["configs"]["default"]["known"]
    words = "the classes 'Lesion', 'lesion ' differ in blanks or capitals alone: rename their objects if they are one class"
    assert (note["path"], note["reason"]) == ("a.json", words)


def test_an_object_called_background_is_the_background(tmp_path: Path) -> None:
    """It was a second class of that name, and `datasets` opens no table with two."""
    kit.save(tmp_path / "raw" / "a.png", kit.grey("a", 8, 9))
    shapes = [{"label": label, "points": [[1, y], [5, y], [5, y + 2], [1, y + 2]]} for label, y in (("background", 1), ("lesion", 4))]
    kit.write(tmp_path / "raw" / "a.json", json.dumps({"shapes": shapes, "imagePath": "a.png", "imageHeight": 8, "imageWidth": 9}))
    done = convert("labelme", tmp_path / "raw", tmp_path / "out", workers=1, progress=False)
    section = done.report["configs"]["default"]
    assert section["classes"] == ["background", "lesion"] and section["splits"]["train"]["pixels"] == {"background": 64, "lesion": 8}
    ((row,),) = (pq.read_table(done.out / name).to_pylist() for name in section["splits"]["train"]["shards"])
    assert [(one["label"], one["instance"]) for one in row["objects"]] == [(0, 0), (1, 2)]
