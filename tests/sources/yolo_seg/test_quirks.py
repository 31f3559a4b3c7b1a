"""YOLO's quirks, one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused, Rejected
from hf_medseg.sources.yolo_seg.labels import kind_of, numbers_in
from tests.support.harness import Converted, pixels, run
from tests.support.kit import Phantom, colour, save, write


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


def test_labels_in_pixels_are_refused_with_the_line_that_reads_them(tmp_path: Path) -> None:
    save(tmp_path / "raw/images/a.png", colour("yolo", 16, 32))
    write(tmp_path / "raw/labels/a.txt", "0 3 2 9 2 9 8 3 8\n")
    with pytest.raises(Refused, match=r'line 1 holds 9; parts of .* expected\. If all .*: coordinates = "pixels"'):
        convert("yolo-seg", tmp_path / "raw", tmp_path / "none", workers=1)
    about = write(tmp_path / "about.toml", 'coordinates = "pixels"\n')
    converted = Converted(
        "yolo-seg", Phantom(tmp_path, []), convert("yolo-seg", tmp_path / "raw", tmp_path / "out", workers=1, about=about), tmp_path / "out"
    )
    right = np.zeros((16, 32), np.uint8)
    right[2:8, 3:9] = 1
    assert np.array_equal(pixels(converted.rows()[0]["mask"]), right)


@pytest.mark.parametrize("folder", ["", "val/"])
def test_lists_of_pictures_say_the_splits(folder: str, tmp_path: Path) -> None:
    """They were left alone, and what `val.txt` names came out as `train`."""
    for name, place in (("a", ""), ("b", folder), ("c", "")):
        save(tmp_path / f"raw/images/{place}{name}.png", colour(name, 8, 8))
        write(tmp_path / f"raw/labels/{place}{name}.txt", "0 0 0 1 0 1 1\n")
    write(tmp_path / "raw/train.txt", "data/images/a.png\n" + ("images/val/b.png\n" if folder else ""))
    write(tmp_path / "raw/val.txt", f"./images/{folder}b.png\r\n")
    if folder:
        with pytest.raises(Refused, match=r"train.txt lists images/val/b.png, of which its folder says validation"):
            convert("yolo-seg", tmp_path / "raw", tmp_path / "out", workers=1)
        return
    section = convert("yolo-seg", tmp_path / "raw", tmp_path / "out", workers=1).report["configs"]["default"]
    assert {split: told["rows"] for split, told in section["splits"].items()} == {"train": 1, "validation": 1}
    assert {note["reason"] for note in section["not_used"]} == {"no list of a split names the picture, and others are named"}
