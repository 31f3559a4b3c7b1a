"""One picture file: decoded to exact samples, or passed through without its metadata."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from hf_medseg.errors import Rejected
from hf_medseg.formats import jpeg, png, tiff
from hf_medseg.formats import netpbm as pnm
from hf_medseg.formats.floats import ROUNDED, as_float32, rounded
from hf_medseg.formats.strange import what_is
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.words import counted

Array = NDArray[Any]
Mode = Literal["L", "RGB", ""]

# Far above any picture of the catalog (the largest are 7,000 pixels a side) and far below what exhausts a worker.
MAX_PIXELS = 400_000_000
Image.MAX_IMAGE_PIXELS = None  # our own limit, below, rejects by name instead of warning

# Bytes; what is larger is not kept for a second use, which it most often does not have.
_ONCE = 1 << 26
_ORIENTATION_TAG = 0x0112
# Where Exif and XMP may lie in PNG, JPEG and WebP: looked for before a file is opened for its orientation.
_MAY_BE_TURNED = (b"Exif\0\0", b"eXIf", b"EXIF", b"Raw profile type", b"tiff:Orientation")
_TEXTS = (b"Raw profile type", b"XML:com.adobe.xmp")
_HEAD = 1 << 18
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


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as it is stored.

    Attributes:
        data: PNG, JPEG or (32-bit float) TIFF bytes.
        width, height: of the decoded picture.
        exif_orientation: value of the orientation tag that was dropped, if the file had one.
        rounded: whether its samples are 64-bit floats rounded to 32 bits.
    """

    data: bytes
    width: int
    height: int
    exif_orientation: int | None = None
    rounded: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file.

    Attributes:
        file: the file.
        mode: the mode that the source declares; channels are merged only where they are equal, else the case is rejected.
        indices: read palette pictures as their indices, not their colours.
        size: (width, height) that the source promises, if it does.
        drop_alpha: the source says that the colours of its PNG files count where they are transparent too: alpha is dropped, whatever it
            holds. Else, and in other formats, which may spoil such colours, a picture that is not opaque is rejected.
    """

    file: RawFile
    mode: Mode = ""
    indices: bool = False
    size: tuple[int, int] | None = None
    drop_alpha: bool = False

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def array(self, reader: Reader) -> Array:
        """Samples as stored: (1, height, width) or (1, height, width, 3); uint8, uint16, or float32.

        Raises:
            Rejected: the file cannot be decoded exactly.
        """
        pixels: Array = reader.once(self, lambda: self._decoded(reader), most=_ONCE)
        return pixels[np.newaxis]

    def _decoded(self, reader: Reader) -> Array:
        pixels = self._samples_of(reader.read(self.file, same=self._show_the_same))
        self._check_promised(pixels.shape[1], pixels.shape[0])
        return pixels

    def values(self, reader: Reader, shape: tuple[int, int, int]) -> list[Any]:
        """See `Recipe.values`: the picture as it is stored.

        Raises:
            Rejected: it has another size than the image of its case; see also `encoded`.
        """
        picture = self.encoded(reader)
        if (1, picture.height, picture.width) != shape:
            size = f"{picture.width} x {picture.height}"
            raise Rejected(self.file.path, f"it has {size} pixels, the image of its case {shape[2]} x {shape[1]}.")
        return [picture.data]

    def whole(self, reader: Reader, shape: tuple[int, int, int]) -> Any:
        """See `Recipe.whole`: of no volume, as a picture is none."""
        raise TypeError(f"{self.file.path}: a picture is no volume")

    def encoded(self, reader: Reader) -> Encoded:
        """The picture for an `image` column.

        Raises:
            Rejected: the file is damaged, or holds what a stored picture cannot.
        """
        picture = store(
            reader.read(self.file, keep=self.file.size <= _ONCE, same=self._show_the_same),
            self.file.path,
            self.mode,
            drop_alpha=self.drop_alpha,
        )
        self._check_promised(picture.width, picture.height)
        if picture.rounded:
            reader.note(self.file.path, ROUNDED)
        return picture

    def _samples_of(self, data: bytes) -> Array:
        pixels = decode(data, self.file.path, indices=self.indices, drop_alpha=self.drop_alpha)
        return _in_mode(pixels, self.file.path, self.mode)

    def _show_the_same(self, data: bytes, twin: bytes) -> bool:
        """Whether two files hold the same pixels, as where a lossless picture was packed anew."""
        try:
            return np.array_equal(self._samples_of(data), self._samples_of(twin))
        except Rejected:
            return False

    def _check_promised(self, width: int, height: int) -> None:
        if self.size is not None and self.size != (width, height):
            raise Rejected(
                self.file.path,
                f"{width} x {height} pixels; the source promises {self.size[0]} x {self.size[1]}.",
                "Fetch the owner's file; copies are often resized.",
            )


def store(data: bytes, path: str, mode: Mode = "", *, drop_alpha: bool = False) -> Encoded:
    """Passes JPEG and PNG through without metadata, brings everything else to lossless PNG.

    Args:
        data: the file's bytes.
        path: its path, for messages.
        mode: the declared mode, if any.
        drop_alpha: see `Picture`.

    Raises:
        Rejected: damaged, several pages, CMYK, more than 8 bits a colour channel, real transparency, or too large.
    """
    try:
        if data.startswith(jpeg.START):
            return _store_jpeg(data, path, mode)
        if data.startswith(png.SIGNATURE):
            return _store_png(data, path, mode, drop_alpha)
    except png.Damaged as error:
        raise Rejected(path, f"{error}.", error.advice) from error
    samples, orientation = _opened(data, path, doubles=True)
    pixels = as_float32(samples, path) if samples.dtype.kind == "f" else samples
    return dataclasses.replace(_transcoded(pixels, path, mode, orientation), rounded=rounded(samples, pixels))


def orientation_of(data: bytes) -> int:
    """The value of a picture file's orientation tag as viewers find it (Exif, or else XMP), 1 where it has none or is no picture."""
    if data.startswith((b"II*\0", b"MM\0*")):  # an Exif block begins as a TIFF does
        return _orientation(data) or 1
    head = data if data.startswith(png.SIGNATURE) else data[:_HEAD]
    if not data.startswith(tiff.START) and not any(mark in head for mark in _MAY_BE_TURNED):
        return 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as picture:
                return _stated(picture.getexif().get(_ORIENTATION_TAG)) or 1
    except Exception:  # whatever a decoder raises: the file is read, and rejected by name, elsewhere
        return 1


def turned_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """(width, height) of a picture of `size` as a viewer shows it."""
    return (size[1], size[0]) if orientation >= 5 else size


def _stated(value: Any) -> int | None:
    """A value of the orientation tag, None for what is none."""
    return int(value) if isinstance(value, int) and 1 <= value <= 8 else None


def _tag_orientation(picture: Image.Image) -> int | None:
    """Value of the orientation tag of an opened TIFF or WebP."""
    if picture.format == "TIFF":
        return _stated(getattr(picture, "tag_v2", {}).get(_ORIENTATION_TAG))
    return _stated(picture.getexif().get(_ORIENTATION_TAG)) if picture.format == "WEBP" else None


def _is_signed_16_bit(picture: Image.Image) -> bool:
    """Whether a TIFF says that its samples are signed 16-bit integers."""
    tags: Any = getattr(picture, "tag_v2", {}) if picture.format == "TIFF" else {}
    return bool(tags.get(258) == (16,) and tags.get(339) == (2,))


def _store_jpeg(data: bytes, path: str, mode: Mode) -> Encoded:
    cleaned = jpeg.clean(data)
    if cleaned.components == 4:
        raise Rejected(
            path, "a CMYK JPEG; PNG and the label maps have no such colours.", "Save it as RGB, or ask the owner for such a version."
        )
    if cleaned.components not in ((1, 3) if cleaned.bits == 8 else (1,)) or (cleaned.bits != 8 and cleaned.frame == jpeg.BASELINE):
        what = f"a JPEG of {counted(cleaned.components, 'channel')} of {cleaned.bits} bits; 8-bit RGB, or grey of up to 16 bits, expected."
        raise Rejected(path, what, tiff.AGAIN)
    _check_size(cleaned.width, cleaned.height, path)
    orientation = _orientation(cleaned.exif)
    if orientation is None and b"tiff:Orientation" in cleaned.xmp:
        orientation = orientation_of(data)
    if cleaned.bits != 8 or cleaned.frame not in jpeg.PLAIN or (mode and mode != ("L" if cleaned.components == 1 else "RGB")):
        return _transcoded(decode(data, path), path, mode, orientation)
    return Encoded(cleaned.data, cleaned.width, cleaned.height, orientation)


def _store_png(data: bytes, path: str, mode: Mode, drop_alpha: bool) -> Encoded:
    cleaned, exif = png.clean(data)
    if len(cleaned) < 33 or cleaned[12:16] != b"IHDR":
        raise Rejected(path, "the PNG has no header.", "Fetch the file again.")
    width, height, bits, colour, packing, filtering, interlaced = struct.unpack_from(">IIBBBBB", cleaned, 16)
    if packing or filtering or interlaced > 1 or b"IDAT" not in cleaned:
        raise Rejected(path, "the PNG has no samples that any reader can unpack.", "Fetch the file again.")
    _check_size(width, height, path)
    orientation = _orientation(exif)
    kinds = {kind: data[start + 8 : start + 25] for kind, start, _ in png.chunks(data) if kind != b"IDAT"}
    if orientation is None and any(text.startswith(_TEXTS) for text in kinds.values()):
        orientation = orientation_of(data)
    stored: Mode | None = {(8, 0): "L", (8, 2): "RGB", (16, 0): ""}.get((bits, colour))  # type: ignore[assignment]
    if stored is not None and b"tRNS" not in kinds and (not mode or mode == stored):
        return Encoded(cleaned, width, height, orientation)
    return _transcoded(decode(data, path, drop_alpha=drop_alpha), path, mode, orientation)


def _in_mode(pixels: Array, path: str, mode: Mode) -> Array:
    """Pixels in the declared mode, as long as nothing is lost."""
    if mode == "L" and pixels.ndim == 3:
        return merge_channels(pixels, path)
    if mode == "RGB" and pixels.ndim == 2 and pixels.dtype == np.uint8:
        return np.repeat(pixels[:, :, np.newaxis], 3, axis=2)
    return pixels


def _transcoded(pixels: Array, path: str, mode: Mode, orientation: int | None = None) -> Encoded:
    pixels = _in_mode(pixels, path, mode)
    height, width = pixels.shape[:2]
    return Encoded(encode_pixels(pixels, spent=True), width, height, orientation)


def encode_pixels(pixels: Array, *, spent: bool = False) -> bytes:
    """Lossless bytes for pixels: PNG, or TIFF for 32-bit floats, which PNG cannot hold; for `spent` see `png.encode`."""
    if pixels.dtype == np.float32:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "TIFF")
        return buffer.getvalue()
    return png.encode(pixels, spent=spent)


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
    return _opened(data, path, indices, signed, drop_alpha=drop_alpha)[0]


def _opened(
    data: bytes, path: str, indices: bool = False, signed: bool = False, doubles: bool = False, drop_alpha: bool = False
) -> tuple[Array, int | None]:
    """See `decode`; also the value of the orientation tag of a TIFF or WebP. With `doubles` 64-bit floats are given as they are."""
    try:
        if (grid := pnm.header(data)) is not None:
            _check_size(grid.width, grid.height, path)
            return _netpbm(pnm.samples(data, grid), grid.highest, path), None
        with warnings.catch_warnings():
            if jpeg.is_deep(data):
                return jpeg.deep(data, path, _check_size), None
            if png.is_large(data):
                return _by_bands(data, path, indices, drop_alpha), None
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which is dropped anyway
            if data.startswith(tiff.START) and (len(data) > _ONCE or not _plain_tiff(data)):
                found = tiff.read(data, path, _check_size, indices=indices)
                pixels = _grey_if_grey_palette(found.pixels, palette=found.palette)
                fitting = pixels if doubles and pixels.dtype == np.float64 else _fitting(pixels, path, signed, wide=indices)
                return fitting, _stated(found.orientation)
            with Image.open(io.BytesIO(_plain(data)), formats=_FORMATS) as picture:
                orientation = _tag_orientation(picture)
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
    _check_size(width, height, path)
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


def _plain(data: bytes) -> bytes:
    """The file as Pillow opens it fastest: PNG samples unpacked, a multi-picture JPEG without its thumbnails."""
    if data.startswith(png.SIGNATURE):
        return png.unpacked(data)
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
        raise Rejected(path, "more than 8 bits a colour channel (16); no stored picture holds them.", "Ask for 8 bits or 16-bit grey.")
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
    _check_size(picture.width, picture.height, path)
    if getattr(picture, "n_frames", 1) > 1:
        raise Rejected(path, f"holds {getattr(picture, 'n_frames', 2)} pictures where one was expected.", "Keep one picture a file.")
    bits = _check_depth(picture, path)
    turned = _tag_orientation(picture) if picture.format == "TIFF" else None
    short = _is_signed_16_bit(picture)
    depths = _jpeg2000_depths(picture) if picture.format == "JPEG2000" else ()
    if any(depth < 0 or depth > 16 for depth in depths):
        raise Rejected(path, f"a JPEG 2000 of samples with a sign, or of more than 16 bits ({depths}).", tiff.AGAIN)
    any_alpha = drop_alpha and picture.format == "PNG"
    picture.load()
    if turned in _UNTURN:
        picture = picture.transpose(_UNTURN[turned])
    mode = picture.mode
    if mode == "P":
        if indices:
            return np.asarray(picture)
        alpha = "transparency" in picture.info and not any_alpha
        picture = picture.convert("RGBA" if alpha else "RGB")
        mode = picture.mode
        if not alpha:
            return _grey_if_grey_palette(np.asarray(picture))
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


def _check_size(width: int, height: int, path: str) -> None:
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
        raise Rejected(
            path, f"more than 8 bits a colour channel ({max(bits)}); no stored picture holds them.", "Ask for 8 bits or 16-bit grey."
        )
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


def _orientation(exif: bytes) -> int | None:
    """Value of the orientation tag in an Exif block (TIFF 6.0 layout), None where there is none."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return None
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for entry in range(min(count, 512)):
            tag, kind = struct.unpack_from(order + "HH", exif, start + 2 + 12 * entry)
            if tag == _ORIENTATION_TAG and kind in (1, 3, 4):  # a short; some write a byte or a long
                (value,) = struct.unpack_from(order + {1: "B", 3: "H", 4: "I"}[kind], exif, start + 2 + 12 * entry + 8)
                return _stated(value)
    except struct.error:
        return None
    return None
