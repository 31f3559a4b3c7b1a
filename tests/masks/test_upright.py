"""What stands beside a picture that an orientation tag turns comes onto its stored grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hf_medseg.dataset.columns import FLAG, FLOAT64, PICTURE, TEXT, ListOf, Record
from hf_medseg.masks.polygons import OUTLINES
from hf_medseg.masks.upright import Turn, turned, turned_back
from tests.support import kit

BOXES = ListOf(Record(dict.fromkeys(("x", "y", "width", "height"), FLOAT64)))
STORED = kit.grey("upright", 5, 8)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_back_is_exact(orientation: int) -> None:
    assert np.array_equal(turned_back(turned(STORED, orientation), orientation), STORED)
    wide = kit.grey("wide", 5, 8, 65536, np.uint16)
    assert np.array_equal(turned_back(turned(wide, orientation), orientation), wide)


@pytest.mark.parametrize("own", range(1, 9))
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_and_lists_of_them_are_turned(orientation: int, own: int) -> None:
    drawn = turned_back(turned(STORED, orientation), own)
    turn = Turn((8, 5), own, orientation)
    assert turn.shape == (1, *drawn.shape)
    assert np.array_equal(turn.value(PICTURE, drawn, "a"), STORED)
    found: Any = turn.value(ListOf(PICTURE), [drawn, drawn], "a")
    assert len(found) == 2 and all(np.array_equal(one, STORED) for one in found)
    coloured = kit.colour("upright", 5, 8)
    picture = np.dstack([turned_back(turned(coloured[..., k], orientation), own) for k in range(3)])
    assert turn.value(PICTURE, kit.encode(picture), "a") is not None
    from hf_medseg.formats.pixels import decode

    assert np.array_equal(decode(turn.value(PICTURE, kit.encode(picture), "a"), "a"), coloured)
    assert turn.value(FLAG, True, "a") is True
    assert turn.value(TEXT, "left", "a") == "left"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_and_outlines_are_turned_with_the_samples(orientation: int) -> None:
    stored = np.zeros((5, 8), np.uint8)
    stored[1:3, 2:7] = 1
    rows, columns = np.nonzero(turned(stored, orientation))
    y, x = float(rows.min()), float(columns.min())
    box = {"x": x, "y": y, "width": float(columns.max()) + 1 - x, "height": float(rows.max()) + 1 - y, "label": "polyp"}
    turn = Turn((8, 5), 1, orientation)
    assert turn.value(BOXES, [box], "a") == [{"x": 2.0, "y": 1.0, "width": 5.0, "height": 2.0, "label": "polyp"}]
    outline = {"name": "a", "x": columns.astype(float).tolist(), "y": rows.astype(float).tolist()}
    (found,) = turn.value(OUTLINES, [outline], "a")
    assert set(zip(found["y"], found["x"], strict=True)) == set(zip(*np.nonzero(stored), strict=True))
