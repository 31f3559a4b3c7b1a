"""NRRD and MetaImage volumes: one reader for both, whatever their samples, packing, byte order, place and number of files.

Headers are read by an allow-list of fields: no key and value pairs, comments or names of people.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.formats.metaimage import is_metaimage, metaimage
from hf_medseg.formats.nrrd import MAGIC, nrrd
from hf_medseg.formats.packing import unpacked
from hf_medseg.formats.text_header import Layout
from hf_medseg.formats.volume import Array
from hf_medseg.formats.voxels import Voxels, VoxelVolume, check_channels, check_size
from hf_medseg.raw.files import RawFile, Reader

_HEAD = 1 << 16  # bytes that hold any header but one with a very long list of files
SCALED = "its header scales its samples (ElementToIntensityFunction), as MetaImage has it; other readers leave that out"


@dataclass(frozen=True)
class HeadedVolume(VoxelVolume):
    """A NRRD or MetaImage file, or the header of one with the files that hold its samples; see `VoxelVolume`.

    Attributes:
        data: the files with the samples, in order, where they are others than the header's own: see `sample_files`.
    """

    data: tuple[RawFile, ...] = ()

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file, *self.data)

    def read(self, reader: Reader) -> Voxels:
        """See `VoxelVolume.read`."""
        header = reader.read(self.file)
        return headed_voxels(header, [(reader.read(one), one.path) for one in self.data], self.file.path, self.channel)


def headed_voxels(header: bytes, data: list[tuple[bytes, str]], path: str, channel: tuple[int, int] | None = None) -> Voxels:
    """The voxels of a file, with all channels where one is asked for.

    Args:
        header: the file that begins with the header.
        data: the files with the samples and their paths, where they are others.
        path: the header's file, for messages.
        channel: see `VoxelVolume`.

    Raises:
        Rejected: the files are damaged, or hold something else.
    """
    layout = layout_of(header, path)
    pieces = data if layout.begins is None else [(header[layout.begins :], path)]
    if len(pieces) != (len(layout.names) or 1):
        raise Rejected(path, f"{len(layout.names)} files hold its samples, {len(pieces)} were listed.")
    check_size(layout.sizes, path)
    if int(np.prod(layout.sizes, dtype=object)) % len(pieces):
        raise Rejected(path, f"{' x '.join(map(str, layout.sizes))} samples cannot lie in {len(pieces)} files of the same size.")
    array = np.concatenate(parts) if len(parts := _flat(layout, pieces)) > 1 else parts[0]
    array = _arranged(array.reshape(layout.sizes, order="F"), layout, channel, path)
    note = SCALED if (layout.slope, layout.intercept) != (1.0, 0.0) else ""
    return Voxels(array, layout.affine, layout.spacing, layout.slope, layout.intercept, note)


def layout_of(data: bytes, path: str) -> Layout:
    """What the header of a NRRD or MetaImage file says.

    Raises:
        Rejected: it is neither, or its header is damaged or says what is not read.
    """
    if data.startswith(MAGIC):
        return nrrd(data, path)
    if is_metaimage(data[:1024]):
        return metaimage(data, path)
    raise Rejected(path, "this is no NRRD or MetaImage volume.")


def sample_files(header: RawFile, listed: Mapping[str, RawFile]) -> tuple[RawFile, ...]:
    """The files that hold the samples of a header which lie beside it; none where they follow it in its own file.

    Reads the header: a small text, as a table is.

    Args:
        header: the header.
        listed: the files of the raw tree by their whole path.

    Returns:
        The files in order; what is not there, or lies outside the raw tree, is a file without a place, which rejects the case by name.

    Raises:
        Rejected: the header is damaged.
    """
    head = header.read(_HEAD)
    if header.size > len(head) and layout_of(head, header.path).begins is None:
        head = header.read()
    folder, above = posixpath.dirname(header.listed), posixpath.dirname(header.path)
    found = []
    for name in layout_of(head, header.path).names:
        name = name.replace("\\", "/")
        file = None if name.startswith("/") else listed.get(posixpath.normpath(posixpath.join(folder, name)))
        if file is None:
            found.append(RawFile(posixpath.join(above, posixpath.basename(name)), 0, None))
        else:
            inside = file.listed.startswith(header.listed[: header.start])
            found.append(replace(file, start=header.start if inside else 0, part=header.part))
    return tuple(found)


def _flat(layout: Layout, pieces: list[tuple[bytes, str]]) -> list[Array]:
    """The samples of each file, in a row.

    Raises:
        Rejected: a file holds fewer than its share.
    """
    share, item = int(np.prod(layout.sizes)) // len(pieces), layout.dtype.itemsize
    return [_samples(layout, data, share, share * item, path) for data, path in pieces]


def _samples(layout: Layout, data: bytes, count: int, needed: int, path: str) -> Array:
    for _ in range(layout.skip_lines):
        data = data[data.find(b"\n") + 1 or len(data) :]
    if layout.packing in ("text", "hex"):
        return _spelled(layout, data[max(layout.skip_bytes, 0) :], count, path)
    content = unpacked(data, max(layout.skip_bytes, 0) + needed, path, layout.packing) if layout.packing else data
    first = len(content) - needed if layout.skip_bytes < 0 else layout.skip_bytes
    if first < 0 or len(content) < first + needed:
        raise Rejected(path, f"{needed} bytes of samples expected, {max(len(content) - max(first, 0), 0)} found.", "Fetch it again.")
    return np.frombuffer(content, layout.dtype, count, first)


def _spelled(layout: Layout, data: bytes, count: int, path: str) -> Array:
    """Samples that are written out, in numbers or in hexadecimal digits."""
    try:
        if layout.packing == "hex":
            found = np.frombuffer(bytes.fromhex(data.decode("ascii")), layout.dtype)
        else:
            words = data.decode("ascii").split()
            found = np.array([float(word) for word in words] if layout.dtype.kind == "f" else [int(word) for word in words], layout.dtype)
    except (ValueError, OverflowError) as error:
        raise Rejected(path, f"its samples, which are written out, cannot be read ({error}).", "Fetch it again.") from error
    if len(found) < count:
        raise Rejected(path, f"{count} samples expected, {len(found)} found.", "Fetch it again.")
    return found[:count]


def _arranged(array: Array, layout: Layout, channel: tuple[int, int] | None, path: str) -> Array:
    """The samples as (i, j, k), with a last axis of channels where they are asked for, or of colours."""
    others = [axis for axis in range(array.ndim) if axis not in layout.spatial]
    channels = [axis for axis in others if array.shape[axis] > 1]
    if len(layout.spatial) < 2 or len(channels) > 1:
        raise Rejected(path, f"it holds {' x '.join(map(str, array.shape))} samples; a picture or one volume expected.")
    number = array.shape[channels[0]] if channels else 1
    colours = channel is None and layout.colours and number == 3
    if not colours:
        check_channels(number, channel, layout.sizes, path)
    array = array.transpose(*layout.spatial, *others)
    three = (*(array.shape[: len(layout.spatial)]), *[1] * (3 - len(layout.spatial)))
    return array.reshape((*three, number) if colours or channel is not None else three, order="F")
