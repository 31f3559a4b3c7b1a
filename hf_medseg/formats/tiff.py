"""TIFF files that Pillow opens with other samples than they hold, or not at all: read by tifffile, or refused by what they are.

Format: TIFF 6.0; BigTIFF; ExtraSamples and SampleFormat as TIFF 6.0 sections 18 and 19 say.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import ManyPictures, MissingExtra, Rejected

Array = NDArray[Any]

START = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
AGAIN = "Save it with the program that made it as an uncompressed 8-bit RGB, or 8- or 16-bit grey, TIFF or PNG."
TOO_DEEP = "Save it with 8 bits a channel, or as 16-bit grey; or ask the owner for such a version."
ONE_A_FILE = "Keep one picture a file; several masks of one picture are files in a folder that is called as it is."
_WHITE_IS_ZERO, _GREY, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_JPEG = (6, 7, 33007, 34892)
_NAMES = {
    4: "a transparency mask",
    5: "CMYK",
    6: "YCbCr",
    8: "CIE L*a*b*",
    9: "ICC L*a*b*",
    10: "ITU L*a*b*",
    32803: "a colour filter array (raw camera samples)",
    32844: "LogL",
    32845: "LogLuv",
    34892: "linear raw samples",
}
# (samples, bits, format, photometric) that Pillow reads exactly; with alpha that the file calls so.
_PLAIN = frozenset(
    (1, bits, kind, photometric)
    for bits, kind, photometric in (
        (1, 1, 0), (1, 1, 1), (8, 1, 0), (8, 1, 1), (8, 1, 3), (16, 1, 1), (16, 2, 1), (32, 3, 1),
    )
) | {(3, 8, 1, 2), (4, 8, 1, 2), (2, 8, 1, 1)}  # fmt: skip
_PLAIN_COMPRESSION = frozenset((1, 2, 3, 4, 5, 8, 32773, 32946))


@dataclass(frozen=True, slots=True)
class Read:
    """Samples and the orientation tag of a TIFF.

    Attributes:
        pixels: (height, width) or (height, width, 3); whatever type fits, white is high.
        orientation: value of the tag, if any.
        palette: whether the pixels are colours of a palette.
    """

    pixels: Array
    orientation: Any
    palette: bool = False


def is_plain(tags: Mapping[int, Any], little: bool) -> bool:
    """Whether Pillow reads a TIFF with these tags exactly as it is stored; `little` if its byte order is little-endian."""
    samples, extra = tags.get(277, 1), tags.get(338, ())
    bits, kinds = set(tags.get(258, (1,))), set(tags.get(339, (1,)))
    if len(bits) != 1 or len(kinds) != 1 or tags.get(266, 1) != 1 or tags.get(32997, 1) != 1 or tags.get(259, 1) not in _PLAIN_COMPRESSION:
        return False
    if max(bits) > 8 and tags.get(259, 1) != 1 and not little:
        return False  # libtiff gives samples in the processor's byte order, Pillow takes them for the file's
    if (samples, *bits, *kinds, tags.get(262)) not in _PLAIN or (samples > 1 and tags.get(284, 1) != 1):
        return False
    if (extra and (samples in (1, 3) or tuple(extra) not in ((1,), (2,)))) or (samples in (2, 4) and not extra):
        return False
    text = str(tags.get(270, ""))
    if text.startswith("ImageJ=") or '"shape"' in text[:200]:  # may say that there are more pictures than directories
        return False
    return tags.get(262) != _PALETTE or eight_bits(np.array(tags.get(320, ()), np.int64)) is not None


def eight_bits(colours: Array) -> Array | None:
    """The 8-bit values of a palette's 16-bit ones; None where they are none.

    Writers multiply by 257 or 256; older ones left 8-bit values as they were, which libtiff reads so too.
    """
    if colours.size and colours.max() < 256:
        return None if colours.any() else colours
    whole = colours // 256
    return whole if ((colours == whole * 257) | (colours == whole * 256)).all() else None


def read(data: bytes, path: str, check_size: Callable[[int, int, str], None], *, indices: bool = False) -> Read:
    """The samples of a TIFF of one picture.

    Args:
        data: the file's bytes.
        path: its path, for messages.
        check_size: called with (width, height, path) before samples are read.
        indices: read numbers of classes: palettes as their indices, samples of 2 and 4 bits as they are stored.

    Raises:
        Rejected: it is cut, damaged, or holds what no stored picture can.
        MissingExtra: a library is missing.
    """
    try:
        import tifffile
    except ImportError as error:
        raise MissingExtra("tifffile", "tiff") from error
    try:
        with quiet(), tifffile.TiffFile(io.BytesIO(data)) as file:
            page = file.pages.first
            check_size(page.imagewidth, page.imagelength, path)
            _check_pages(file, page, path)
            _check_whole(page, len(data), path)
            photometric = int(page.photometric)
            if photometric in _NAMES and not (photometric == _YCBCR and int(page.compression) in _JPEG):
                raise Rejected(path, f"its samples are {_NAMES[photometric]}; grey, RGB or palette expected.", AGAIN)
            samples = page.asarray()
            if page.axes not in ("YX", "YXS", "SYX"):
                raise Rejected(path, f"its axes are {page.axes}; rows and columns expected.", "Keep one picture a file.")
            if page.axes == "SYX":
                samples = np.moveaxis(samples, 0, -1)
            tag = page.tags.get(274)
            coloured = photometric == _PALETTE and not indices
            return Read(_meant(samples, page, path, indices), None if tag is None else tag.value, coloured)
    except (Rejected, MissingExtra):
        raise
    except Exception as error:  # whatever tifffile and its many codecs raise
        if "imagecodecs" in str(error):
            raise MissingExtra("imagecodecs", "tiff") from error
        raise Rejected(
            path, f"cannot be read as a TIFF ({str(error) or type(error).__name__}).", f"{AGAIN} Fetch it again if it is damaged."
        ) from error


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Tifffile tells its logger what it sees, which ends up on the terminal; what matters raises here."""
    logger = logging.getLogger("tifffile")

    def nothing(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(nothing)
    try:
        yield
    finally:
        logger.removeFilter(nothing)


def _check_pages(file: Any, page: Any, path: str) -> None:
    count = len(file.pages)
    if count == 1 and len(file.series) == 1 and file.series[0].size != page.size:
        count = max(2, file.series[0].size // max(page.size, 1))
    if count > 1:
        raise ManyPictures(path, f"holds {count} pictures where one was expected.", ONE_A_FILE)


def _check_whole(page: Any, size: int, path: str) -> None:
    if any(start + length > size for start, length in zip(page.dataoffsets, page.databytecounts, strict=True)):
        raise Rejected(path, "the TIFF is cut: it ends before its samples do.", "Fetch the file again.")
    if not page.databytecounts or not all(page.databytecounts):
        raise Rejected(path, "a part of the TIFF has no samples.", AGAIN)


def _meant(samples: Array, page: Any, path: str, indices: bool) -> Array:
    """Samples as pictures mean them: palettes resolved, opaque alpha dropped, white high, 1-bit as 0 and 255."""
    photometric, bits = int(page.photometric), int(page.bitspersample)
    if samples.dtype == np.bool_:
        samples = samples.astype(np.uint8)
    samples = _channels(samples, 3 if photometric in (_RGB, _YCBCR) else 1, tuple(map(int, page.extrasamples)), path)
    if samples.ndim == 3 and samples.dtype != np.uint8:
        raise Rejected(path, f"more than 8 bits a colour channel ({bits}); no stored picture holds them.", TOO_DEEP)
    if photometric == _PALETTE:
        return samples if indices else _coloured(samples, page, path)
    if photometric == _WHITE_IS_ZERO:
        if samples.dtype.kind != "u" or bits > 16:
            raise Rejected(path, f"white is 0 in samples of type {samples.dtype}, which have no black.", AGAIN)
        samples = (samples.dtype.type((1 << bits) - 1) - samples).astype(samples.dtype)
    # Every reader shows 1, 2 and 4 bits stretched to 8, as it does with those of PNG; numbers of classes are not shown.
    stretched = bits == 1 or (bits in (2, 4) and not indices)
    return samples * np.uint8(255 // ((1 << bits) - 1)) if stretched and samples.ndim == 2 else samples


def _channels(samples: Array, wanted: int, extra: tuple[int, ...], path: str) -> Array:
    """The channels of a picture without its alpha, if that is opaque."""
    found = samples.shape[2] if samples.ndim == 3 else 1
    if found == wanted:
        return samples if samples.ndim == 2 or found == 3 else samples[..., 0]
    if found != wanted + 1:
        raise Rejected(path, f"{found} channels; {wanted} expected, or one more for transparency.", AGAIN)
    alpha = samples[..., -1]
    highest = np.iinfo(alpha.dtype).max if alpha.dtype.kind in "iu" else 1
    if not (alpha == highest).all():
        if extra[:1] in ((1,), (2,)):
            raise Rejected(
                path,
                "it is partly transparent; opaque pixels expected.",
                "Save it without transparency, or ask the owner for such a version.",
            )
        raise Rejected(path, f"{found} channels, and the last one is not said to be transparency: it would be lost.", "Save each alone.")
    return np.ascontiguousarray(samples[..., 0] if wanted == 1 else samples[..., :wanted])


def _coloured(indices: Array, page: Any, path: str) -> Array:
    """The colours of a palette picture."""
    stored = np.asarray(page.colormap, np.int64)
    colours = stored if stored.max(initial=0) < 256 else eight_bits(stored)
    if colours is None:
        raise Rejected(path, "its palette has more than 8 bits a colour channel; no stored picture holds them.", AGAIN)
    return np.ascontiguousarray(colours.astype(np.uint8).T[indices])
