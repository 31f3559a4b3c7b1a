"""A picture or volume of a row, decoded to its end: what it is, and that it carries nothing else."""

from __future__ import annotations

import io
import warnings
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.errors import Rejected
from hf_medseg.formats import jpeg, png, png_lines, runs
from hf_medseg.formats.nifti import voxels_of
from hf_medseg.formats.pixels import MAX_PIXELS

Array = NDArray[Any]
_FLOAT_TIFF_TAGS = {256, 257, 258, 259, 262, 273, 277, 278, 279, 282, 283, 284, 296, 339}
STRETCH = 1 << 18  # samples
_GZIP_TEXTS = 4 | 8 | 16  # flags of an extra field, a name, a comment
# By size of the header: where data_type, db_name, descrip, aux_file, intent_name and the flag of extensions lie.
_NIFTI_TEXTS = {348: ((4, 32), (148, 252), (328, 344), (348, 352)), 540: ((240, 344), (508, 524), (525, 544))}


class Wrong(Exception):
    """A picture or volume is not what was promised."""

    def __init__(self, check: str, text: str) -> None:
        super().__init__(text)
        self.check = check


@dataclass(frozen=True)
class Opened:
    """A decoded cell.

    Attributes:
        decoded: the picture as Pillow holds it, or samples that were read without it: most of what is asked needs no copy of them.
        kind: `JPEG`, `PNG`, `TIFF` or `NIfTI`.
        mode: of the decoded picture; empty for volumes.
        grid: (height, width), or (slices, height, width).
    """

    decoded: Image.Image | Array
    kind: str
    mode: str
    grid: tuple[int, ...]

    @property
    def samples(self) -> Array:
        """(height, width[, 3]), or (slices, height, width) of a volume."""
        return np.asarray(self.decoded)

    def counts(self) -> NDArray[np.int64]:
        """How many samples have each of the 256 values of 8-bit grey: by runs, stretch by stretch, as volumes are large."""
        samples = self.samples.ravel(order="K")
        found = np.zeros(256, np.int64)
        for place in range(0, len(samples), STRETCH):
            stretch = samples[place : place + STRETCH]
            ends = np.append(runs.where(stretch[1:] != stretch[:-1]), len(stretch) - 1)
            found += np.bincount(stretch[ends], np.diff(ends, prepend=-1), 256).astype(np.int64)
        return found


def open_cell(data: bytes, *, drawn: bool = True) -> Opened:
    """Decodes a picture or volume to its end.

    Args:
        data: the encoded picture or volume.
        drawn: whether the samples of a JPEG are wanted; without, every code of it is read all the same, but few pixels are made of them.

    Raises:
        Wrong: it is damaged, of another format, or carries metadata.
    """
    if data.startswith(b"\x1f\x8b"):
        return _open_volume(data)
    try:
        if data.startswith(jpeg.START):
            cleaned = jpeg.clean(data)
            kind, clean = "JPEG", cleaned.data == data
            drawn = drawn or cleaned.frame not in jpeg.PLAIN  # what cannot be made smaller while it is read
        elif data.startswith(png.SIGNATURE):
            kind, clean = "PNG", png.clean(data)[0] == data
            if clean and isinstance(samples := png_lines.read(data, indices=False), np.ndarray):
                return Opened(samples, kind, "L" if samples.ndim == 2 else "RGB", samples.shape[:2])
        elif data[:4] in (b"II*\0", b"MM\0*"):
            kind, clean = "TIFF", True
        else:
            raise Wrong("format", "no JPEG, PNG or float TIFF.")
    except png.Damaged as error:
        raise Wrong("decode", f"{error}.") from error
    if not clean:
        raise Wrong("identity", f"the {kind} carries EXIF, XMP, IPTC, comments, text, or bytes that do not shape the picture.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise Wrong("decode", f"{picture.width} x {picture.height} pixels; at most {MAX_PIXELS} are read.")
                if kind == "TIFF" and (strange := sorted(set(getattr(picture, "tag_v2", {})) - _FLOAT_TIFF_TAGS)):
                    raise Wrong("identity", f"the TIFF carries the tags {strange}.")
                grid = picture.size[::-1]
                if kind == "JPEG" and not drawn:
                    picture.draft(None, (1, 1))
                picture.load()
                opened = Opened(picture, kind, picture.mode, grid)
    except Wrong:
        raise
    except Exception as error:  # whatever a decoder raises
        raise Wrong("decode", f"cannot be decoded ({error}).") from error
    if not _mode_allowed(opened, data):
        promised = "8-bit grey or RGB, 16-bit grey, or 32-bit float TIFF, all opaque, expected"
        raise Wrong("mode", f"a {kind} of mode {opened.mode}; {promised}.")
    return opened


def _mode_allowed(opened: Opened, data: bytes) -> bool:
    """Whether every reader gives the same samples."""
    if opened.kind == "PNG":
        depth, colour = data[24:26]
        return (depth, colour) in ((8, 0), (8, 2), (16, 0)) and b"tRNS" not in data[: data.find(b"IDAT")]
    return opened.mode in {"JPEG": ("L", "RGB"), "TIFF": ("F",)}[opened.kind]


def _open_volume(data: bytes) -> Opened:
    """See `open_cell`; the gzip header holds no name, and the NIfTI header no text."""
    if data[3] & _GZIP_TEXTS:
        raise Wrong("identity", "its gzip header carries a name or comment.")
    try:
        head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, 1024)
        samples = voxels_of(data)
    except Exception as error:  # whatever a decoder raises
        reason = error.expected if isinstance(error, Rejected) else error
        raise Wrong("decode", f"cannot be decoded as NIfTI ({reason}).") from error
    size = min(int.from_bytes(head[:4], order) for order in ("little", "big"))
    if any(any(head[start:end]) for start, end in _NIFTI_TEXTS.get(size, ())):
        raise Wrong("identity", "its NIfTI header carries text or extensions.")
    return Opened(samples, "NIfTI", "", samples.shape)
