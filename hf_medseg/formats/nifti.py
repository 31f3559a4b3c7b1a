"""NIfTI and Analyze volumes: read by an allow-list of header fields, brought to LPS order, cut into slices; and written.

Formats: NIfTI-1 and NIfTI-2 (https://nifti.nimh.nih.gov), Analyze 7.5. Free text, extensions and the name in a gzip header are never
read into anything.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import MissingExtra, Rejected
from hf_medseg.formats.placement import RAS_TO_LPS, placement
from hf_medseg.formats.volume import ROUNDED, Array, Grid, Samples, VolumeImage, check_same_grid, image_grid, rounded, stored_samples
from hf_medseg.raw.files import RawFile, Reader

# Far above any volume of the catalog and far below what exhausts a worker.
MAX_VOXELS = 1 << 30

# Slices are cut along the coarsest axis if its spacing is at least so many times the finest.
_COARSE = 1.5
# LPS axis along which slices are cut -> (plane, axes of slice, row and column).
_CUTS = {2: ("axial", (2, 1, 0)), 1: ("coronal", (1, 2, 0)), 0: ("sagittal", (0, 2, 1))}
_GZIP = b"\x1f\x8b"
_SLACK = 1 << 20  # bytes after the voxels that are let pass
# Types of samples that nibabel reads as records, or not at all -> what they are called.
_TYPES = {1: "one bit", 32: "complex numbers", 128: "RGB colours", 1792: "complex numbers", 2048: "complex numbers", 2304: "RGBA colours"}


@dataclass(frozen=True)
class _Voxels:
    """What is read of a file.

    Attributes:
        array: (i, j, k) as stored.
        affine: (i, j, k) to LPS, or None where the header has no orientation.
        spacing: of the three axes, mm; 0 where the header has none.
        slope, intercept: physical = array * slope + intercept.
        note: which of the header's statements about its place was taken, where they differ.
    """

    array: Array
    affine: NDArray[np.float64] | None
    spacing: tuple[float, ...]
    slope: float
    intercept: float
    note: str


@dataclass(frozen=True)
class NiftiVolume(VolumeImage):
    """A NIfTI file (`.nii`, `.nii.gz`), or the `.img` of a NIfTI or Analyze pair with its `.hdr`.

    As an image it gives stored samples; as the pixels of a mask (`array`) it gives the values that the file means.

    Attributes:
        file: the file with the voxels.
        header: the `.hdr` of a pair.
        plane: the plane of the slices where the header has no orientation, if it is known.
    """

    file: RawFile
    header: RawFile | None = None
    plane: str | None = None

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,) if self.header is None else (self.file, self.header)

    def samples(self, reader: Reader) -> Samples:
        """See `VolumeImage.samples`: in LPS order, or in stored order where the header has no orientation."""
        voxels, array, grid = self._cut(reader)
        stored, slope, intercept = stored_samples(array, self.file.path, voxels.slope, voxels.intercept)
        if rounded(array, stored):
            reader.note(self.file.path, ROUNDED)
        return Samples(np.ascontiguousarray(stored), grid, slope, intercept)

    def array(self, reader: Reader) -> Array:
        """Values of a mask on the grid of the case's image: whole numbers 0..255 as uint8, anything else as it is.

        Raises:
            Rejected: the file is damaged, or lies on another grid.
        """
        voxels, array, grid = self._cut(reader)
        if (image := image_grid(reader)) is not None:
            check_same_grid(grid, image, self.file.path)
        if (voxels.slope, voxels.intercept) != (1.0, 0.0):
            array = array * voxels.slope + voxels.intercept
            whole = np.rint(array)
            array = whole if np.allclose(array, whole, rtol=0, atol=1e-4) else array
        if array.dtype != np.uint8 and array.min() >= 0 and array.max() <= 255:
            narrow = array.astype(np.uint8)
            array = narrow if array.dtype.kind in "iu" or np.array_equal(narrow, array) else array
        return np.ascontiguousarray(array)

    def _cut(self, reader: Reader) -> tuple[_Voxels, Array, Grid]:
        """The voxels, and (slices, height, width) of them with their grid; further volumes are cut as the image is."""
        voxels = self._voxels(reader)
        if voxels.note:
            reader.note(self.file.path, voxels.note)
        image = image_grid(reader)
        return voxels, *cut(voxels.array, voxels.affine, voxels.spacing, self.plane, image.plane if image else None)

    def _voxels(self, reader: Reader) -> _Voxels:
        try:
            if self.header is None:
                return _read(reader.read(self.file), None, self.file.path)
            return _read(reader.read(self.file), reader.read(self.header), self.file.path, self.header.path)
        except (zlib.error, struct.error, EOFError) as error:
            raise Rejected(self.file.path, f"the file is damaged or cut ({error}).", "Fetch it again.") from error


def cut(
    array: Array, affine: NDArray[np.float64] | None, spacing: tuple[float, ...], plane: str | None = None, like: str | None = None
) -> tuple[Array, Grid]:
    """Brings voxels to LPS order by flips and permutations alone, and cuts them into slices.

    Args:
        array: (i, j, k).
        affine: (i, j, k) to LPS; None keeps the stored order, k as the slices.
        spacing: of i, j, k, mm; 0 where it is not known.
        plane: what the slices of a volume without affine are.
        like: the plane to cut along, instead of the rule's choice.

    Returns:
        ((slices, height, width), its grid).
    """
    if affine is None:
        shape = (array.shape[2], array.shape[1], array.shape[0])
        known = tuple(one or None for one in spacing)
        pixels = (known[1], known[0]) if known[0] and known[1] else None
        return array.transpose(2, 1, 0), Grid(shape, plane, pixel_spacing=pixels, slice_spacing=known[2])
    order = _nearest_axes(affine)
    array, affine = array.transpose(order), affine[:, [*order, 3]]
    for axis in range(3):
        if affine[axis, axis] < 0:
            array = np.flip(array, axis)
            affine[:3, 3] += affine[:3, axis] * (array.shape[axis] - 1)
            affine[:3, axis] *= -1
    affine = affine + 0.0  # no negative zeros
    sizes = [float(np.linalg.norm(affine[:3, axis])) for axis in range(3)]
    planes = {name: axis for axis, (name, _) in _CUTS.items()}
    along = planes[like] if like else _slice_axis(sizes, array.shape)
    name, (slices, rows, columns) = _CUTS[along]
    count = array.shape[slices]
    positions = tuple(tuple(float(v) for v in affine[:3, 3] + k * affine[:3, slices]) for k in range(count))
    direction = [float(v) for axis in (columns, rows) for v in affine[:3, axis] / sizes[axis]]
    grid = Grid(
        (count, array.shape[rows], array.shape[columns]),
        name,
        "".join("LPS"[axis] for axis in (columns, rows, slices)),
        (sizes[rows], sizes[columns]),
        None,
        sizes[slices] if spacing[order[slices]] else None,
        positions,  # type: ignore[arg-type]
        tuple(direction),
    )
    return array.transpose(slices, rows, columns), grid


def _nearest_axes(affine: NDArray[np.float64]) -> list[int]:
    """For x, y, z the stored axis that runs nearest to it, each once: the strongest pairs first."""
    strength = np.abs(affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0))
    order = [-1, -1, -1]
    for _ in range(3):
        axis, stored = np.unravel_index(int(np.argmax(strength)), (3, 3))
        order[int(axis)] = int(stored)
        strength[axis, :] = -1
        strength[:, stored] = -1
    return order


def _slice_axis(sizes: list[float], shape: tuple[int, ...]) -> int:
    """The LPS axis along which slices are cut: the only one of a single voxel, for that is one slice; else by spacing.

    Spacings are 32-bit floats: what differs by less than 0.1 um is the same.
    """
    single = [axis for axis in range(3) if shape[axis] == 1]
    if len(single) == 1:
        return single[0]
    rounded = [round(size, 4) for size in sizes]
    coarsest = max(rounded)
    if coarsest < _COARSE * min(rounded) - 1e-4:
        return 2
    return max(range(3), key=lambda axis: (rounded[axis], axis))


def _read(data: bytes, header: bytes | None, path: str, header_path: str = "") -> _Voxels:
    """The voxels of a file; of a pair, what is wrong with the header is said of the header's own file."""
    told = header_path or path
    try:
        import nibabel
        from nibabel.spatialimages import HeaderDataError
    except ImportError:
        raise MissingExtra("nibabel", "nifti") from None
    try:
        head = _start(data if header is None else header, 540)
    except zlib.error as error:
        raise Rejected(told, f"the file is damaged or cut ({error}).", "Fetch it again.") from error
    kind = _kind(head, header is not None, nibabel)
    if kind is None:
        what = "this is no NIfTI or Analyze volume." if header is None else "this is no header of a NIfTI or Analyze volume."
        raise Rejected(told, what)
    try:
        # The header alone: extensions (free text, of any size) lie between it and the voxels, whose place it says.
        info: Any = kind(head[: kind.template_dtype.itemsize], check=False)
        shape = _shape(info.get_data_shape(), told)
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
    data = _unpacked(data, needed, path)
    if len(data) < needed:
        what = "header and voxels" if header is None else "voxels"
        raise Rejected(path, f"{needed} bytes of {what} expected, {len(data)} found.", "Fetch it again.")
    array = np.frombuffer(data, dtype, size, offset).reshape(shape, order="F")
    if not np.isfinite([1.0 if slope is None else slope, intercept or 0.0]).all():
        raise Rejected(told, "its scale is not a finite number.")
    scale = 1.0 if slope is None else float(slope), 0.0 if intercept is None else float(intercept)
    return _Voxels(array, placed.affine, placed.spacing, *scale, placed.note)


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


def _shape(shape: tuple[int, ...], path: str) -> tuple[int, int, int]:
    """Three dimensions: further ones of size 1 dropped, a third one of size 1 added."""
    sizes = [int(size) for size in shape]
    if len(sizes) < 2:
        raise Rejected(path, f"it holds {' x '.join(map(str, sizes)) or 0} numbers in a row; a picture or a volume expected.")
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes.pop()
    sizes += [1] * (3 - len(sizes))
    if len(sizes) > 3:
        raise Rejected(path, f"it holds {' x '.join(map(str, sizes))} voxels; one volume of three dimensions expected.")
    if min(sizes) < 1 or sizes[0] * sizes[1] * sizes[2] > MAX_VOXELS:
        raise Rejected(path, f"its header says {' x '.join(map(str, sizes))} voxels; 1 to {MAX_VOXELS} are read.")
    return sizes[0], sizes[1], sizes[2]


def _start(data: bytes, size: int) -> bytes:
    """The first bytes of a file, of what is packed in it if it is a gzip file."""
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, size) if data.startswith(_GZIP) else data[:size]


def _unpacked(data: bytes, needed: int, path: str) -> bytes:
    """The whole file, out of its gzip file if it is one.

    Raises:
        Rejected: it holds far more than its header promises, or the gzip file breaks off.
    """
    limit, found, pieces = needed + _SLACK, 0, []
    if not data.startswith(_GZIP):
        if len(data) > limit:
            raise Rejected(path, f"it holds more than the {needed} bytes that its header promises.")
        return data
    while data.startswith(_GZIP):  # several gzip files in a row are one
        engine = zlib.decompressobj(zlib.MAX_WBITS | 16)
        pieces.append(engine.decompress(data, limit - found))
        found += len(pieces[-1])
        if found >= limit:
            raise Rejected(path, f"it holds more than the {needed} bytes that its header promises.")
        if not engine.eof:
            raise Rejected(path, "the gzip file breaks off.", "Fetch it again.")
        data = engine.unused_data
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def volume_bytes(array: Array, grid: Grid) -> bytes:
    """A gzipped NIfTI-1 whose header holds size, type, spacing and position, and nothing else; the bytes depend on nothing but these.

    Args:
        array: (slices, height, width) samples.
        grid: their geometry.

    Returns:
        Voxels (column, row, slice), without a scale of its own.
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
        image.header.set_zooms((columns, rows, grid.slice_spacing or 1.0))
        image.set_sform(None, 0)
        image.set_qform(None, 0)
    image.header.set_xyzt_units("mm")
    packed: bytearray = deflate.gzip_compress(image.to_bytes(), 6 if array.dtype == np.uint8 else 1)
    return bytes(packed)


def voxels_of(data: bytes) -> Array:
    """The voxels of a NIfTI file, (slices, height, width), as stored."""
    return _read(data, None, "the volume").array.transpose(2, 1, 0)
