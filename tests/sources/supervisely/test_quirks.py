"""Quirks of Supervisely, one by one."""

from __future__ import annotations

import base64
import io
import zlib

import numpy as np
import pytest
from PIL import Image

from hf_medseg.sources.supervisely.shapes import bitmap


@pytest.mark.parametrize("mode", ["L", "1", "RGBA", "P"])
def test_a_bitmap_is_read_in_every_mode_that_the_tool_wrote(mode: str) -> None:
    inside = np.array([[1, 0, 1], [0, 1, 0]], bool)
    picture = Image.fromarray(inside.astype(np.uint8) * 255).convert("L")
    if mode == "RGBA":
        picture = Image.merge("RGBA", [Image.new("L", (3, 2), 255)] * 3 + [picture])
    buffer = io.BytesIO()
    if mode == "P":
        picture = picture.point(lambda value: value // 255).convert("P")
        picture.putpalette([0, 0, 0, 255, 0, 0])
        picture.save(buffer, "png", transparency=0)
    else:
        picture.convert(mode).save(buffer, "png")
    assert np.array_equal(bitmap(base64.b64encode(zlib.compress(buffer.getvalue())).decode()), inside)
