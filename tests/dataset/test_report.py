"""`report.json` is read as strictly as it is written: what is no report is told by the name of what is wrong in it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.report import Report, misfit
from hf_medseg.errors import Refused

SPLIT = {
    "rows": 2,
    "rows_with_mask": 2,
    "foreground": 0.5,
    "pixels": {"vessel": 3},
    "rows_per_class": {"vessel": 2},
    "bytes": 9,
    "shards": ["a"],
}
SECTION = {
    "folder": "data",
    "classes": ["background", "vessel"],
    "options": {"any": [1]},
    "limited": {"train": {"taken": 1, "cases": 2}},
    "splits": {"train": SPLIT},
    "splits_without_rows": [],
    "duplicate": [],
    "published": [{"what": "rows", "split": "train", "published": 2, "found": None}],
    "rejected": [{"image_id": "1", "file": "1.jpg", "expected": "a picture", "advice": "fetch it"}],
    "known": [{"path": "a", "reason": "b"}],
    "notes": [{"path": "a", "reason": "b", "files": 3}],
    "not_used": [{"reason": "b", "files": 3}],
}
REPORT: dict[str, Any] = {"source": "chase-db1", "edition": None, "configs": {"default": SECTION}, "later": "unknown keys are no fault"}


def test_a_report_is_one() -> None:
    assert misfit(REPORT) == misfit({}) == ""


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("configs",), [], "configs is list"),
        (("source",), 3, "source is int"),
        (("configs", "default", "splits", "train", "rows"), None, "configs / default / splits / train / rows is NoneType"),
        (("configs", "default", "splits", "train", "rows"), True, "configs / default / splits / train / rows is bool"),
        (("configs", "default", "splits", "train", "foreground"), "half", "configs / default / splits / train / foreground is str"),
        (
            ("configs", "default", "splits", "train", "pixels", "vessel"),
            1.5,
            "configs / default / splits / train / pixels / vessel is float",
        ),
        (("configs", "default", "rejected", 0), "1.jpg", "configs / default / rejected / 0 is str"),
        (("configs", "default", "limited", "train"), {"taken": 1}, "configs / default / limited / train: cases is missing"),
        (("configs", "default", "classes"), "vessel", "configs / default / classes is str"),
        (("configs", "default", "known", 0), {"path": "a"}, "configs / default / known / 0: reason is missing"),
    ],
)
def test_what_is_wrong_in_it_is_named(path: tuple[Any, ...], value: object, said: str, tmp_path: Path) -> None:
    report = copy.deepcopy(REPORT)
    here: Any = report
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    assert misfit(report) == said
    (tmp_path / "report.json").write_text(json.dumps(report))
    with pytest.raises(Refused, match=rf"report\.json is no report of a conversion: {said}\."):
        Output(tmp_path).report()


def test_a_folder_without_a_report_or_with_half_of_one_has_none(tmp_path: Path) -> None:
    assert Output(tmp_path).report() == Report()
    (tmp_path / "report.json").write_text(json.dumps(REPORT)[:-20])
    assert Output(tmp_path).report() == Report()


@pytest.mark.parametrize("content", [[], "text", 3])
def test_json_that_is_no_table_is_no_report(content: object, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps(content))
    with pytest.raises(Refused, match="is no report of a conversion: it is"):
        Output(tmp_path).report()
