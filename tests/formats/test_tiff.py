"""Every TIFF comes out with the samples that it holds, or says what it is."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from hf_medseg.errors import Rejected
from hf_medseg.formats import picture
from hf_medseg.formats.floats import ROUNDED
from hf_medseg.formats.pixels import decode
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone
from tests.support import kit

GREY = kit.grey("tiff", 20, 33)
WIDE = kit.grey("tiff wide", 20, 33, 65536, np.uint16)
RGB = kit.colour("tiff rgb", 20, 33)


def tiff(array: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, metadata=options.pop("metadata", None), **options)
    return buffer.getvalue()


def refused(data: bytes, words: str, *, damaged: bool = False) -> str:
    with pytest.raises(Rejected, match=words) as caught:
        decode(data, "a.tif")
    assert damaged or not caught.value.advice.startswith("Fetch"), caught.value.advice
    return caught.value.advice


SAMPLES = {
    "uint8": GREY,
    "uint16": WIDE,
    "RGB": RGB,
    "float32": kit.rng("t").normal(size=(20, 33)).astype(np.float32),
    "bool": GREY > 99,
    "int8": (GREY // 2).astype(np.int8),
    "int16": (WIDE // 2).astype(np.int16),
    "int32": WIDE.astype(np.int32),
    "uint32": WIDE.astype(np.uint32),
    "int64": WIDE.astype(np.int64),
    "uint64": WIDE.astype(np.uint64),
    "float64": (WIDE / 4).astype(np.float64),
    "float16": (GREY / 4).astype(np.float16),
}
LAYOUTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "big-endian": {"byteorder": ">"},
    "BigTIFF": {"bigtiff": True},
    "big-endian BigTIFF": {"bigtiff": True, "byteorder": ">"},
    "tiles": {"tile": (16, 16)},
    "strips": {"rowsperstrip": 3},
    "LZW": {"compression": "lzw"},
    "deflate": {"compression": "zlib"},
    "PackBits": {"compression": "packbits"},
    "LZMA": {"compression": "lzma"},
    "Zstandard": {"compression": "zstd"},
    "predictor": {"compression": "zlib", "predictor": True},
    "big-endian predictor": {"compression": "lzw", "predictor": True, "byteorder": ">"},
    "big-endian LZW": {"compression": "lzw", "byteorder": ">"},
    "description": {"description": "made by a camera"},
    "shape in the description": {"metadata": {}},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", SAMPLES)
def test_samples_are_those_of_the_file(kind: str, layout: str) -> None:
    array, options = SAMPLES[kind], LAYOUTS[layout]
    if options.get("predictor") and kind in ("bool", "int64", "uint64"):
        pytest.skip("no such file can be written")
    data = tiff(array, photometric="rgb" if kind == "RGB" else "minisblack", **options)
    found = decode(data, "a.tif")
    expected = array * np.uint8(255) if kind == "bool" else array
    assert np.array_equal(found, expected)
    assert found.dtype in (np.uint8, np.uint16, np.float32)


@pytest.mark.parametrize("layout", ["plain", "big-endian", "tiles", "deflate"])
def test_channels_apart_are_the_same_picture(layout: str) -> None:
    data = tiff(np.moveaxis(RGB, -1, 0), photometric="rgb", planarconfig="separate", **LAYOUTS[layout])
    assert np.array_equal(decode(data, "a.tif"), RGB)


@pytest.mark.parametrize("array", [GREY, WIDE], ids=["8-bit", "16-bit"])
@pytest.mark.parametrize("layout", ["plain", "big-endian", "LZW", "tiles"])
def test_white_is_zero_is_turned_whatever_the_depth(array: Any, layout: str) -> None:
    data = tiff(array, photometric="miniswhite", **LAYOUTS[layout])
    assert np.array_equal(decode(data, "a.tif"), np.iinfo(array.dtype).max - array)


@pytest.mark.parametrize("bits", [1, 2, 4, 10, 12])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_odd_depths(bits: int, photometric: str) -> None:
    array = kit.grey("odd", 20, 33, 1 << bits, np.uint16 if bits > 8 else np.uint8)
    data = tiff(array, photometric=photometric, bitspersample=bits)
    high = (1 << bits) - 1
    expected = high - array if photometric == "miniswhite" else array
    assert np.array_equal(decode(data, "a.tif"), expected * (255 // high if bits < 8 else 1))


def test_white_that_is_zero_among_negatives_and_floats_is_refused() -> None:
    for array in (SAMPLES["float32"], SAMPLES["int16"], SAMPLES["uint32"]):
        refused(tiff(array, photometric="miniswhite"), "white is 0")


def test_values_below_zero_are_refused_and_read_where_a_sign_is_wanted() -> None:
    for kind in (np.int8, np.int16, np.int32, np.int64):
        array = GREY.astype(kind)
        array[3, 4] = -1
        refused(tiff(array), "values -1")
        signed = tiff(np.where(array < 0, array, 7).astype(kind))
        assert decode(signed, "a.tif", signed=True)[3, 4] == -1
    refused(tiff(WIDE.astype(np.uint32) * 2), "do not fit 16 bits")


@pytest.mark.parametrize("options", [{}, {"byteorder": ">"}, {"compression": "zlib", "predictor": True}])
def test_64_bit_floats_are_rounded_to_32_bits_and_said(options: dict[str, Any], tmp_path: Path) -> None:
    """They were refused, as those of volumes are not."""
    raw = np.random.default_rng(1).normal(0, 1e5, (9, 7))
    raw[0, :2] = 0.1, np.nan
    (tmp_path / "a.tif").write_bytes(tiff(raw, **options))
    reader = Reader()
    stored = picture.Picture(RawFile("a.tif", (tmp_path / "a.tif").stat().st_size, Alone(str(tmp_path / "a.tif")))).encoded(reader)
    found = np.asarray(Image.open(io.BytesIO(stored.data)))
    assert found.dtype == np.float32 and np.array_equal(found, raw.astype(np.float32), equal_nan=True)
    assert reader.notes == [("a.tif", ROUNDED)]
    assert not picture.store(tiff(raw.astype(np.float32).astype(np.float64)), "a.tif").rounded


def test_64_bit_floats_that_no_rounding_keeps_are_refused_by_what_they_are() -> None:
    for array in (np.full((4, 5), 1e60), np.full((4, 5), 1e-60)):
        with pytest.raises(Rejected, match="which a 32-bit float does not hold"):
            picture.store(tiff(array), "a.tif")
    assert "32-bit floats" in refused(tiff(np.full((4, 5), 0.1)), "64-bit floats")  # where numbers of classes are read
    refused(tiff(GREY * 1j), "type complex")


def test_a_further_channel_is_alpha_only_if_the_file_says_so() -> None:
    other = kit.grey("other", 20, 33)
    opaque = np.full_like(GREY, 255)
    for array in (np.dstack([GREY, other]), np.dstack([RGB, other])):
        colours = "rgb" if array.shape[2] == 4 else "minisblack"
        refused(tiff(array, photometric=colours, planarconfig="contig", extrasamples=("unspecified",)), "would be lost")
        refused(tiff(array, photometric=colours, planarconfig="contig", extrasamples=("unassalpha",)), "transparent")
    for kind in ("unassalpha", "assocalpha", "unspecified"):
        data = tiff(np.dstack([RGB, opaque]), photometric="rgb", extrasamples=(kind,))
        assert np.array_equal(decode(data, "a.tif"), RGB)
        data = tiff(np.dstack([GREY, opaque]), photometric="minisblack", planarconfig="contig", extrasamples=(kind,))
        assert np.array_equal(decode(data, "a.tif"), GREY)
    refused(tiff(np.dstack([RGB, RGB]), photometric="rgb", extrasamples=("unspecified",) * 3), "6 channels")
    refused(tiff(RGB, photometric="minisblack", planarconfig="contig"), "3 channels; 1 expected")


def test_wide_colours_are_refused() -> None:
    refused(tiff(np.dstack([WIDE] * 3), photometric="rgb"), "more than 8 bits")


@pytest.mark.parametrize("factor", [1, 256, 257])
def test_palettes(factor: int) -> None:
    colours = kit.rng("palette").integers(0, 256, (3, 256))
    colours[:, 0] = 255
    data = tiff(GREY, photometric="palette", colormap=(colours * factor).astype(np.uint16))
    assert np.array_equal(decode(data, "a.tif"), colours.T[GREY])
    assert np.array_equal(decode(data, "a.tif", indices=True), GREY)


def test_a_palette_of_wide_colours_is_refused_and_one_of_16_bits_is_read() -> None:
    colours = np.arange(768, dtype=np.uint16).reshape(3, 256) * 85
    refused(tiff(GREY, photometric="palette", colormap=colours), "palette has more than 8 bits")
    wide = kit.rng("wide palette").integers(0, 256, (3, 65536)).astype(np.uint16)
    data = tiff(WIDE, photometric="palette", colormap=wide * np.uint16(257))
    assert np.array_equal(decode(data, "a.tif"), wide.T[WIDE])
    assert np.array_equal(decode(data, "a.tif", indices=True), WIDE)


@pytest.mark.parametrize(
    ("photometric", "words"), [("cielab", r"CIE L\*a\*b\*"), ("separated", "CMYK"), ("logluv", "LogLuv"), ("cfa", "filter")]
)
def test_other_colours_are_called_what_they_are(photometric: str, words: str) -> None:
    array = np.dstack([RGB, GREY]) if photometric == "separated" else GREY if photometric == "cfa" else RGB
    refused(tiff(array, photometric=photometric), words)


@pytest.mark.parametrize(("compression", "exact"), [("jpeg", False), ("jpeg2000", True), ("webp", True), ("png", True), ("jpegxl", True)])
@pytest.mark.parametrize("layout", ["strips", "tiles"])
def test_pictures_in_tiff(compression: str, exact: bool, layout: str) -> None:
    lossless = {"jpeg": {"level": 95}, "jpeg2000": {"reversible": True, "level": 0}, "webp": {"lossless": True}}.get(compression, {})
    options: dict[str, Any] = {"tile": (16, 16)} if layout == "tiles" else {}
    data = tiff(RGB, photometric="rgb", compression=compression, compressionargs=lossless, **options)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        expected = file.asarray()
    found = decode(data, "a.tif")
    assert np.array_equal(found, expected)
    assert np.array_equal(found, RGB) == exact


def test_several_pictures_in_one_directory_are_several() -> None:
    stack = np.stack([GREY, GREY[::-1]])
    refused(tiff(stack, photometric="minisblack"), "2 pictures")
    refused(tiff(stack, imagej=True, metadata={}), "2 pictures")
    refused(tiff(stack, photometric="minisblack", volumetric=True, tile=(2, 16, 16)), "axes|pictures")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_kept_aside_for_every_kind(orientation: int) -> None:
    for array in (GREY, SAMPLES["int32"], WIDE):
        data = tiff(array, extratags=[(274, "H", 1, orientation, True)])
        found = picture.store(data, "a.tif")
        assert found.exif_orientation == orientation
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(found.data))), array)


@pytest.mark.parametrize("kind", ["uint8", "int32", "float64", "RGB"])
def test_a_cut_tiff_is_to_be_fetched_again(kind: str) -> None:
    data = tiff(SAMPLES[kind], photometric="rgb" if kind == "RGB" else "minisblack")
    with pytest.raises(Rejected) as caught:
        decode(data[:-40], "a.tif")
    assert "etch" in caught.value.advice


def test_tifffile_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(tiff(SAMPLES["int32"], metadata={}))
    for position in range(0, len(data), 3):
        data[position] ^= 0x55
        with contextlib.suppress(Rejected):
            decode(bytes(data), "a.tif")
        data[position] ^= 0x55
    assert capfd.readouterr() == ("", "")
