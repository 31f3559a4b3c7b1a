"""NIfTI and Analyze volumes: read by an allow-list of header fields, brought to LPS order, cut into slices; and written.

Formats: NIfTI-1 and NIfTI-2 (https://nifti.nimh.nih.gov), Analyze 7.5. Free text, extensions and the name in a gzip header are never
read into anything.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from hf_medseg.errors import MissingExtra, Rejected
from hf_medseg.formats.packing import start, unpacked
from hf_medseg.formats.placement import RAS_TO_LPS, Matrix, placement
from hf_medseg.formats.volume import Array, Grid
from hf_medseg.formats.voxels import Voxels, VoxelVolume, check_channels, check_size
from hf_medseg.raw.files import RawFile, Reader

NIFTI = r"\.nii(?:\.gz)?"
"""How the name of a NIfTI file ends, as a pattern."""

# Types of samples that nibabel reads as records, or not at all -> what they are called.
_TYPES = {1: "one bit", 32: "complex numbers", 128: "RGB colours", 1792: "complex numbers", 2048: "complex numbers", 2304: "RGBA colours"}


@dataclass(frozen=True)
class NiftiVolume(VoxelVolume):
    """A NIfTI file (`.nii`, `.nii.gz`), or the `.img` of a NIfTI or Analyze pair with its `.hdr`; see `VoxelVolume`.

    Attributes:
        header: the `.hdr` of a pair.
    """

    header: RawFile | None = None

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,) if self.header is None else (self.file, self.header)

    def read(self, reader: Reader) -> Voxels:
        """See `VoxelVolume.read`."""
        try:
            if self.header is None:
                return _read(reader.read(self.file), None, self.file.path, channel=self.channel)
            return _read(reader.read(self.file), reader.read(self.header), self.file.path, self.header.path, self.channel)
        except (zlib.error, struct.error, EOFError) as error:
            raise Rejected(self.file.path, f"the file is damaged or cut ({error}).", "Fetch it again.") from error


def _read(data: bytes, header: bytes | None, path: str, header_path: str = "", channel: tuple[int, int] | None = None) -> Voxels:
    """The voxels of a file, with all channels where one is asked for; what is wrong with the header of a pair is said of its own file."""
    told = header_path or path
    try:
        import nibabel
        from nibabel.spatialimages import HeaderDataError
    except ImportError:
        raise MissingExtra("nibabel", "nifti") from None
    try:
        head = start(data if header is None else header, 540)
    except zlib.error as error:
        raise Rejected(told, f"the file is damaged or cut ({error}).", "Fetch it again.") from error
    kind = _kind(head, header is not None, nibabel)
    if kind is None:
        what = "this is no NIfTI or Analyze volume." if header is None else "this is no header of a NIfTI or Analyze volume."
        raise Rejected(told, what)
    try:
        # The header alone: extensions (free text, of any size) lie between it and the voxels, whose place it says.
        info: Any = kind(head[: kind.template_dtype.itemsize], check=False)
        shape = _shape(info.get_data_shape(), told, channel)
        dtype = _type(info, told)
        offset = int(info.get_data_offset())
        slope, intercept = info.get_slope_inter()
        placed = placement(info, told)
        first = int(info.single_vox_offset) if header is None else 0
    except (HeaderDataError, ValueError, OverflowError, KeyError) as error:
        raise Rejected(told, f"its header is damaged ({error}).", "Fetch it again.") from error
    if offset < first:
        raise Rejected(told, f"its header is damaged (voxels from byte {offset} on, which is inside the header).", "Fetch it again.")
    size = int(np.prod(shape))
    needed = offset + size * dtype.itemsize
    content = unpacked(data, needed, path)
    if len(content) < needed:
        what = "header and voxels" if header is None else "voxels"
        raise Rejected(path, f"{needed} bytes of {what} expected, {len(content)} found.", "Fetch it again.")
    array = np.frombuffer(content, dtype, size, offset).reshape(shape, order="F")
    if not np.isfinite([1.0 if slope is None else slope, intercept or 0.0]).all():
        raise Rejected(told, "its scale is not a finite number.")
    scale = 1.0 if slope is None else float(slope), 0.0 if intercept is None else float(intercept)
    return Voxels(array, placed.affine, placed.spacing, *scale, placed.note)


def channels_of(head: bytes, path: str, *, pair: bool = False) -> int:
    """How many volumes a file holds, by its beginning.

    Args:
        head: the beginning of the file, of a pair that of its header.
        path: the file, for messages.
        pair: whether it is a pair.

    Raises:
        Rejected: it is no NIfTI or Analyze volume.
    """
    try:
        import nibabel
    except ImportError:
        raise MissingExtra("nibabel", "nifti") from None
    try:
        head = start(head, 540)
    except zlib.error as error:
        raise Rejected(path, f"the file is damaged or cut ({error}).", "Fetch it again.") from error
    kind = _kind(head, pair, nibabel)
    if kind is None:
        raise Rejected(path, "this is no NIfTI or Analyze volume.")
    sizes: tuple[int, ...] = kind(head[: kind.template_dtype.itemsize], check=False).get_data_shape()
    return math.prod(int(size) for size in sizes[3:])


def _type(info: Any, path: str) -> np.dtype[Any]:
    """The type of the samples.

    Raises:
        Rejected: they are no single numbers.
    """
    code = int(info["datatype"])
    if code not in _TYPES:
        dtype: np.dtype[Any] = info.get_data_dtype()
        if dtype.kind in "iuf":
            return dtype
    raise Rejected(
        path,
        f"samples of {_TYPES.get(code, f'type {code}')}; one integer or floating-point number a voxel expected.",
        "Save it as a volume of such numbers, each channel by itself.",
    )


def _kind(head: bytes, pair: bool, nibabel: Any) -> Any:
    """The class of nibabel for a header, by its size and its magic bytes; None if it is none of them."""
    sizes = {struct.unpack(order + "i", head[:4])[0] for order in "<>"} if len(head) >= 348 else set()
    if 540 in sizes and len(head) >= 540:
        kinds = {b"n+2\0\r\n\x1a\n": (False, nibabel.Nifti2Header), b"ni2\0\r\n\x1a\n": (True, nibabel.nifti2.Nifti2PairHeader)}
        is_pair, kind = kinds.get(head[4:12], (None, None))
        return kind if is_pair is pair else None
    if 348 not in sizes:
        return None
    magic = head[344:348]
    if magic == b"n+1\0" and not pair:
        return nibabel.Nifti1Header
    if magic == b"ni1\0" and pair:
        return nibabel.nifti1.Nifti1PairHeader
    return nibabel.AnalyzeImage.header_class if pair and not magic.startswith((b"n+", b"ni")) else None


def _shape(shape: tuple[int, ...], path: str, channel: tuple[int, int] | None) -> tuple[int, ...]:
    """Three dimensions, and a fourth of channels where one is asked for: further ones of size 1 dropped, missing ones added."""
    sizes = [int(size) for size in shape]
    if len(sizes) < 2:
        raise Rejected(path, f"it holds {' x '.join(map(str, sizes)) or 0} numbers in a row; a picture or a volume expected.")
    channels = [size for size in sizes[3:] if size != 1]
    if len(channels) > 1:
        raise Rejected(path, f"it holds {' x '.join(map(str, sizes))} voxels; one volume of three dimensions expected.")
    number = channels[0] if channels else 1
    check_size((*sizes[:3], number), path)
    check_channels(number, channel, sizes, path)
    three = (*sizes[:3], *[1] * (3 - len(sizes)))
    return three if channel is None else (*three, number)


_SCALE = 112  # where scl_slope and scl_inter stand


def volume_bytes(array: Array, grid: Grid, scale: tuple[float, float] | None = None, *, spent: bool = False) -> bytes:
    """A gzipped NIfTI-1 whose header holds size, type, place and scale, and nothing else; the bytes depend on nothing but these.

    Args:
        array: (slices, height, width) samples, or (channels, slices, height, width).
        grid: their geometry.
        scale: slope and intercept, which the header holds as 32-bit floats; without them voxels are what they are.
        spent: nobody needs the samples any more: they are let go while they are packed, and the array is empty then.

    Returns:
        Voxels (column, row, slice[, channel]).
    """
    try:
        import nibabel
    except ImportError:
        raise MissingExtra("nibabel", "nifti") from None
    import deflate

    affine = grid.affine
    build: Any = nibabel.Nifti1Image
    image = build(array.T, None if affine is None else RAS_TO_LPS @ affine, dtype=array.dtype)
    if affine is None:
        rows, columns = grid.pixel_spacing or (1.0, 1.0)
        image.header.set_zooms((columns, rows, grid.slice_spacing or 1.0, *[1.0] * (array.ndim - 3)))
        image.set_sform(None, 0)
        image.set_qform(None, 0)
    image.header.set_xyzt_units("mm")
    level = 6 if array.dtype == np.uint8 else 1
    # Written and packed where it lies, and nothing is held that is not needed: a volume fills a large part of a worker's memory.
    with io.BytesIO() as stream:
        image.to_stream(stream)
        del image
        if spent and array.flags.owndata and array.flags.c_contiguous:
            array.resize(0, refcheck=False)
        with stream.getbuffer() as content:
            if scale is not None:
                content[_SCALE : _SCALE + 8] = struct.pack("<ff", *scale)
            packed: bytearray = deflate.gzip_compress(content, level)
    return bytes(packed)


def voxels_of(data: bytes) -> Array:
    """The voxels of a NIfTI file, (slices, height, width), as stored."""
    return _read(data, None, "the volume").array.transpose(2, 1, 0)


def affine_of(data: bytes) -> Matrix | None:
    """(column, row, slice) index to LPS position of a NIfTI-1 file that `volume_bytes` wrote, 4 x 4; None where it does not say."""
    import nibabel

    header: Any = nibabel.Nifti1Header
    return placement(header(start(data, 540)[: header.template_dtype.itemsize], check=False), "the volume").affine


def all_voxels(data: bytes, path: str) -> Voxels:
    """All voxels of a NIfTI file, with a last axis of channels.

    Raises:
        Rejected: it is none, or damaged.
    """
    return _read(data, None, path, channel=(0, channels_of(data, path)))
