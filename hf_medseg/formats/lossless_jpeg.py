"""Lossless JPEG as the Stanford PVRG codec writes it (JPEG process 14, frame SOF3), one channel of up to 16 bits.

PVRG departs from the standard (ITU-T T.81, H.1.2.1) in the first line: every sample but the first is predicted by the predictor that the
scan names, with 2^(precision - 1) for the line that would lie above, where the standard always takes the sample to the left. For the
predictors 2, 3, 6 and 7 a decoder that follows the standard therefore gives wrong samples all over the picture, without an error. So the
library only undoes the Huffman coding here: it is told predictor 1, which gives back every difference, and the samples are summed up from
these as PVRG does. For the predictors 1, 4 and 5 both rules are the same.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import MissingExtra, Rejected
from hf_medseg.formats.volume import Grid, OneFile, Samples
from hf_medseg.raw.files import Reader
from hf_medseg.raw.packed import unpacked

Array = NDArray[Any]

_FRAME, _SCAN = 0xC3, 0xDA
_AGAIN = "Fetch the file again."


@dataclass(frozen=True, slots=True)
class _Header:
    """What the markers say, and where the bytes stand that tell precision and predictor."""

    height: int
    width: int
    precision: int
    predictor: int
    precision_at: int
    predictor_at: int


@dataclass(frozen=True)
class LosslessJpeg(OneFile):
    """A lossless JPEG file beside a text that says its size; it may be packed with gzip.

    Attributes:
        height, width: the size as the text says: the samples run on in that order, even where the file's own header has the two
            swapped or otherwise cut.
        bits: the samples lie below 2^bits.
        pixel_spacing: (row, column) in mm, if the text states it.
    """

    height: int
    width: int
    bits: int = 16
    pixel_spacing: tuple[float, float] | None = None

    def read(self, reader: Reader) -> Samples:
        """See `OneFile.read`."""
        path, count = self.file.path, self.height * self.width
        data = unpacked(reader.read(self.file, keep=False), 4 * count + (1 << 20), path)
        header = _header(data, path)
        if header.height * header.width != count:
            raise Rejected(
                path,
                f"{header.width} x {header.height} samples; the case's header promises {self.width} x {self.height}.",
                "Keep pictures and headers together as the owner publishes them.",
            )
        pixels = _decoded(data, header, path).reshape(1, self.height, self.width)
        if (highest := int(pixels.max())) >> self.bits:
            raise Rejected(path, f"samples up to {highest} where the case's header promises {self.bits} bits.", _AGAIN)
        return Samples(pixels, Grid((1, self.height, self.width), pixel_spacing=self.pixel_spacing))


def decode(data: bytes, path: str) -> Array:
    """(height, width) samples of a lossless JPEG, uint16; the size is that of its header.

    Raises:
        Rejected: it is another kind of JPEG, cut or damaged.
        MissingExtra: imagecodecs is not installed.
    """
    return _decoded(data, _header(data, path), path)


def _header(data: bytes, path: str) -> _Header:
    """Reads the markers up to the scan."""
    place, frame = 2, None
    try:
        if data[:2] != b"\xff\xd8":
            raise Rejected(path, "a lossless JPEG expected.", "Fetch it again; a saved web page or a cut file looks so.")
        while data[place] == 0xFF:
            marker, (length,) = data[place + 1], struct.unpack_from(">H", data, place + 2)
            if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
                precision, height, width, channels = struct.unpack_from(">BHHB", data, place + 4)
                if marker != _FRAME or channels != 1 or not 2 <= precision <= 16:
                    raise Rejected(path, "another kind of JPEG; a lossless one of a single channel expected.")
                frame = (height, width, precision, place + 4)
            if marker == _SCAN:
                predictor_at = place + 5 + 2 * data[place + 4]
                # The byte after the next one holds the point transform: bits that were thrown away.
                if frame is None or not 1 <= data[predictor_at] <= 7 or data[predictor_at + 2] & 15:
                    break
                height, width, precision, precision_at = frame
                return _Header(height, width, precision, data[predictor_at], precision_at, predictor_at)
            place += 2 + length
    except (IndexError, struct.error):
        pass
    raise Rejected(path, "its JPEG header is cut or damaged.", _AGAIN)


def _decoded(data: bytes, header: _Header, path: str) -> Array:
    try:
        import imagecodecs
    except ImportError:
        raise MissingExtra("imagecodecs", "ljpeg") from None
    plain = bytearray(data)
    plain[header.precision_at], plain[header.predictor_at] = 16, 1  # so that no difference is cut to fewer bits
    try:
        # Not imagecodecs.ljpeg_decode: it gives samples for a file that is cut, and damaged ones crash it.
        sums: Array = np.asarray(imagecodecs.jpegsof3_decode(bytes(plain)))
    except (RuntimeError, ValueError, MemoryError) as error:
        raise Rejected(path, "its samples cannot be decoded; the file is cut or damaged.", _AGAIN) from error
    if sums.size != header.height * header.width:
        raise Rejected(path, "it holds another number of samples than its header says.", _AGAIN)
    return summed(differences(sums.reshape(header.height, header.width).astype(np.uint16)), header.predictor, header.precision)


def differences(sums: Array) -> Array:
    """The differences that a standard decoder has summed up with predictor 1 and a precision of 16 bits, modulo 2^16."""
    found = sums.copy()
    found[:, 1:] -= sums[:, :-1]
    found[1:, 0] -= sums[:-1, 0]
    found[:1, :1] -= np.uint16(1 << 15)
    return found


def summed(found: Array, predictor: int, precision: int) -> Array:
    """Samples from differences as PVRG predicts them; everything is modulo 2^16.

    Args:
        found: (height, width) differences, uint16.
        predictor: 1 to 7, as the scan names it.
        precision: bits, as the frame names it.

    Returns:
        (height, width) uint16.
    """
    height, width = found.shape
    half = 1 << (precision - 1)
    # One line and one column more: `half` above the first line; what lies left of the first column is never looked at.
    samples = np.full((height + 1, width + 1), half, np.int32)
    samples[1:, 1:] = found
    samples[1:, 1] = np.cumsum(found[:, 0], dtype=np.uint16) + np.uint16(half)  # the first column goes by the sample above
    flat, stride = samples.reshape(-1), width + 1
    # Every sample depends on its neighbours to the left and above: one diagonal after the other is ready.
    for diagonal in range(1, height + width - 1):
        first, last = max(0, diagonal - width + 1), min(height - 1, diagonal - 1)
        if first > last:
            continue
        start = (first + 1) * stride + diagonal - first + 1
        stop = start + (last - first) * (stride - 1) + 1
        here = slice(start, stop, stride - 1)
        left, above, corner = (flat[start - back : stop - back : stride - 1] for back in (1, stride, stride + 1))
        flat[here] = (flat[here] + _predicted(predictor, left, above, corner)) & 0xFFFF
    return samples[1:, 1:].astype(np.uint16)


def _predicted(predictor: int, left: Array, above: Array, corner: Array) -> Array:
    predicted: dict[int, Callable[[], Array]] = {
        1: lambda: left,
        2: lambda: above,
        3: lambda: corner,
        4: lambda: left + above - corner,
        5: lambda: left + ((above - corner) >> 1),
        6: lambda: above + ((left - corner) >> 1),
        7: lambda: (left + above) >> 1,
    }
    return predicted[predictor]()
