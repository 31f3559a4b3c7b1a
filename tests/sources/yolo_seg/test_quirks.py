"""YOLO's quirks, one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.errors import Rejected
from hf_medseg.sources.yolo_seg.labels import kind_of, numbers_in
from tests.support.harness import run


def test_classes_have_the_names_of_data_yaml_in_its_order(tmp_path: Path) -> None:
    assert run("yolo-seg", "roboflow", tmp_path / "a").names("classes") == ["background", "polyp", "ulcer"]
    assert run("yolo-seg", "no_names", tmp_path / "b").names("classes") == ["background", "class_0", "class_1"]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"0 0.1 0.2 0.3 0.4 0.5 0.6\n", "outline"),
        (b"0 0.1 0.2 0.3 0.4\n", "box"),
        (b"\n \n", "nothing"),
        (b"hello world\n", ""),
        (b"1 2\n", ""),
        (b"10.5 3.2 1 1 1 1 1\n", ""),
        (b"0" + b" 0.25" * 20_000, "outline"),
    ],
)
def test_label_files_are_told_by_their_first_line(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind


def test_a_line_that_is_no_numbers_is_named() -> None:
    with pytest.raises(Rejected, match=r"a.txt: line 2 is 'x 1 2'; numbers expected"):
        numbers_in(b"0 0 0 1 0 1 1\nx 1 2\n", "a.txt")


def test_windows_line_ends_and_exponents_are_read() -> None:
    assert numbers_in(b"3 0 0 1e-1 0 .5 1.\r\n", "a.txt") == [(3, [0, 0, 0.1, 0, 0.5, 1])]
