"""How the pixels of a DICOM object are packed: what the library does not unpack yet is unpacked here, or said by its name.

Newer kinds: frames that are deflated one by one, frames that are wrapped and not packed at all, and single bits (most segmentations) as
RLE, JPEG 2000 or JPEG-LS (DICOM PS3.5, sections 8.2 and A.4).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected, how_to_install
from hf_medseg.formats.dicom_fields import library

DEFLATED_FRAMES, WRAPPED, RLE = "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.5"
# Names that the library's dictionary does not have.
_NAMES = {
    DEFLATED_FRAMES: "Deflated Image Frame Compression",
    WRAPPED: "Encapsulated Uncompressed Explicit VR Little Endian",
    "1.2.840.10008.1.2.4.110": "JPEG XL Lossless",
    "1.2.840.10008.1.2.4.111": "JPEG XL JPEG Recompression",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
}
_ADVICE = "Unpack it first, for example with `gdcmconv --raw IN OUT` or `dcmdjpeg`, and convert again."


def make_readable(dataset: Any, path: str) -> None:
    """Makes sure that the library can unpack the pixels of an object, unpacking those that it does not know.

    Raises:
        Rejected: nothing here unpacks them, or they are cut.
    """
    syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
    if syntax is None:  # an old file without a preamble: the default of the standard
        dataset.file_meta = library().dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = library().uid.ImplicitVRLittleEndian
        return
    if syntax in (DEFLATED_FRAMES, WRAPPED):
        _unpack(dataset, path)
        return
    if syntax.is_transfer_syntax and not syntax.is_compressed:
        return
    try:
        available = library().pixels.get_decoder(syntax).is_available
    except NotImplementedError:
        available = None
    if not available:
        known = _NAMES.get(syntax, syntax.name if syntax.is_transfer_syntax else "nothing that the standard knows")
        advice = _ADVICE if available is None else how_to_install("pylibjpeg", "dicom")
        raise Rejected(path, f"its pixels are packed as {known}; no decoder for that is installed.", advice)
    if dataset.get("BitsAllocated") == 1:
        _unpack(dataset, path)


def _unpack(dataset: Any, path: str) -> None:
    """Puts plain pixels in the place of packed ones."""
    size = int(dataset.Rows) * int(dataset.Columns) * int(dataset.get("SamplesPerPixel") or 1)
    bits = int(dataset.BitsAllocated)
    whole = size * bits if bits > 1 else size
    frames: list[bytes] = []
    for frame in _frames(dataset, size):
        if len(frame) * 8 < whole and len(frame) < size:
            raise Rejected(path, f"frame {len(frames) + 1} holds {len(frame)} bytes; {-(-whole // 8)} expected.", "Fetch the file again.")
        frames.append(frame if bits > 1 else _bits(frame, size))
    if bits > 1:
        data = b"".join(frame[: whole // 8] for frame in frames)
    else:
        data = np.packbits(np.concatenate([np.frombuffer(frame, np.uint8) for frame in frames]), bitorder="little").tobytes()
    dataset.file_meta.TransferSyntaxUID = library().uid.ExplicitVRLittleEndian
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    dataset["PixelData"].VR = "OW" if bits > 8 else "OB"
    dataset["PixelData"].is_undefined_length = False


def _bits(frame: bytes, size: int) -> bytes:
    """One byte a pixel, 0 or 1, of a frame of single bits, or of one byte a pixel."""
    found = np.frombuffer(frame, np.uint8)
    return (
        (found[:size] != 0).view(np.uint8).tobytes()
        if len(found) >= size
        else np.unpackbits(found, count=size, bitorder="little").tobytes()
    )


def _frames(dataset: Any, size: int) -> Iterator[bytes]:
    """The unpacked frames of an object; single bits as they are, or as one byte a pixel."""
    syntax, count = dataset.file_meta.TransferSyntaxUID, int(dataset.get("NumberOfFrames") or 1)
    if syntax not in (DEFLATED_FRAMES, WRAPPED, RLE):
        dataset.BitsAllocated = dataset.BitsStored = 8  # for a decoder a bit is a sample of a byte
        dataset.HighBit = 7
        for number in range(count):
            pixels: NDArray[Any] = library().pixels.pixel_array(dataset, index=number)
            yield pixels.astype(np.uint8).tobytes()
        dataset.BitsAllocated = dataset.BitsStored = 1
        dataset.HighBit = 0
        return
    for packed in library().encaps.generate_frames(dataset.PixelData, number_of_frames=count):
        if syntax == DEFLATED_FRAMES:
            yield zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size * max(1, int(dataset.BitsAllocated) // 8) + 1)
        else:
            yield packed if syntax == WRAPPED else _rle(packed, size)


def _rle(packed: bytes, size: int) -> bytes:
    """The one segment of an RLE frame (PackBits), no more than `size` bytes of it."""
    start = int.from_bytes(packed[4:8], "little")
    found = bytearray()
    while start < len(packed) and len(found) < size:
        count = packed[start]
        if count < 128:
            found += packed[start + 1 : start + 2 + count]
            start += 2 + count
        elif count > 128:
            found += packed[start + 1 : start + 2] * (257 - count)
            start += 2
        else:
            start += 1
    return bytes(found)
