"""FreeSurfer volumes (`.mgh`, `.mgz`; https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat), read by nibabel's header."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from hf_medseg.errors import MissingExtra, Rejected
from hf_medseg.formats.packing import start, unpacked
from hf_medseg.formats.placement import RAS_TO_LPS
from hf_medseg.formats.voxels import Voxels, VoxelVolume, check_channels, check_size
from hf_medseg.raw.files import Reader

_BEGINS = 284  # where the voxels begin


@dataclass(frozen=True)
class MghVolume(VoxelVolume):
    """A FreeSurfer volume; see `VoxelVolume`."""

    def read(self, reader: Reader) -> Voxels:
        """See `VoxelVolume.read`."""
        return mgh_voxels(reader.read(self.file), self.file.path, self.channel)


def _header(data: bytes, path: str) -> Any:
    """The header.

    Raises:
        Rejected: it is none, or damaged.
        MissingExtra: nibabel is not installed.
    """
    try:
        from nibabel.freesurfer.mghformat import MGHError, MGHHeader
        from nibabel.spatialimages import HeaderDataError
    except ImportError:
        raise MissingExtra("nibabel", "nifti") from None
    try:
        head = start(data, _BEGINS)
        if len(head) < _BEGINS or struct.unpack(">i", head[:4])[0] != 1:
            raise ValueError("it begins otherwise")
        kind: Any = MGHHeader
        found = kind.from_fileobj(io.BytesIO(head))
        found.get_data_dtype()
        return found
    except (MGHError, HeaderDataError, ValueError, KeyError, OverflowError, zlib.error) as error:
        raise Rejected(path, f"a volume of FreeSurfer expected ({error}).", "Save it again, or convert it with mri_convert.") from error


def frames_of(head: bytes, path: str) -> int:
    """How many volumes a file holds, by its beginning.

    Raises:
        Rejected: it is no such file.
    """
    return int(_header(head, path)["dims"][3])


def mgh_voxels(data: bytes, path: str, channel: tuple[int, int] | None = None) -> Voxels:
    """The voxels of a file, with a last axis of channels where one is asked for.

    Raises:
        Rejected: it is damaged, or holds another number of volumes.
    """
    header = _header(data, path)
    sizes = [int(size) for size in header["dims"]]
    check_size(sizes, path)
    check_channels(sizes[3], channel, sizes, path)
    dtype = np.dtype(header.get_data_dtype()).newbyteorder(">")
    needed = _BEGINS + int(np.prod(sizes)) * dtype.itemsize
    try:
        content = unpacked(data, needed, path)
    except (zlib.error, EOFError) as error:
        raise Rejected(path, f"the file is damaged or cut ({error}).", "Save it again.") from error
    if len(content) < needed:
        raise Rejected(path, f"{needed} bytes of header and voxels expected, {len(content)} found.", "Save it again.")
    array = np.frombuffer(content, dtype, int(np.prod(sizes)), _BEGINS).reshape(sizes if channel is not None else sizes[:3], order="F")
    affine = RAS_TO_LPS @ header.get_affine() if int(header["goodRASFlag"]) == 1 else None
    return Voxels(array, affine, tuple(float(size) for size in header["delta"]))
