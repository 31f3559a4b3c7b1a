"""Pictures come out exactly as they are stored, without what does not belong to the picture."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageCms, PngImagePlugin

from hf_medseg.errors import Rejected, of_own_files
from hf_medseg.formats import icc, jpeg, jpeg_tables, picture, png, png_lines
from hf_medseg.formats.picture import Picture, store
from hf_medseg.formats.pixels import decode
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone
from tests.support import kit

RGB = kit.colour("rgb", 20, 30)
GREY = kit.grey("grey", 20, 30)
WIDE = kit.grey("wide", 20, 30, 65536, np.uint16)
SECRET = b"Doe^Jane"


def raw_file(path: Path, data: bytes) -> RawFile:
    path.write_bytes(data)
    return RawFile(path.name, len(data), Alone(str(path)))


def pixels(data: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(data)))


def profile_with(text: bytes) -> bytes:
    """sRGB as lcms makes it, with a text in the place of its description, in a tag of its own, and as the maker of the device."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", made, 128)
    for number in range(count):
        name, start, length = struct.unpack_from(">4sII", made, 132 + 12 * number)
        if name in (b"desc", b"cprt", b"dmnd"):
            made[start + 28 : start + length] = text[: length - 28].ljust(length - 28, b"\0")
    made[48:52] = text[:4]
    made += text
    made[:4] = struct.pack(">I", len(made))
    assert text in made
    return bytes(made)


def same_colours(profile: bytes) -> bool:
    """Whether a profile turns colours as the one with a text in it."""
    lab = ImageCms.createProfile("LAB")
    both = [
        ImageCms.applyTransform(Image.fromarray(RGB), ImageCms.buildTransform(io.BytesIO(one), lab, "RGB", "LAB"))
        for one in (profile_with(SECRET), profile)
    ]
    return both[0].tobytes() == both[1].tobytes()


@pytest.mark.parametrize("array", [RGB, GREY, WIDE], ids=["rgb", "grey", "16-bit"])
@pytest.mark.parametrize("labels", [False, True])
def test_encoder_is_lossless(array: Any, labels: bool) -> None:
    data = png.encode(array, labels=labels)
    assert np.array_equal(pixels(data), array)
    assert png.clean(data) == (data, b"")


@settings(max_examples=60)
@given(hnp.arrays(st.sampled_from([np.uint8, np.uint16]), hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)))
def test_encoder_is_lossless_for_any_grey_array(array: Any) -> None:
    assert np.array_equal(pixels(png.encode(array)), array)


def test_encoder_refuses_other_shapes() -> None:
    for array in (np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2), np.int32), np.zeros((2, 2, 3), np.uint16)):
        with pytest.raises(ValueError, match="no PNG"):
            png.encode(array)


@pytest.mark.parametrize("array", [RGB, GREY], ids=["rgb", "grey"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 100, "subsampling": 0}, {"restart_marker_rows": 1}])
def test_jpeg_passes_through_without_metadata(array: Any, options: dict[str, Any]) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, SECRET.decode()
    data = kit.encode(array, "JPEG", exif=exif, comment=SECRET, icc_profile=profile_with(SECRET), dpi=(72, 72), **options)
    assert SECRET in data
    stored = picture.store(data + b"trailer " + SECRET, "a.jpg")
    assert SECRET not in stored.data
    assert same_colours(Image.open(io.BytesIO(stored.data)).info["icc_profile"])
    assert jpeg.clean(stored.data).data == stored.data
    assert stored.exif_orientation == 6
    assert (stored.width, stored.height) == (30, 20)
    assert np.array_equal(pixels(stored.data), pixels(data))
    bare = kit.encode(array, "JPEG", **options)
    assert picture.store(bare, "a.jpg").data == bare, "a file without metadata is the same file"


@pytest.mark.parametrize("array", [RGB, GREY, WIDE], ids=["rgb", "grey", "16-bit"])
def test_png_passes_through_without_metadata(array: Any) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 3, SECRET.decode()
    info = PngImagePlugin.PngInfo()
    info.add_text("Patient", SECRET.decode())
    info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    data = kit.encode(array, "PNG", exif=exif, pnginfo=info, icc_profile=profile_with(SECRET))
    stored = picture.store(data, "a.png")
    assert SECRET not in stored.data
    assert same_colours(Image.open(io.BytesIO(stored.data)).info["icc_profile"])
    assert png.clean(stored.data) == (stored.data, b"")
    assert stored.exif_orientation == 3
    assert np.array_equal(pixels(stored.data), array)
    bare = kit.encode(array)
    assert picture.store(bare, "a.png").data == bare


@pytest.mark.parametrize("form", ["TIFF", "BMP", "PPM", "WEBP"])
def test_other_formats_become_png(form: str) -> None:
    data = kit.encode(RGB, form, **({"lossless": True} if form == "WEBP" else {}))
    stored = picture.store(data, f"a.{form.lower()}")
    assert stored.data.startswith(png.SIGNATURE)
    assert np.array_equal(pixels(stored.data), RGB)


@pytest.mark.parametrize("form", ["TIFF", "PPM"])
def test_16_bit_grey_stays_16_bit(form: str) -> None:
    stored = picture.store(kit.encode(WIDE, form), "a")
    assert pixels(stored.data).dtype == np.uint16
    assert np.array_equal(pixels(stored.data), WIDE)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiff_orientation_is_kept_aside(orientation: int) -> None:
    stored = picture.store(kit.encode(RGB, "TIFF", tiffinfo={274: orientation}), "a.tif")
    assert np.array_equal(pixels(stored.data), RGB)
    assert stored.exif_orientation == orientation


def test_float_tiff_stays_float() -> None:
    array = kit.rng("f").normal(size=(6, 7)).astype(np.float32)
    assert np.array_equal(pixels(picture.store(kit.encode(array, "TIFF"), "a.tif").data), array)


def test_palettes_are_resolved(tmp_path: Path) -> None:
    colours = [(255, 0, 0), (0, 128, 7), (9, 9, 9)]
    indices = kit.grey("p", 8, 9, 3)
    for suffix in ("png", "gif", "bmp"):
        path = kit.save_palette(tmp_path / f"a.{suffix}", indices, colours)
        assert np.array_equal(pixels(picture.store(path.read_bytes(), "a").data), np.array(colours, np.uint8)[indices])
        assert np.array_equal(decode(path.read_bytes(), "a", indices=True), indices)
    grey = kit.save_palette(tmp_path / "g.png", indices, [(0, 0, 0), (100, 100, 100), (255, 255, 255)])
    assert np.array_equal(pixels(picture.store(grey.read_bytes(), "g").data), np.array([0, 100, 255], np.uint8)[indices])


def test_a_sample_whose_palette_has_no_colour_for_it_is_no_black(tmp_path: Path) -> None:
    data = kit.save_palette(tmp_path / "a.png", kit.grey("p", 8, 9, 5), [(9, 9, 9)] * 5).read_bytes()
    start = data.index(b"PLTE")
    chunk = data[start : start + 4 + 3 * 3]  # of the five colours only three are left
    short = data[: start - 4] + struct.pack(">I", 9) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[data.index(b"IDAT") - 4 :]
    with pytest.raises(Rejected, match="a palette of 3 colours, and samples of number 4, which has none"):
        picture.store(short, "a.png")
    assert decode(short, "a.png", indices=True).max() == 4


def test_a_grey_palette_whose_alpha_is_opaque_is_grey() -> None:
    palette = Image.fromarray(GREY, "P")
    palette.putpalette(np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes())
    buffer = io.BytesIO()
    palette.save(buffer, "PNG", transparency=b"\xff" * 256)
    assert np.array_equal(pixels(picture.store(buffer.getvalue(), "a.png").data), GREY)


def test_one_bit_becomes_0_and_255() -> None:
    bits = GREY > 100
    for form in ("PNG", "TIFF", "PPM"):
        assert np.array_equal(pixels(picture.store(kit.encode(bits, form), "a").data), bits * np.uint8(255))


def test_opaque_alpha_is_dropped_and_real_transparency_rejected() -> None:
    opaque = np.dstack([RGB, np.full(GREY.shape, 255, np.uint8)])
    assert np.array_equal(pixels(picture.store(kit.encode(opaque), "a.png").data), RGB)
    grey = np.dstack([GREY, np.full(GREY.shape, 255, np.uint8)])
    assert np.array_equal(pixels(picture.store(kit.encode(grey), "a.png").data), GREY)
    opaque[3, 4, 3] = 254
    for form in ("PNG", "TIFF", "WEBP"):
        with pytest.raises(Rejected, match="transparent"):
            picture.store(kit.encode(opaque, form, **({"lossless": True} if form == "WEBP" else {})), "a")
    with pytest.raises(Rejected, match="transparent"):
        picture.store(kit.encode(GREY, "PNG", transparency=7), "a.png")


def test_alpha_is_dropped_where_the_source_says_so_and_the_colour_under_it_stays(tmp_path: Path) -> None:
    alpha = kit.grey("alpha", *GREY.shape)
    dropped = partial(Picture, drop_alpha=True)
    for name, file, expected in (
        ("colour", kit.encode(np.dstack([RGB, alpha])), RGB),
        ("grey", kit.encode(np.dstack([GREY, alpha])), GREY),
        ("one grey", kit.encode(GREY, transparency=7), GREY),
        ("one colour", kit.encode(RGB, transparency=(1, 2, 3)), RGB),
    ):
        raw = raw_file(tmp_path / f"{name}.png", file)
        assert np.array_equal(pixels(dropped(raw).encoded(Reader()).data), expected)
        assert np.array_equal(dropped(raw).array(Reader())[0], expected)
        with Image.open(io.BytesIO(file)) as opened:
            bands = [np.asarray(band) for band in opened.split()]
        for k in range(max(len(bands) - ("A" in opened.mode), 1)):
            assert np.array_equal(bands[k], expected[..., k] if expected.ndim == 3 else expected)
    palette = Image.fromarray(GREY).convert("P")
    palette.putpalette([value for entry in range(256) for value in (entry, 255 - entry, 7)])
    buffer = io.BytesIO()
    palette.save(buffer, "PNG", transparency=bytes(range(256)))
    expected = np.stack([GREY, 255 - GREY, np.full_like(GREY, 7)], -1)
    assert np.array_equal(pixels(dropped(raw_file(tmp_path / "palette.png", buffer.getvalue())).encoded(Reader()).data), expected)


def test_alpha_of_other_formats_is_dropped_by_no_source(tmp_path: Path) -> None:
    picture_of = np.dstack([RGB, kit.grey("alpha", *GREY.shape)])
    for form in ("TIFF", "WEBP"):
        file = raw_file(tmp_path / f"a.{form}", kit.encode(picture_of, form, **({"lossless": True} if form == "WEBP" else {})))
        with pytest.raises(Rejected, match="transparent"):
            Picture(file, drop_alpha=True).encoded(Reader())
        with pytest.raises(Rejected, match="transparent"):
            Picture(file, drop_alpha=True).array(Reader())


def test_cmyk_is_rejected() -> None:
    for form in ("JPEG", "TIFF"):
        buffer = io.BytesIO()
        Image.fromarray(RGB).convert("CMYK").save(buffer, form)
        with pytest.raises(Rejected, match="CMYK"):
            picture.store(buffer.getvalue(), "a")


def test_several_pages_are_rejected() -> None:
    frames = [Image.fromarray(np.roll(RGB, k)) for k in range(3)]
    for form, options in (("TIFF", {}), ("GIF", {}), ("PNG", {}), ("MPO", {}), ("WEBP", {})):
        buffer = io.BytesIO()
        frames[0].save(buffer, form, save_all=True, append_images=frames[1:], **options)
        with pytest.raises(Rejected, match="pictures"):
            picture.store(buffer.getvalue(), "a")


def png_of(
    bits: int, colour: int, width: int, rows: list[bytes], filters: Sequence[int] = (), more: Sequence[tuple[bytes, bytes]] = ()
) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, len(rows), bits, colour, 0, 0, 0)
    lines = b"".join(bytes((kind,)) + row for kind, row in zip(filters or [0] * len(rows), rows, strict=True))
    chunks = [(b"IHDR", header), *more, (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    return png.SIGNATURE + b"".join(chunk(kind, content) for kind, content in chunks)


def test_stored_samples_decode_as_the_packed_ones() -> None:
    """Every form of PNG that Pillow writes: depths, palettes, alpha, one chunk of samples or many."""
    grey = Image.fromarray(GREY)
    pictures = {
        "1": grey.convert("1"),
        "L": grey,
        "LA": grey.convert("LA"),
        "P": Image.fromarray(GREY // 64).convert("P"),
        "RGB": Image.fromarray(RGB),
        "RGBA": Image.fromarray(RGB).convert("RGBA"),
        "I;16": Image.fromarray(WIDE),
        "many chunks": Image.fromarray(kit.colour("large", 300, 200)),
    }
    for name, one in pictures.items():
        for bits in {1, 2, 4, 8} if name == "P" else {8}:
            buffer = io.BytesIO()
            one.save(buffer, "PNG", **({"bits": bits} if name == "P" else {}))
            stored = png_lines.read(buffer.getvalue(), indices=False)
            if name != "L":  # its lines are plain differences
                assert isinstance(stored, bytes) and stored != buffer.getvalue() and png.clean(stored)[0] == stored
            read = pixels(stored) if isinstance(stored, bytes) else stored
            assert np.array_equal(read, pixels(buffer.getvalue())), name


@settings(max_examples=60)
@given(
    filters=st.lists(st.sampled_from((0, 1, 2, 4)), min_size=2, max_size=12),
    colour=st.sampled_from((0, 2, 3)),
    steps=st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), max_size=12),
)
def test_lines_of_few_steps_are_read_as_pillow_reads_them(filters: list[int], colour: int, steps: list[tuple[int, int]]) -> None:
    """Every filter that label maps have, in any order, with few samples that are not predicted."""
    lines = np.zeros((len(filters), 600), np.uint8)
    for place, step in steps:
        lines.flat[place % lines.size] = step
    more = [(b"PLTE", bytes(range(240)))] * (colour == 3)
    data = png_of(8, colour, 200 if colour == 2 else 600, [line.tobytes() for line in lines], filters, more)
    found = png_lines.read(data, indices=True)
    with Image.open(io.BytesIO(data)) as opened:
        assert isinstance(found, np.ndarray) and np.array_equal(found, np.asarray(opened))


def test_what_else_says_what_a_png_shows_is_left_to_pillow() -> None:
    rows = [bytes(64)] * 4
    assert isinstance(png_lines.read(png_of(8, 0, 64, rows), indices=True), np.ndarray)
    assert isinstance(png_lines.read(png_of(8, 3, 64, rows, more=[(b"PLTE", b"abc")]), indices=True), np.ndarray)
    assert isinstance(png_lines.read(png_of(8, 3, 64, rows, more=[(b"PLTE", b"abc")]), indices=False), bytes)
    for more in ((b"tRNS", b"\0\0"), (b"acTL", bytes(8)), (b"gAMA", b"\0"), (b"PLTE", b"abc")):
        assert isinstance(png_lines.read(png_of(8, 0, 64, rows, more=[more]), indices=True), bytes), more
    for filters in ([0, 3, 0, 0], [0, 0, 5, 0]):
        assert isinstance(png_lines.read(png_of(8, 0, 64, rows, filters), indices=True), bytes), filters
    broken = bytearray(png_of(8, 0, 64, rows))
    broken[29] ^= 1  # in the checksum of the header
    assert isinstance(png_lines.read(bytes(broken), indices=True), bytes)
    with pytest.raises(Rejected, match="cannot be decoded"):
        decode(bytes(broken), "a.png")


def test_a_png_out_of_order_is_left_to_the_decoder() -> None:
    sound = kit.encode(GREY)
    interlaced, broken, cut = bytearray(sound), bytearray(sound), sound[:-20]
    interlaced[28] = 1
    broken[len(sound) // 2] ^= 1
    header, samples, end = (sound[start:stop] for _, start, stop in png.chunks(sound))
    apart = png.SIGNATURE + header + samples + b"\0\0\0\0tEXt\x78\x9e\x5f\x0d" + samples + end
    for data in (bytes(interlaced), bytes(broken), cut, png.SIGNATURE, apart):
        assert png_lines.read(data, indices=False) == data
    huge = bytearray(sound)
    huge[16:24] = struct.pack(">II", 50000, 50000)
    assert png_lines.read(bytes(huge), indices=False) == bytes(huge)


def test_the_name_of_a_chunk_inside_another_is_no_chunk() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("note", "IDAT and IEND")
    data = kit.encode(RGB, pnginfo=info)
    stored = png_lines.read(data, indices=False)
    assert isinstance(stored, bytes) and b"IDAT and IEND" in stored
    assert np.array_equal(pixels(stored), RGB)


def test_more_than_8_bits_a_colour_channel_is_rejected() -> None:
    wide_rgb = png_of(16, 2, 4, [bytes(range(24))] * 3)
    wide_rgba = png_of(16, 6, 4, [b"\xff" * 32] * 3)
    wide_ppm = b"P6 4 3 65535\n" + bytes(72)
    for data in (wide_rgb, wide_rgba, wide_ppm):
        with pytest.raises(Rejected, match="more than 8 bits"):
            picture.store(data, "a")


def test_declared_mode_merges_equal_channels_only() -> None:
    equal = np.repeat(GREY[..., None], 3, axis=2)
    assert np.array_equal(pixels(picture.store(kit.encode(equal), "a.png", "L").data), GREY)
    with pytest.raises(Rejected, match="channels differ"):
        picture.store(kit.encode(RGB), "a.png", "L")
    assert np.array_equal(pixels(picture.store(kit.encode(GREY), "a.png", "RGB").data), equal)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "BMP", "GIF"])
def test_cut_files_are_rejected(form: str) -> None:
    data = kit.encode(RGB if form != "GIF" else GREY, form)
    for keep in (len(data) - 3, len(data) // 2, 30, 5):
        with pytest.raises(Rejected):
            picture.store(data[:keep], "a")


def test_a_progressive_jpeg_that_is_closed_behind_a_scan_is_rejected() -> None:
    """Its picture has the right size and blurred pixels, and no reader says a word."""
    buffer = io.BytesIO()
    Image.fromarray(RGB).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    picture.store(data, "a.jpg")
    starts = [at for at in range(len(data)) if data[at : at + 2] == b"\xff\xda"]
    for start in starts[1:]:
        with pytest.raises(Rejected, match="the JPEG is cut: the last of its scans are missing"):
            picture.store(data[:start] + b"\xff\xd9", "a.jpg")


def test_jpeg_ls_is_told_by_its_name() -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    with pytest.raises(Rejected, match="it is JPEG-LS"):
        picture.store(imagecodecs.jpegls_encode(GREY), "a.jpg")


def test_a_flipped_byte_in_a_png_is_rejected() -> None:
    data = bytearray(kit.encode(RGB))
    data[len(data) // 2] ^= 1
    with pytest.raises(Rejected, match="checksum"):
        picture.store(bytes(data), "a.png")


def test_a_bomb_is_rejected() -> None:
    bomb = bytearray(kit.encode(GREY))
    bomb[16:24] = struct.pack(">II", 50000, 50000)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bytes(bomb[12:29])))
    with pytest.raises(Rejected, match="bomb"):
        picture.store(bytes(bomb), "a.png")


@settings(max_examples=150)
@given(st.binary(max_size=300))
def test_no_bytes_break_anything_but_the_case(data: bytes) -> None:
    for start in (b"", jpeg.START, png.SIGNATURE, b"BM", b"II*\0", b"GIF89a"):
        with pytest.raises(Rejected):
            picture.store(start + data, "a")


@settings(max_examples=200)
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_changed_byte_gives_a_rejection_or_a_picture(position: int, value: int) -> None:
    """Of a JPEG the compressed pixels are not decoded here; `verify` does that."""
    for form in ("JPEG", "PNG", "TIFF"):
        data = bytearray(kit.encode(RGB, form))
        data[position % len(data)] = value
        try:
            stored = picture.store(bytes(data), "a")
        except Rejected:
            continue
        if form != "JPEG":
            assert pixels(stored.data).size


def test_a_jpeg_thumbnail_does_not_travel() -> None:
    data = kit.encode(RGB, "JPEG")
    assert data[2:4] == b"\xff\xe0"
    (length,) = struct.unpack_from(">H", data, 4)
    body = bytearray(data[6 : 4 + length])
    body[12:14] = b"\x02\x02"
    with_thumbnail = data[:2] + b"\xff\xe0" + struct.pack(">H", 2 + len(body) + 12) + bytes(body) + b"THUMBNAIL!!!" + data[4 + length :]
    stored = picture.store(with_thumbnail, "a.jpg")
    assert b"THUMBNAIL" not in stored.data
    assert stored.data == data


# Places to hide in that no reader of pictures looks at


def hidden_in_jpeg(data: bytes) -> dict[str, bytes]:
    """A JPEG with a name in many places, none of which changes the picture."""
    frame = data.index(b"\xff\xc0") if b"\xff\xc0" in data else data.index(b"\xff\xc2")
    segment = lambda marker, body: b"\xff" + bytes((marker,)) + struct.pack(">H", 2 + len(body)) + body  # noqa: E731
    words = (SECRET * 9)[:64]
    codes = b"\0\0\0\0\0\0\0" + bytes((len(words),)) + bytes(8) + words  # as many codes of eight bits
    at_frame = {
        "quantisation table": segment(0xDB, b"\3" + words),
        "quantisation table of 16 bits": segment(0xDB, b"\x13" + words * 2),
        "Huffman table": segment(0xC4, b"\x13" + codes),
        "Huffman tables of one segment": segment(0xC4, b"\x12" + codes + b"\x13" + codes),
        "number of lines": segment(0xDC, SECRET),
        "a second JFIF": segment(0xE0, b"JFIF\0" + SECRET[:7] + b"\0\0") + segment(0xE0, b"JFXX\0" + SECRET),
        "colour transforms": b"".join(segment(0xEE, b"Adobe" + SECRET[:6] + b"\1") for _ in range(2)),
        "comment": segment(0xFE, SECRET),
        **{f"application {number}": segment(0xE0 + number, SECRET * 3) for number in range(16)},
    }
    at_end = {
        "table after the scan": segment(0xDB, b"\0" + words),
        "quantisation and Huffman after the scan": segment(0xDB, b"\3" + words) + segment(0xC4, b"\x13" + codes),
        "after a restart that nothing announces": b"\xff\xd0" + SECRET,
        "the end, twice": b"\xff\xd9" + SECRET,
    }
    return {
        **{name: data[:frame] + one + data[frame:] for name, one in at_frame.items()},
        **{name: data[:-2] + one + data[-2:] for name, one in at_end.items()},
        "before the tables": data[:20] + segment(0xDB, b"\0" + words) + data[20:],
        "fill bytes": data[:2] + b"\xff" * 40 + data[2:],
        "JFIF": data.replace(b"JFIF\0\1\1\0\0\1\0\1", b"JFIF\0" + SECRET[:7]),
    }


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def hidden_in_png(data: bytes) -> dict[str, bytes]:
    """A PNG with a name in many places, none of which changes the picture."""
    places = {kind: (start, end) for kind, start, end in png.chunks(data)}
    start, end = places[b"IDAT"]
    stream = data[start + 8 : end - 4]
    lines = zlib.decompress(stream)
    streams = {
        "behind the samples": stream + SECRET,
        "behind the samples, with their checksum again": stream + SECRET + stream[-4:],
        "more lines": zlib.compress(lines + SECRET * 400),
        "many more lines": zlib.compress(lines + SECRET * 40_000),
        "stored, and more lines": zlib.compress(lines + SECRET, 0),
        "more lines, damaged": zlib.compress(lines + SECRET * 400, 0)[:-200],
        "no checksum of the samples": stream[:-4],
    }
    chunks = {
        **{
            kind.decode(): chunk(kind, SECRET * 3)
            for kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"sPLT", b"hIST", b"prIv", b"fdAT")
        },
        **{kind.decode(): chunk(kind, (SECRET * 4)[:size]) for kind, size in png_numbers.items()},
        "PLTE": chunk(b"PLTE", SECRET * 3),
        "gAMA, longer": chunk(b"gAMA", b"\0\0\xb1\x8f" + SECRET),
        "sRGB, many times": chunk(b"sRGB", b"\0") + chunk(b"sRGB", SECRET),
    }
    tail = data[end:]
    return {
        **{name: data[:start] + chunk(b"IDAT", one) + tail for name, one in streams.items()},
        **{name: data[:start] + one + data[start:] for name, one in chunks.items()},
        "more samples": data[:end] + chunk(b"IDAT", SECRET) + tail,
        "samples after another chunk": data[:end] + chunk(b"pHYs", bytes(9)) + chunk(b"IDAT", zlib.compress(SECRET)) + tail,
        "the end": data[:end] + chunk(b"IEND", SECRET),
    }


png_numbers = {b"gAMA": 4, b"pHYs": 9, b"sBIT": 3, b"sRGB": 1, b"cICP": 4, b"cHRM": 32}


@pytest.mark.parametrize("form", ["JPEG", "progressive JPEG", "grey JPEG", "PNG", "grey PNG", "16-bit PNG"])
def test_what_no_reader_looks_at_does_not_travel(form: str) -> None:
    """Beside the places of metadata there are tables that no scan refers to, and what follows the samples."""
    array = WIDE if form.startswith("16") else GREY if form.startswith("grey") else RGB
    plain = kit.encode(array, form.split()[-1], **({"progressive": True} if form.startswith("pro") else {}))
    hidden = hidden_in_png(plain) if form.endswith("PNG") else hidden_in_jpeg(plain)
    for place, data in hidden.items():
        stored = picture.store(data, "a").data
        assert np.array_equal(pixels(stored), pixels(plain)), place
        unpacked = (
            b"".join(zlib.decompress(stored[a + 8 : b - 4]) for kind, a, b in png.chunks(stored) if kind == b"IDAT")
            if form.endswith("PNG")
            else b""
        )
        for part in (SECRET[:5], SECRET[2:6], SECRET[-4:]):
            assert part not in stored and part not in unpacked, place
        assert len(stored) <= len(plain) + 20, place
        assert picture.store(stored, "a").data is stored or b"IEND" not in stored


def test_samples_of_an_interlaced_png_are_counted() -> None:
    for height, width in ((1, 1), (2, 3), (5, 4), (8, 9), (13, 6)):
        array = kit.colour("interlaced", height, width)
        parts = [array[y::down, x::across] for x, y, across, down in png.PASSES]
        lines = b"".join(b"\0" + line.tobytes() for part in parts if part.shape[1] for line in part)
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
        data = png.SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
        assert np.array_equal(pixels(data), array)
        assert picture.store(data, "a.png").data is data
        with pytest.raises(Rejected, match="samples are missing"):
            picture.store(data.replace(chunk(b"IDAT", zlib.compress(lines)), chunk(b"IDAT", zlib.compress(lines[:-1]))), "a.png")


def test_a_wrong_checksum_of_samples_is_damage() -> None:
    """It was passed through, and readers refused it."""
    data = kit.encode(RGB)
    start, end = next((start, end) for kind, start, end in png.chunks(data) if kind == b"IDAT")
    broken = data[:start] + chunk(b"IDAT", data[start + 8 : end - 8] + b"abcd") + data[end:]
    with pytest.raises(Rejected, match="samples of the PNG are damaged"):
        picture.store(broken, "a.png")


def test_a_large_png_is_looked_through_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "MOST_UNPACKED", 100)
    monkeypatch.setattr(png, "BAND", 256)
    plain = kit.encode(RGB)
    assert picture.store(plain, "a.png").data is plain
    for place, data in hidden_in_png(plain).items():
        stored = picture.store(data, "a.png").data
        assert np.array_equal(pixels(stored), RGB) and SECRET not in stored, place


def test_numbers_of_an_icc_profile_leave_no_room_for_words() -> None:
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[68:80] = b"Doe^Jane1970"
    made[10:12], made[64:67] = b"Do", b"Doe"
    (count,) = struct.unpack_from(">I", made, 128)
    for number in range(count):
        place = 132 + 12 * number
        name, start, length = struct.unpack_from(">4sII", made, place)
        if name in (b"wtpt", b"rTRC", b"chad"):
            struct.pack_into(">II", made, place + 4, len(made), length + len(SECRET))
            made += made[start : start + 4] + b"Jane" + made[start + 8 : start + length] + SECRET
    made[:4] = struct.pack(">I", len(made))
    cleaned = icc.cleaned(bytes(made))
    assert cleaned is not None and b"Do" not in cleaned and b"Jane" not in cleaned
    assert same_colours(cleaned) and icc.cleaned(cleaned) == cleaned


# ICC profiles


@pytest.mark.parametrize(
    "fake", [b"Doe^Jane, born 1970", b"profile" * 40, bytes(36) + b"acsp" + SECRET * 30], ids=["text", "long", "signature"]
)
def test_what_is_no_icc_profile_does_not_travel_under_its_name(fake: bytes) -> None:
    for form in ("JPEG", "PNG"):
        data = kit.encode(RGB, form, icc_profile=fake)
        stored = picture.store(data, "a").data
        assert b"icc_profile" not in Image.open(io.BytesIO(stored)).info
        assert fake not in stored
        assert np.array_equal(pixels(stored), pixels(data))


def test_a_cleaned_icc_profile_stays_as_it_is() -> None:
    once = icc.cleaned(profile_with(SECRET))
    assert once is not None and SECRET not in once and b"Doe" not in once
    assert icc.cleaned(once) == once


@settings(max_examples=200)
@given(st.integers(0, 600), st.integers(0, 255))
def test_a_changed_byte_in_an_icc_profile_is_a_profile_or_none(position: int, value: int) -> None:
    data = bytearray(profile_with(SECRET))
    data[position % len(data)] = value
    found = icc.cleaned(bytes(data))
    assert found is None or icc.cleaned(found) == found


def test_a_large_icc_profile_comes_in_parts() -> None:
    lut = b"mft2" + np.arange(80_000, dtype=">u2").tobytes()
    head = bytearray(128)
    head[8], head[36:40] = 2, b"acsp"
    body = struct.pack(">I", 1) + struct.pack(">4sII", b"A2B0", 144, len(lut)) + lut
    head[:4] = struct.pack(">I", 128 + len(body))
    profile = bytes(head) + body
    stored = picture.store(kit.encode(RGB, "JPEG", icc_profile=profile), "a.jpg").data
    assert Image.open(io.BytesIO(stored)).info["icc_profile"] == profile
    assert jpeg.clean(stored).data == stored


# JPEG: what no reader can open is found without decoding


def opens(data: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(data)) as one:
            one.load()
    except Exception:
        return False
    return True


FORMS: dict[str, dict[str, Any]] = {
    "sequential": {},
    "progressive": {"progressive": True},
    "own tables": {"optimize": True, "quality": 90, "subsampling": 0},
    "restarts": {"restart_marker_blocks": 2, "subsampling": 2},
}


@pytest.mark.parametrize("options", FORMS.values(), ids=FORMS)
def test_no_flipped_bit_of_a_jpeg_header_that_pillow_refuses_gets_through(options: dict[str, Any]) -> None:
    data = kit.encode(RGB, "JPEG", **options)
    first_scan = data.index(b"\xff\xda")
    refused = 0
    for position in range(first_scan + 10):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[position] ^= 1 << bit
            if opens(bytes(flipped)):
                continue
            refused += 1
            with pytest.raises(Rejected):
                picture.store(bytes(flipped), "a.jpg")
    assert refused > 500


def test_a_damaged_table_is_called_that() -> None:
    data = bytearray(kit.encode(RGB, "JPEG"))
    data[data.index(b"\xff\xc4") + 5] = 255  # 255 Huffman codes of one bit
    with pytest.raises(Rejected, match="no reader can open its tables"):
        picture.store(bytes(data), "a.jpg")


@pytest.mark.parametrize("options", FORMS.values(), ids=FORMS)
def test_jpegs_with_tables_of_their_own_are_not_each_opened_to_be_judged(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []

    def opening(*arguments: Any, **options: Any) -> Image.Image:
        opened.append(arguments)
        return Image.open(*arguments, **options)

    monkeypatch.setattr(jpeg_tables, "Image", SimpleNamespace(open=opening))
    jpeg_tables.unused.cache_clear()
    headers = set()
    for quality in range(60, 90, 3):
        data = kit.encode(np.roll(RGB, quality, 0) ^ np.uint8(quality), "JPEG", **{**options, "quality": quality})
        headers.add(data[: data.index(b"\xff\xda")])
        assert picture.store(data, "a.jpg").data == data
    assert len(headers) == 10 and len(opened) == 1


def test_a_jpeg_that_only_some_readers_open_becomes_a_png() -> None:
    """Lossless and arithmetic coding."""
    plain = kit.encode(RGB, "JPEG")
    lossless = imagecodecs.jpeg8_encode(RGB, lossless=True)
    assert b"\xff\xc3" in lossless and b"\xff\xc0" in plain
    stored = picture.store(lossless, "a.jpg")
    assert stored.data.startswith(png.SIGNATURE)
    assert np.array_equal(pixels(stored.data), RGB)


def test_text_after_the_adobe_colour_transform_does_not_travel() -> None:
    data = kit.encode(RGB, "JPEG", keep_rgb=True)
    at = data.index(b"\xff\xee")
    (length,) = struct.unpack_from(">H", data, at + 2)
    longer = data[: at + 2] + struct.pack(">H", length + len(SECRET)) + data[at + 4 : at + 2 + length] + SECRET + data[at + 2 + length :]
    stored = picture.store(longer, "a.jpg").data
    assert stored == data
    assert np.array_equal(pixels(stored), pixels(longer))


def test_a_multi_picture_jpeg_says_what_it_is_and_thumbnails_are_no_pictures() -> None:
    buffer = io.BytesIO()
    frames = [Image.fromarray(np.roll(RGB, k)) for k in range(2)]
    frames[0].save(buffer, "MPO", save_all=True, append_images=frames[1:])
    with pytest.raises(Rejected, match=r"MPO.*of its own"):
        picture.store(buffer.getvalue(), "a.jpg")
    thumbnails = bytearray(buffer.getvalue())
    index = thumbnails.index(b"MPF\0") + 4
    order = "<" if thumbnails[index : index + 2] == b"II" else ">"
    entries = index + thumbnails[index:].index(struct.pack(order + "HHI", 0xB002, 7, 32)) + 8
    (place,) = struct.unpack_from(order + "I", thumbnails, entries)
    struct.pack_into(order + "I", thumbnails, index + place + 16, 0x010001)
    stored = picture.store(bytes(thumbnails), "a.jpg").data
    assert np.array_equal(pixels(stored), pixels(kit.encode(RGB, "JPEG")))
    assert np.array_equal(decode(bytes(thumbnails), "a.jpg"), pixels(stored))


def test_an_animated_png_is_not_to_be_fetched_again() -> None:
    buffer = io.BytesIO()
    frames = [Image.fromarray(np.roll(RGB, k)) for k in range(2)]
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(Rejected) as caught:
        picture.store(buffer.getvalue(), "a.png")
    assert "animation" in caught.value.expected and "etch" not in caught.value.advice


# Other formats


@pytest.mark.parametrize("bits", [4, 8, 12, 16])
def test_jpeg_2000_keeps_the_values_of_its_depth(bits: int) -> None:
    array = kit.grey("j2k", 20, 30, 1 << bits, np.uint16 if bits > 8 else np.uint8)
    for form in ("jp2", "j2k"):
        data = imagecodecs.jpeg2k_encode(array, reversible=True, level=0, bitspersample=bits, codecformat=form)
        assert np.array_equal(decode(data, "a.jp2"), array)


def test_a_format_that_nobody_checked_is_not_read() -> None:
    for form in ("TGA", "PCX", "SGI", "ICO"):
        with pytest.raises(Rejected) as caught:
            picture.store(kit.encode(RGB, form), "a.png")
        assert "save it as PNG" in caught.value.advice


# Large pictures


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "I;16"])
@pytest.mark.parametrize("rows", [1, 3, 20])
def test_a_large_png_is_read_in_bands_and_is_the_same(mode: str, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written by Pillow, whose lines use every filter; the palette is grey at the top and coloured below."""
    smooth = np.add.outer(np.arange(20) * 3, np.arange(30) * 5).astype(np.uint8)
    samples = np.dstack([smooth + GREY % 4, smooth[:, ::-1], RGB[..., 2] // 16])
    if mode == "P":
        one = Image.fromarray(np.where(np.arange(20)[:, None] < 8, GREY % 2, GREY % 5)).convert("P")
        one.putpalette([0, 0, 0, 9, 9, 9, 200, 0, 0, 0, 100, 0, 1, 2, 3] + [7] * 753)
    else:
        one = Image.fromarray(WIDE) if mode == "I;16" else Image.fromarray(samples).convert(mode)
    buffer = io.BytesIO()
    one.save(buffer, "PNG")
    expected = decode(buffer.getvalue(), "a.png")
    by_index = decode(buffer.getvalue(), "a.png", indices=True)
    monkeypatch.setattr(png, "MOST_UNPACKED", 10)
    monkeypatch.setattr(png, "BAND", rows * 130)
    assert png.is_large(buffer.getvalue())
    for indices, whole in ((False, expected), (True, by_index)):
        found = decode(buffer.getvalue(), "a.png", indices=indices)
        assert found.dtype == whole.dtype and np.array_equal(found, whole)
    damaged = bytearray(buffer.getvalue())
    damaged[-20] ^= 1
    with pytest.raises(Rejected, match="checksum"):
        decode(bytes(damaged), "a.png")


def test_a_large_png_that_is_short_of_lines_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "MOST_UNPACKED", 10)
    monkeypatch.setattr(png, "BAND", 20)
    short = bytearray(png_of(8, 0, 9, [b"123456789"] * 5))
    short[20:24] = struct.pack(">I", 7)
    short[29:33] = struct.pack(">I", zlib.crc32(bytes(short[12:29])))
    with pytest.raises(Rejected, match="samples are missing"):
        decode(bytes(short), "a.png")
    opaque = np.dstack([RGB, np.full(GREY.shape, 255, np.uint8)])
    opaque[19, 4, 3] = 254
    with pytest.raises(Rejected, match="transparent"):
        decode(kit.encode(opaque), "a.png")


def test_memory_of_a_large_png_is_that_of_its_samples() -> None:
    """25 megapixels with alpha: 100 MB of samples, of which 75 MB are kept."""
    lines = zlib.compressobj(1)
    packed = b"".join(lines.compress(b"\2" + (bytes(20_000) if row else b"\5\6\7\xff" * 5_000)) for row in range(5_000)) + lines.flush()
    whole = png_of(8, 6, 5_000, [])
    at = whole.index(b"IDAT") - 4
    header = bytearray(whole[:at])
    header[20:24] = struct.pack(">I", 5_000)
    header[29:33] = struct.pack(">I", zlib.crc32(bytes(header[12:29])))
    data = bytes(header) + struct.pack(">I", len(packed)) + b"IDAT" + packed + struct.pack(">I", zlib.crc32(b"IDAT" + packed)) + whole[-12:]
    tracemalloc.start()
    found = decode(data, "a.png")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.shape == (5_000, 5_000, 3) and (found == (5, 6, 7)).all()
    assert peak < 120_000_000


# Odd but sound files of common formats


def bmp(width: int, height: int, bits: int, samples: bytes, packing: int = 0, masks: bytes = b"", palette: bytes = b"") -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, len(samples), 0, 0, len(palette) // 4, 0)
    start = 14 + len(head) + len(masks) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(samples), 0, 0, start) + head + masks + palette + samples


def test_every_kind_of_bmp_is_the_same_picture() -> None:
    rows = RGB[:, :28]  # 84 bytes a line need no padding
    bgr = rows[..., ::-1]
    bgrx = np.dstack([bgr, np.zeros(bgr.shape[:2], np.uint8)])
    bits = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)
    for data in (
        bmp(28, 20, 24, bgr[::-1].tobytes()),
        bmp(28, -20, 24, bgr.tobytes()),
        bmp(28, 20, 32, bgrx[::-1].tobytes()),
        bmp(28, 20, 32, bgrx[::-1].tobytes(), packing=3, masks=bits),
    ):
        assert np.array_equal(decode(data, "a.bmp"), rows)
    indices = kit.grey("bmp", 20, 30, 3)
    palette = bytes((9, 0, 200, 0, 0, 0, 0, 0, 1, 2, 3, 0))
    packed = b"".join(b"".join(bytes((1, value)) for value in line) + b"\0\0" for line in indices[::-1]) + b"\0\1"
    data = bmp(30, 20, 8, packed, packing=1, palette=palette)
    assert np.array_equal(decode(data, "a.bmp", indices=True), indices)
    assert np.array_equal(decode(data, "a.bmp"), np.array([(200, 0, 9), (0, 0, 0), (3, 2, 1)], np.uint8)[indices])
    data = bmp(30, 20, 8, np.pad(indices % 2, ((0, 0), (0, 2)))[::-1].tobytes(), palette=bytes((0, 0, 0, 0, 255, 255, 255, 0)))
    assert np.array_equal(decode(data, "a.bmp"), indices % 2 * 255)  # Pillow takes a byte for eight pixels where two colours are these


def test_a_jpeg_of_four_channels_is_called_cmyk() -> None:
    for colours in ("CMYK", "YCCK"):
        data = imagecodecs.jpeg8_encode(np.dstack([RGB, GREY]), colorspace="CMYK", outcolorspace=colours)
        with pytest.raises(Rejected, match="CMYK") as caught:
            picture.store(data, "a.jpg")
        assert "etch" not in caught.value.advice


def test_a_png_that_no_reader_can_unpack_is_rejected() -> None:
    sound = kit.encode(GREY)
    for position in (26, 27, 28):
        broken = bytearray(sound)
        broken[position] = 7
        broken[29:33] = struct.pack(">I", zlib.crc32(bytes(broken[12:29])))
        with pytest.raises(Rejected):
            picture.store(bytes(broken), "a.png")
    header, _, end = (sound[start:stop] for _, start, stop in png.chunks(sound))
    with pytest.raises(Rejected, match="no samples"):
        picture.store(png.SIGNATURE + header + end, "a.png")


@pytest.mark.parametrize(("bits", "lossless"), [(12, False), (12, True), (16, True)])
def test_grey_jpeg_of_more_than_8_bits_is_read(bits: int, lossless: bool) -> None:
    """It was refused; Pillow cannot open it."""
    high = (1 << bits) - 1
    pixels = np.linspace(0, high, 35 * 21).reshape(35, 21).astype(np.uint16)
    data = imagecodecs.jpeg8_encode(pixels, level=95, bitspersample=bits, lossless=lossless)
    stored = picture.store(data, "a.jpg")
    found = np.asarray(Image.open(io.BytesIO(stored.data)))
    assert found.dtype == np.uint16 and np.array_equal(found, imagecodecs.jpeg8_decode(data))
    assert np.abs(found.astype(int) - pixels).max() <= (0 if lossless else 8)
    assert np.array_equal(decode(data, "a.jpg"), found)
    with pytest.raises(Rejected, match="cut"):
        picture.store(data[:-30], "a.jpg")


def test_colour_jpeg_of_more_than_8_bits_is_refused_by_what_it_is() -> None:
    data = imagecodecs.jpeg8_encode(np.zeros((8, 8, 3), np.uint16), level=95, bitspersample=12)
    with pytest.raises(Rejected, match=r"3 channels of 12 bits; 8-bit RGB, or grey of up to 16 bits, expected"):
        picture.store(data, "a.jpg")
    with pytest.raises(Rejected, match="more than 8 bits a colour channel") as caught:
        decode(data, "a.jpg")
    assert of_own_files(str(caught.value)).endswith("Save it with 8 bits a channel, or as 16-bit grey.")


def test_a_picture_of_which_nothing_is_dropped_is_not_copied() -> None:
    """A large one was held three times to be cleaned."""
    data = kit.encode(RGB, "PNG")
    assert png.clean(data)[0] is data
    assert png.clean(data + b"behind")[0] == data


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (bytes(5000), "nothing but zeros: a placeholder of a cloud"),
        (b"\0\0\0\x18ftypheic" + bytes(64), "a HEIC picture"),
        (bytes(128) + b"DICM\2\0\0\0UL\4\0", "a DICOM file"),
        (b"\n<!DOCTYPE html><title>Sign in</title>", "a web page"),
        (b"book\0\0\0\0mark\0\0\0\0" + bytes(64), "an alias of macOS"),
        (b"L\0\0\0\1\x14\2\0" + bytes(64), "a shortcut of Windows"),
        (b"\x1f\x8b\x08" + bytes(64), "a gzip file"),
    ],
)
def test_what_is_called_like_a_picture_and_is_none_is_told(data: bytes, told: str) -> None:
    with pytest.raises(Rejected, match=f"it is {told}"):
        store(data, "a.png")
