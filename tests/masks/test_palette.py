"""Pictures read through their palette, as their brightest channel, and as masks of unknown coding."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from hf_medseg.errors import Rejected
from hf_medseg.formats.picture import Picture
from hf_medseg.formats.pixels import decode
from hf_medseg.masks.coding import look
from hf_medseg.masks.labels import Threshold
from hf_medseg.masks.palette import Brightest, Indexed, MaskValues, mask_values
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.tree import open_raw_tree
from tests.support.kit import colour, encode, grey, save, save_jpeg, save_palette

INDICES = grey("readings", 12, 17, 4)
PALETTE = [(255, 0, 0), (0, 0, 128), (0, 0, 255), (128, 128, 128)]


def raw(path: Path) -> RawFile:
    return open_raw_tree(path, path.parent).files[0]


@pytest.mark.parametrize("suffix", ["bmp", "png", "gif"])
def test_indexed_gives_the_colours_of_the_palette(tmp_path: Path, suffix: str) -> None:
    file = raw(save_palette(tmp_path / f"m.{suffix}", INDICES, PALETTE))
    assert np.array_equal(Indexed(file).array(Reader())[0], np.array(PALETTE, np.uint8)[INDICES])


@pytest.mark.parametrize("pixels", [colour("no palette", 9, 8), grey("no palette", 9, 8)], ids=["rgb", "grey"])
def test_indexed_rejects_a_picture_without_palette(tmp_path: Path, pixels: Any) -> None:
    with pytest.raises(Rejected, match=r"m\.bmp: a picture with a palette expected"):
        Indexed(raw(save(tmp_path / "m.bmp", pixels))).array(Reader())


def test_brightest_is_the_highest_channel(tmp_path: Path) -> None:
    pixels = colour("brightest", 9, 13)
    file = raw(save(tmp_path / "s.png", pixels))
    assert np.array_equal(Brightest(Picture(file)).array(Reader())[0], pixels.max(axis=2))
    # A pure blue of 65 is dark by its luma: only the brightest channel finds it.
    blue = raw(save(tmp_path / "b.png", np.full((2, 3, 3), (0, 0, 65), np.uint8)))
    assert Threshold(Brightest(Picture(blue)), 64).labels(Reader(), (1, 2, 3)).all()


def test_brightest_leaves_a_grey_picture_alone(tmp_path: Path) -> None:
    pixels = grey("brightest", 5, 6)
    assert np.array_equal(Brightest(Picture(raw(save(tmp_path / "g.png", pixels)))).array(Reader())[0], pixels)


def test_mask_values_of_every_coding(tmp_path: Path) -> None:
    cases = {
        "palette.png": (INDICES, save_palette(tmp_path / "palette.png", INDICES, PALETTE)),
        "grey.png": (INDICES, save(tmp_path / "grey.png", INDICES)),
        "equal.png": (INDICES, save(tmp_path / "equal.png", np.repeat(INDICES[..., None], 3, axis=2))),
        "one.png": ((INDICES > 1) * np.uint8(255), save(tmp_path / "one.png", INDICES > 1)),
        "wide.png": (INDICES.astype(np.uint16) * 1000, save(tmp_path / "wide.png", INDICES.astype(np.uint16) * 1000)),
    }
    for name, (expected, path) in cases.items():
        assert np.array_equal(MaskValues(raw(path)).array(Reader())[0], expected), name
        assert list(look(path.read_bytes(), name).values) == list(np.unique(expected)), name


@pytest.mark.parametrize("name", ["grey.jpg", "named_wrongly.png"])
def test_mask_values_of_a_jpeg_are_thresholded_whatever_its_name(tmp_path: Path, name: str) -> None:
    stored = save_jpeg(tmp_path / name, np.kron(INDICES > 1, np.ones((5, 5), np.uint8)) * np.uint8(255), quality=60)
    assert len(np.unique(stored)) > 2
    assert np.array_equal(mask_values((tmp_path / name).read_bytes(), name), np.where(stored > 127, 255, 0))


def test_mask_values_of_a_colour_jpeg_go_by_luma(tmp_path: Path) -> None:
    save_jpeg(tmp_path / "c.jpg", np.full((16, 16, 3), (250, 250, 245), np.uint8))
    assert (mask_values((tmp_path / "c.jpg").read_bytes(), "c.jpg") == 255).all()


def test_mask_values_reject_colours() -> None:
    with pytest.raises(Rejected, match="channels differ"):
        mask_values(encode(colour("differs", 6, 7)), "m.png")


def test_values_must_be_whole_numbers() -> None:
    for value in (0.5, np.inf, np.nan):
        with pytest.raises(Rejected, match="no whole numbers"):
            mask_values(encode(np.array([[0, value]], np.float32), "TIFF"), "m.tif")
    assert list(look(encode(np.array([[0, 3]], np.float32), "TIFF"), "m.tif").values) == [0, 3]


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_lossless_masks_keep_every_value(values: Any) -> None:
    assert np.array_equal(mask_values(encode(values), "m.png"), values)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"BM", b"\x89PNG\r\n\x1a\n", b"II*\0"]))
def test_hostile_bytes_are_rejected_by_name(tail: bytes, head: bytes) -> None:
    with pytest.raises(Rejected, match=r"m\.bin"):
        look(head + tail, "m.bin")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_mask_is_rejected_or_read(place: int, value: int) -> None:
    data = bytearray(DAMAGED)
    data[place % len(data)] = value
    try:
        look(bytes(data), "m.bmp")
    except Rejected as error:
        assert error.file == "m.bmp"


def _palette_bmp() -> bytes:
    import io

    picture = Image.fromarray(INDICES)
    picture.putpalette([value for entry in PALETTE for value in entry])
    buffer = io.BytesIO()
    picture.save(buffer, "BMP")
    return buffer.getvalue()


DAMAGED = _palette_bmp()


@pytest.mark.parametrize("bits", [2, 4])
def test_numbers_of_classes_of_2_and_4_bits_are_the_stored_ones(bits: int, tmp_path: Path) -> None:
    """They were stretched to 8 bits, as pictures are shown: 85 and 170, or 17 and 34, in the place of 1 and 2."""
    stored = (np.arange(6 * 8).reshape(6, 8) % 3).astype(np.uint8)
    packed = b"".join(b"\0" + np.packbits((row[:, None] >> np.arange(bits - 1, -1, -1)) & 1).tobytes() for row in stored)
    header = struct.pack(">IIBBBBB", 8, 6, bits, 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(packed)), (b"IEND", b"")]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    width = len(packed) // 6
    rows = b"".join(packed[start + 1 : start + width] for start in range(0, len(packed), width))
    tags = [(256, 8), (257, 6), (258, bits), (259, 1), (262, 1), (273, 8), (277, 1), (278, 6), (279, len(rows))]
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags) + bytes(4)
    tiff = b"II*\0" + struct.pack("<I", 8 + len(rows)) + rows + directory
    for data in (png, tiff):
        assert np.array_equal(mask_values(data, "m"), stored)
        assert np.array_equal(decode(data, "m"), stored * (255 // ((1 << bits) - 1)))  # a picture is what viewers show
