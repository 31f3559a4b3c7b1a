"""Objects of an annotation tool painted on one picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from hf_medseg.errors import Rejected
from hf_medseg.masks.areas import Area, Rectangle
from hf_medseg.masks.drawing import CLIPPED, EMPTY, Canvas, Thing
from hf_medseg.raw.files import RawFile, Reader

CLASSES = {"cell": 1, "nucleus": 2}


@dataclass(frozen=True)
class Given:
    found: tuple[Thing, ...]
    drawn: tuple[int, int] | None = (8, 6)
    path: str = "a.json"

    def files(self) -> tuple[RawFile, ...]:
        return ()

    def size(self, reader: Reader) -> tuple[int, int] | None:
        return self.drawn

    def things(self, reader: Reader, width: int, height: int) -> tuple[Thing, ...]:
        return self.found


def _paint(*things: Thing, drawn: tuple[int, int] | None = (8, 6)) -> tuple[dict[str, object], Reader]:
    reader, columns = Reader(), Canvas(Given(things, drawn), CLASSES).columns()
    return {name: recipe.values(reader, (1, 6, 8))[0] for name, recipe in columns.items()}, reader


def _box(label: str, left: float, top: float, right: float, bottom: float, **more: bool) -> Thing:
    area: Area = Rectangle(left, top, right, bottom)
    return Thing(label, (area,), f"{left},{top}", **more)


def test_the_higher_class_wins_in_the_mask_and_the_later_object_in_instances() -> None:
    row, _ = _paint(_box("nucleus", 1, 1, 3, 3), _box("cell", 0, 0, 5, 4))
    mask, instances = np.zeros((6, 8)), np.zeros((6, 8))
    mask[:4, :5], mask[1:3, 1:3] = 1, 2
    instances[1:3, 1:3] = 1
    instances[:4, :5] = 2
    assert np.array_equal(row["mask"], mask) and np.array_equal(row["instances"], instances)  # type: ignore[arg-type]
    assert row["mask_overlap"] is True
    assert [(one["label"], one["instance"], one["segmentation"]) for one in row["objects"]] == [  # type: ignore[attr-defined]
        ("nucleus", 1, "1,1"),
        ("cell", 2, "0,0"),
    ]


def test_neighbours_do_not_overlap() -> None:
    row, reader = _paint(_box("cell", 0, 0, 4, 6), _box("nucleus", 4, 0, 8, 6))
    assert row["mask_overlap"] is False and not reader.notes


def test_a_crowd_has_a_class_and_no_number() -> None:
    row, _ = _paint(_box("cell", 0, 0, 2, 2, crowd=True), _box("cell", 4, 0, 6, 2))
    assert np.unique(row["instances"]).tolist() == [0, 2]  # type: ignore[call-overload]
    assert np.count_nonzero(row["mask"]) == 8  # type: ignore[call-overload]


def test_what_reaches_beyond_the_picture_and_what_encloses_nothing_is_noted() -> None:
    row, reader = _paint(_box("cell", -2, 4, 3, 9), Thing("cell", ()), _box("cell", 20, 20, 30, 30))
    assert np.count_nonzero(row["mask"]) == 6  # type: ignore[call-overload]
    assert reader.notes == [("a.json", CLIPPED), ("a.json", EMPTY)]


def test_a_picture_of_another_size_and_an_unknown_class_are_rejected_by_name() -> None:
    with pytest.raises(Rejected, match=r"a.json: it was drawn on a picture of 6 x 8 pixels, the picture has 8 x 6"):
        _paint(_box("cell", 0, 0, 2, 2), drawn=(6, 8))
    with pytest.raises(Rejected, match="object 1 is called 'stroma'; known are cell, nucleus"):
        _paint(_box("stroma", 0, 0, 2, 2))
