"""Columns that follow from the size of the image."""

from hf_medseg.raw.files import Reader
from hf_medseg.sources.segpc_2021.sizes import BySize

CAMERA = BySize({(2560, 1920): "nikon", (2040, 1536): "olympus"})


def test_width_comes_first_and_other_sizes_are_null() -> None:
    assert CAMERA.values(Reader(), (1, 1920, 2560)) == ["nikon"]
    assert CAMERA.values(Reader(), (2, 1536, 2040)) == ["olympus", "olympus"]
    assert CAMERA.values(Reader(), (1, 2560, 1920)) == [None]
    assert CAMERA.files() == ()
