"""Volumes whatever format their files have: which ending is read by which reader."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hf_medseg.formats import nifti
from hf_medseg.formats.headed import HeadedVolume, headed_voxels, layout_of, sample_files
from hf_medseg.formats.mgh import MghVolume, frames_of, mgh_voxels
from hf_medseg.formats.nifti import NiftiVolume, channels_of
from hf_medseg.formats.nrrd import Segment, segments
from hf_medseg.formats.voxels import Voxels, VoxelVolume
from hf_medseg.raw.files import RawFile

# The file that a volume is named after: samples of .nhdr and .mhd lie in others, the header of .img beside it.
ENDING = r"\.(?i:nii\.gz|nii|nrrd|nhdr|mha|mhd|img|mgz|mgh)"
_MGH = re.compile(r".*\.(?i:mgz|mgh)")
_HEADED = re.compile(r".*\.(?i:nrrd|nhdr|mha|mhd)")
_NAME = re.compile(rf"(.*?){ENDING}")
_HEAD = 1 << 14
_LONG_HEAD = 1 << 20  # bytes that hold a header with a description of each of hundreds of segments


def volume_of(file: RawFile, listed: Mapping[str, RawFile], *, channel: tuple[int, int] | None = None) -> VoxelVolume:
    """How a volume is read.

    Args:
        file: the file that it is named after; one that is missing is read as missing.
        listed: the files of the raw tree by their whole path, among which those lie that belong to it.
        channel: see `VoxelVolume`.

    Raises:
        Rejected: its header is damaged, so that nobody knows which files belong to it.
    """
    if _HEADED.fullmatch(file.name):
        return HeadedVolume(file, channel=channel, data=sample_files(file, listed) if file.place is not None else ())
    if _MGH.fullmatch(file.name):
        return MghVolume(file, channel=channel)
    if file.name.lower().endswith(".img"):
        return NiftiVolume(file, _header_of(file, listed), channel=channel)
    return NiftiVolume(file, channel=channel)


def segments_of(file: RawFile) -> tuple[Segment, ...]:
    """The segments of a NRRD file of 3D Slicer or MITK; none of any other file. Reads its beginning.

    Raises:
        Rejected: its header is damaged.
    """
    return segments(file.read(_LONG_HEAD), file.path) if file.name.lower().endswith(".nrrd") else ()


def stem_of(name: str) -> str | None:
    """A file's name without the ending of a volume; None where it has none."""
    match = _NAME.fullmatch(name)
    return None if match is None else match[1]


def number_of_channels(file: RawFile, listed: Mapping[str, RawFile]) -> int:
    """How many volumes a file holds; reads its beginning.

    Raises:
        Rejected: it is no volume.
    """
    if _HEADED.fullmatch(file.name):
        return layout_of(file.read(_HEAD), file.path).channels
    if _MGH.fullmatch(file.name):
        return frames_of(file.read(_HEAD), file.path)
    header = _header_of(file, listed) if file.name.lower().endswith(".img") else None
    return channels_of((header or file).read(_HEAD), file.path, pair=header is not None)


def all_voxels(data: bytes, path: str) -> Voxels:
    """All voxels of a file that holds its samples itself, with a last axis of channels.

    Raises:
        Rejected: it is no volume, or damaged.
    """
    if _MGH.fullmatch(path):
        return mgh_voxels(data, path, (0, frames_of(data, path)))
    if not _HEADED.fullmatch(path):
        return nifti.all_voxels(data, path)
    return headed_voxels(data, [], path, (0, layout_of(data, path).channels))


def samples_elsewhere(data: bytes, path: str) -> bool:
    """Whether the samples of a file lie in other files, or its header does.

    Raises:
        Rejected: its header is damaged.
    """
    if _HEADED.fullmatch(path):
        return layout_of(data, path).begins is None
    return path.lower().endswith(".img")


def _header_of(file: RawFile, listed: Mapping[str, RawFile]) -> RawFile:
    """The `.hdr` beside an `.img`, in whatever case it is written."""
    for ending in (".hdr", ".HDR"):
        if (found := listed.get(file.listed[:-4] + ending)) is not None:
            return RawFile(found.listed, found.size, found.place, file.start, file.part, stamp=found.stamp)
    return RawFile(file.path[:-4] + ".hdr", 0, None)
