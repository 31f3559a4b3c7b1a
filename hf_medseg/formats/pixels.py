"""Samples of one picture file: decoded exactly, whatever its format, and encoded without loss."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from hf_medseg.errors import ManyPictures, Rejected
from hf_medseg.formats import jpeg, png, png_lines, tiff
from hf_medseg.formats import netpbm as pnm
from hf_medseg.formats.bmp import with_full_palette
from hf_medseg.formats.orientation import opened_orientation, stated_orientation
from hf_medseg.formats.strange import what_is
from hf_medseg.words import counted

Array = NDArray[Any]
Mode = Literal["L", "RGB", ""]

# Far above any picture of the catalog (the largest are 7,000 pixels a side) and far below what exhausts a worker.
MAX_PIXELS = 400_000_000
Image.MAX_IMAGE_PIXELS = None  # our own limit, below, rejects by name instead of warning

# Bytes of a TIFF above which it is read without Pillow's copies of it.
_LARGE_TIFF = 1 << 26
# The formats whose samples Pillow is known to give exactly, or of which the others are told apart below.
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP", "JPEG2000", "PPM")
_SAVE_AGAIN = "Open it with the program that made it and save it as PNG; fetch it again if it was cut or changed on the way."
# What undoes Pillow's turning of a TIFF: the stored grid is wanted, and masks carry no such tag.
_UNTURN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
_DIRECT_MODES = ("1", "L", "RGB", "I;16", "I;16B", "I;16L", "I;16N", "F")


def decode(data: bytes, path: str, *, indices: bool = False, signed: bool = False, drop_alpha: bool = False) -> Array:
    """Decodes a picture to its samples: palettes resolved, opaque alpha dropped, 1-bit as 0/255, EXIF orientation ignored.

    Args:
        data: the file's bytes.
        path: its path, for messages.
        indices: read numbers of classes: palettes as their indices, whole numbers of 2, 4 and 32 bits as they are.
        signed: read signed 16-bit TIFF as it is; else its samples must not be negative.
        drop_alpha: see `Picture`.

    Returns:
        (height, width) or (height, width, 3) uint8, or (height, width) uint16 or float32; int16 only where `signed`.

    Raises:
        Rejected: see `store`.
    """
    return opened(data, path, indices, signed, drop_alpha=drop_alpha)[0]


def encode_pixels(pixels: Array, *, spent: bool = False) -> bytes:
    """Lossless bytes for pixels: PNG, or TIFF for 32-bit floats, which PNG cannot hold; for `spent` see `png.encode`."""
    if pixels.dtype == np.float32:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "TIFF")
        return buffer.getvalue()
    return png.encode(pixels, spent=spent)


def opened(
    data: bytes, path: str, indices: bool = False, signed: bool = False, doubles: bool = False, drop_alpha: bool = False
) -> tuple[Array, int | None]:
    """See `decode`; also the value of the orientation tag of a TIFF or WebP. With `doubles` 64-bit floats are given as they are."""
    try:
        if (grid := pnm.header(data)) is not None:
            check_size(grid.width, grid.height, path)
            return _netpbm(pnm.samples(data, grid), grid.highest, path), None
        with warnings.catch_warnings():
            if jpeg.is_deep(data):
                return jpeg.deep(data, path, check_size), None
            if png.is_large(data):
                return _by_bands(data, path, indices, drop_alpha), None
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which is dropped anyway
            if data.startswith(tiff.START) and (len(data) > _LARGE_TIFF or not _plain_tiff(data)):
                found = tiff.read(data, path, check_size, indices=indices)
                pixels = _grey_if_grey_palette(found.pixels, palette=found.palette)
                fitting = pixels if doubles and pixels.dtype == np.float64 else _fitting(pixels, path, signed, wide=indices)
                return fitting, stated_orientation(found.orientation)
            plain = _plain(data, indices)
            if isinstance(plain, np.ndarray):
                return plain, None
            with Image.open(io.BytesIO(plain), formats=_FORMATS) as picture:
                orientation = opened_orientation(picture)
                return _decode(picture, path, indices, signed, drop_alpha), orientation
    except Rejected:
        raise
    except png.Damaged as error:
        raise Rejected(path, f"{error}.", error.advice) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error, EOFError, IndexError, KeyError, TypeError) as error:
        if isinstance(error, UnidentifiedImageError) and (told := what_is(data)) is not None:
            raise Rejected(path, f"it is {told[0]}.", told[1]) from error
        raise Rejected(path, f"cannot be decoded as a picture ({_short(error)}).", _SAVE_AGAIN) from error


def _by_bands(data: bytes, path: str, indices: bool, drop_alpha: bool) -> Array:
    """The samples of a large PNG: in memory once, not as Pillow's picture, its bytes and the array at the same time."""
    width, height = struct.unpack_from(">II", data, 16)
    check_size(width, height, path)
    result: Array | None = None
    for top, pixels in bands(data, path, indices=indices, drop_alpha=drop_alpha):
        if result is None:
            result = np.empty((height, *pixels.shape[1:]), pixels.dtype)
        elif pixels.ndim > result.ndim:  # so far a palette gave greys alone
            result = np.repeat(result[..., np.newaxis], 3, axis=2)
        result[top : top + len(pixels)] = pixels if pixels.ndim == result.ndim else pixels[..., np.newaxis]
    assert result is not None
    return result


def bands(data: bytes, path: str, *, indices: bool = False, drop_alpha: bool = False) -> Iterator[tuple[int, Array]]:
    """The samples of a large PNG (`png.is_large`) as (number of the first line, some lines), from the top down; see `decode`.

    Raises:
        Rejected: see `store`.
        png.Damaged: a checksum is wrong, or samples are missing.
    """
    stream = png.bands(data)
    band = next(stream, None)
    while band is not None:
        top, above, small = band
        with Image.open(io.BytesIO(small), formats=("PNG",)) as picture:
            pixels = _decode(picture, path, indices, signed=False, drop_alpha=drop_alpha)[above:]
            last = picture.crop((0, picture.height - 1, picture.width, picture.height))
        yield top, pixels
        try:
            band = stream.send(last.tobytes("raw", "I;16B" if last.mode == "I;16" else last.mode))
        except StopIteration:
            band = None


def _plain(data: bytes, indices: bool) -> bytes | Array:
    """The file as Pillow opens it fastest and right: PNG unpacked, no thumbnails beside a JPEG, a whole palette; or else its samples."""
    if data.startswith(b"BM"):
        return with_full_palette(data)
    if data.startswith(png.SIGNATURE):
        return png_lines.read(data, indices=indices)
    return jpeg.clean(data).data if data.startswith(jpeg.START) and b"MPF\0" in data[:65536] else data


def _plain_tiff(data: bytes) -> bool:
    """Whether Pillow reads a TIFF exactly; it says itself of some that it cannot read them."""
    try:
        with Image.open(io.BytesIO(data), formats=("TIFF",)) as picture:
            return tiff.is_plain(getattr(picture, "tag_v2", {}), data.startswith(b"II"))
    except Exception:  # whatever Pillow raises: tifffile may still read it
        return False


def _netpbm(samples: Array, highest: int, path: str) -> Array:
    """The samples of a Netpbm picture without an opaque alpha channel."""
    channels = samples.shape[2] if samples.ndim == 3 else 1
    if channels > 4:
        raise Rejected(path, f"{channels} channels; grey or RGB expected.", tiff.AGAIN)
    if channels in (2, 4):
        samples = _without_alpha(samples, path, highest)
        samples = samples[..., 0] if channels == 2 else samples
    if samples.ndim == 3 and highest > 255:
        raise Rejected(path, "more than 8 bits a colour channel (16); no stored picture holds them.", tiff.TOO_DEEP)
    return samples


def _fitting(samples: Array, path: str, signed: bool, wide: bool = False) -> Array:
    """Samples in a type that a stored picture has, as long as none changes; with `wide` whole numbers that none has as they are.

    Raises:
        Rejected: one would.
    """
    if samples.dtype in (np.uint8, np.uint16, np.float32):
        return samples.astype(samples.dtype.newbyteorder("="), copy=False)
    if samples.dtype.kind == "f":
        with np.errstate(over="ignore"):
            single = samples.astype(np.float32)
        if not np.array_equal(single, samples, equal_nan=True):
            raise Rejected(path, "64-bit floats that 32 bits cannot hold.", "Save it with 32-bit floats.")
        return single
    if samples.dtype.kind not in "iu":
        raise Rejected(path, f"samples of type {samples.dtype}; whole numbers or floats expected.", tiff.AGAIN)
    low, high = int(samples.min()), int(samples.max())
    if signed and samples.dtype.kind == "i" and low >= -32768 and high <= 32767:
        return samples.astype(np.int16)
    if wide and (low < 0 or high > 65535):
        return samples.astype(np.int64)
    if low < 0 or high > 65535:
        raise Rejected(path, f"values {low}..{high} do not fit 16 bits without a sign.", "Save it with values from 0 to 65535.")
    return samples.astype(np.uint8 if samples.dtype.itemsize == 1 else np.uint16)


def _short(error: Exception) -> str:
    return "unknown format" if isinstance(error, UnidentifiedImageError) else str(error) or type(error).__name__


def _decode(picture: Image.Image, path: str, indices: bool, signed: bool, drop_alpha: bool) -> Array:
    check_size(picture.width, picture.height, path)
    if getattr(picture, "n_frames", 1) > 1:
        raise ManyPictures(path, f"holds {getattr(picture, 'n_frames', 2)} pictures where one was expected.", tiff.ONE_A_FILE)
    bits = _check_depth(picture, path)
    turned = opened_orientation(picture) if picture.format == "TIFF" else None
    short = _is_signed_16_bit(picture)
    depths = _jpeg2000_depths(picture) if picture.format == "JPEG2000" else ()
    if any(depth < 0 or depth > 16 for depth in depths):
        raise Rejected(path, f"a JPEG 2000 of samples with a sign, or of more than 16 bits ({depths}).", tiff.AGAIN)
    any_alpha = drop_alpha and picture.format == "PNG"
    colours = len(picture.palette.palette) // 3 if picture.format == "PNG" and picture.palette is not None else 256
    picture.load()
    if turned in _UNTURN:
        picture = picture.transpose(_UNTURN[turned])
    mode = picture.mode
    if mode == "P":
        if indices:
            return np.asarray(picture)
        if colours < 256 and (highest := int(np.asarray(picture).max())) >= colours:
            raise Rejected(
                path, f"a palette of {counted(colours, 'colour')}, and samples of number {highest}, which has none.", _SAVE_AGAIN
            )
        alpha = "transparency" in picture.info and not any_alpha
        resolved = np.asarray(picture.convert("RGBA" if alpha else "RGB"))
        return _grey_if_grey_palette(_without_alpha(resolved, path) if alpha else resolved)
    if "transparency" in picture.info and not any_alpha and mode in ("L", "RGB", "1", "I;16", "I"):
        raise Rejected(
            path, "one of its colours is declared transparent.", "Save it without transparency, or ask the owner for such a version."
        )
    if mode in ("LA", "PA", "La"):
        picture = picture.convert("LA")
        return _without_alpha(np.asarray(picture), path, any_alpha=any_alpha)[:, :, 0]
    if mode == "RGBA":
        return _without_alpha(np.asarray(picture), path, any_alpha=any_alpha)
    if mode == "1":
        return np.asarray(picture.convert("L"))
    if mode == "I":
        wide = np.asarray(picture)
        return wide.astype(np.int16) if signed and short else _fitting(wide, path, signed=False, wide=indices)
    if mode in _DIRECT_MODES:
        pixels = _samples(picture)
        if depths:
            pixels = pixels >> (-max(depths) % 8)  # Pillow stretches the samples to whole bytes by a shift
        elif indices and mode == "L" and bits in (2, 4):
            pixels = pixels // np.uint8(255 // ((1 << bits) - 1))  # so that black and white stay what they are
        return pixels.astype(np.uint16) if pixels.dtype.byteorder == ">" else pixels
    raise Rejected(path, f"pixels of mode {mode}; grey, RGB, palette or 16-bit grey expected.", _SAVE_AGAIN)


def _samples(picture: Image.Image) -> Array:
    """The samples of a loaded picture; of grey ones without a copy, where Pillow holds them in one piece."""
    if picture.mode == "L":
        with contextlib.suppress(ValueError):
            return np.frombuffer(pa.array(picture).buffers()[1], np.uint8).reshape(picture.height, picture.width)
    return np.asarray(picture)


def _grey_if_grey_palette(pixels: Array, palette: bool = True) -> Array:
    """A picture whose palette is all grey is a grey picture."""
    if not palette or pixels.ndim == 2:
        return pixels
    red = pixels[:, :, 0]
    return red if np.array_equal(red, pixels[:, :, 1]) and np.array_equal(red, pixels[:, :, 2]) else pixels


def _without_alpha(pixels: Array, path: str, opaque: int = 255, *, any_alpha: bool = False) -> Array:
    if not any_alpha and pixels[:, :, -1].min() != opaque:
        raise Rejected(
            path, "it is partly transparent; opaque pixels expected.", "Save it without transparency, or ask the owner for such a version."
        )
    return np.ascontiguousarray(pixels[:, :, :-1])


def merge_channels(pixels: Array, path: str) -> Array:
    """(height, width) from (height, width, 3) whose channels are equal.

    Raises:
        Rejected: the channels differ.
    """
    if not (np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(pixels[..., 0], pixels[..., 2])):
        raise Rejected(path, "its colour channels differ where one grey channel was expected.")
    return np.ascontiguousarray(pixels[..., 0])


def equal_channels(data: bytes, path: str) -> frozenset[tuple[int, int]]:
    """The pairs of channels of a picture that hold the same pixels: a look for surveys.

    Raises:
        Rejected: see `store`.
    """
    pixels = decode(data, path)
    channels = range(pixels.shape[2] if pixels.ndim == 3 else 1)
    return frozenset((a, b) for a in channels for b in channels if a < b and np.array_equal(pixels[..., a], pixels[..., b]))


def in_mode(pixels: Array, path: str, mode: Mode) -> Array:
    """Pixels in the declared mode, as long as nothing is lost."""
    if mode == "L" and pixels.ndim == 3:
        return merge_channels(pixels, path)
    if mode == "RGB" and pixels.ndim == 2 and pixels.dtype == np.uint8:
        return np.repeat(pixels[:, :, np.newaxis], 3, axis=2)
    return pixels


def check_size(width: int, height: int, path: str) -> None:
    """Refuses what no memory holds, and what holds nothing.

    Raises:
        Rejected: more than `MAX_PIXELS`, or none.
    """
    if width * height > MAX_PIXELS:
        raise Rejected(
            path, f"{width} x {height} pixels; at most {MAX_PIXELS} are read (a decompression bomb?).", "Cut it into smaller pictures."
        )
    if not width * height:
        raise Rejected(path, "a picture without pixels.", "Fetch the file again.")


def _check_depth(picture: Image.Image, path: str) -> int:
    """Refuses what Pillow would open with fewer bits or colours than the file holds, without a word.

    Returns:
        Bits of a sample of a PNG, 0 of other formats.
    """
    if picture.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        raise Rejected(path, f"{picture.mode} colours; grey or RGB expected.", "Save it as RGB, or ask the owner for such a version.")
    bits: tuple[int, ...] = ()
    depth = 0
    if picture.format == "PNG":
        stream: Any = getattr(picture, "fp", None)
        if stream is not None:
            position = stream.tell()
            stream.seek(24)
            depth, colour = stream.read(2)
            stream.seek(position)
            bits = (depth,) * {2: 3, 6: 3, 4: 2}.get(colour, 0)
    elif picture.format == "JPEG2000":
        components = _jpeg2000_depths(picture)
        bits = components if len(components) > 1 else ()
    if any(channel > 8 for channel in bits):
        raise Rejected(path, f"more than 8 bits a colour channel ({max(bits)}); no stored picture holds them.", tiff.TOO_DEEP)
    return depth


def _jpeg2000_depths(picture: Image.Image) -> tuple[int, ...]:
    """Bits of every component of a JPEG 2000 picture (ITU-T T.800, A.5.1), negative where its samples have a sign; none if not found."""
    stream: Any = getattr(picture, "fp", None)
    if stream is None:
        return ()
    position = stream.tell()
    stream.seek(0)
    head = stream.read(65536)
    stream.seek(position)
    size = head.find(b"\xff\x4f\xff\x51") + 2
    if size < 2 or len(head) < size + 40:
        return ()
    (count,) = struct.unpack_from(">H", head, size + 38)
    depths = head[size + 40 : size + 40 + 3 * count : 3]
    return tuple((-1 if depth & 0x80 else 1) * ((depth & 0x7F) + 1) for depth in depths)


def _is_signed_16_bit(picture: Image.Image) -> bool:
    """Whether a TIFF says that its samples are signed 16-bit integers."""
    tags: Any = getattr(picture, "tag_v2", {}) if picture.format == "TIFF" else {}
    return bool(tags.get(258) == (16,) and tags.get(339) == (2,))
