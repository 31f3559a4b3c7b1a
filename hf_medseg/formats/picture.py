"""One picture file as a case names it: read as samples, or passed through without its metadata."""

from __future__ import annotations

import dataclasses
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.formats import jpeg, png, tiff
from hf_medseg.formats.floats import ROUNDED, as_float32, rounded
from hf_medseg.formats.orientation import exif_orientation, orientation_of
from hf_medseg.formats.pixels import Array, Mode, check_size, decode, encode_pixels, in_mode, opened
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.sent import Sent
from hf_medseg.words import counted

# Bytes; what is larger is not kept for a second use, which it most often does not have.
_ONCE = 1 << 26
_TEXTS = (b"Raw profile type", b"XML:com.adobe.xmp")


ENDINGS = ("png", "jpg", "jpeg", "jpe", "jfif", "bmp", "gif", "tif", "tiff", "webp", "pbm", "pgm", "ppm", "pnm", "pam", "jp2", "j2k")
"""How the names of pictures end that are read, whatever is in them."""
DOTTED_ENDINGS = tuple(f".{ending}" for ending in ENDINGS)
PICTURE_NAME = rf"[^/]+\.(?i:{'|'.join(ENDINGS)})"
"""Pattern of such a name."""


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
class Picture(Sent):
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
        return in_mode(pixels, self.file.path, self.mode)

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
    samples, orientation = opened(data, path, doubles=True)
    pixels = as_float32(samples, path) if samples.dtype.kind == "f" else samples
    return dataclasses.replace(_transcoded(pixels, path, mode, orientation), rounded=rounded(samples, pixels))


def _store_jpeg(data: bytes, path: str, mode: Mode) -> Encoded:
    cleaned = jpeg.clean(data)
    if cleaned.components == 4:
        raise Rejected(
            path, "a CMYK JPEG; PNG and the label maps have no such colours.", "Save it as RGB, or ask the owner for such a version."
        )
    if cleaned.components not in ((1, 3) if cleaned.bits == 8 else (1,)) or (cleaned.bits != 8 and cleaned.frame == jpeg.BASELINE):
        what = f"a JPEG of {counted(cleaned.components, 'channel')} of {cleaned.bits} bits; 8-bit RGB, or grey of up to 16 bits, expected."
        raise Rejected(path, what, tiff.AGAIN)
    check_size(cleaned.width, cleaned.height, path)
    orientation = exif_orientation(cleaned.exif)
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
    check_size(width, height, path)
    orientation = exif_orientation(exif)
    kinds = {kind: data[start + 8 : start + 25] for kind, start, _ in png.chunks(data) if kind != b"IDAT"}
    if orientation is None and any(text.startswith(_TEXTS) for text in kinds.values()):
        orientation = orientation_of(data)
    stored: Mode | None = {(8, 0): "L", (8, 2): "RGB", (16, 0): ""}.get((bits, colour))  # type: ignore[assignment]
    if stored is not None and b"tRNS" not in kinds and (not mode or mode == stored):
        return Encoded(png.exact(cleaned), width, height, orientation)
    return _transcoded(decode(data, path, drop_alpha=drop_alpha), path, mode, orientation)


def _transcoded(pixels: Array, path: str, mode: Mode, orientation: int | None = None) -> Encoded:
    pixels = in_mode(pixels, path, mode)
    height, width = pixels.shape[:2]
    return Encoded(encode_pixels(pixels, spent=True), width, height, orientation)
