"""A cell: what is counted in it, and that a JPEG of which no pixel is wanted is read to its end all the same."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from hf_medseg.verification import cell
from hf_medseg.verification.cell import Opened, Wrong, open_cell
from tests.support.kit import Array, rng

LABELS: dict[str, Array] = {
    "one value": np.full((3, 7), 255, np.uint8),
    "one sample": np.array([[4]], np.uint8),
    "runs over stretches": np.repeat(np.array([0, 7, 0, 254, 255], np.uint8), 9).reshape(5, 9),
    "no runs": rng("labels").integers(0, 256, (20, 31), np.uint8),
    "a volume as NIfTI holds it": rng("volume").integers(0, 3, (4, 5, 6), np.uint8).transpose(2, 1, 0),
}


@pytest.mark.parametrize("name", LABELS)
def test_every_sample_is_counted_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell, "STRETCH", 8)
    labels = LABELS[name]
    assert Opened(labels, "PNG", "L", labels.shape).counts().tolist() == np.bincount(labels.ravel(), minlength=256).tolist()


def _found(data: bytes, drawn: bool) -> tuple[object, ...]:
    try:
        opened = open_cell(data, drawn=drawn)
    except Wrong as error:
        return error.check, f"{error}"
    return opened.kind, opened.mode, opened.grid


def test_a_jpeg_of_which_no_pixel_is_wanted_is_found_damaged_wherever_it_is() -> None:
    made, wrong = rng("damage"), 0
    for options in ({}, {"progressive": True}, {"restart_marker_rows": 1}):
        stream = io.BytesIO()
        Image.fromarray(made.integers(0, 256, (33, 50, 3), np.uint8)).save(stream, "JPEG", quality=60, **options)
        whole = stream.getvalue()
        assert _found(whole, drawn=False) == ("JPEG", "RGB", (33, 50))
        for place in made.integers(2, len(whole), 60).tolist():
            damaged = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
            assert _found(damaged, drawn=False) == _found(damaged, drawn=True)
            wrong += _found(damaged, drawn=False)[0] != "JPEG"
    assert wrong >= 10  # much damage decodes to another picture, which only the hash of the file tells
