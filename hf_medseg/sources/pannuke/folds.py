"""What the files of a fold of PanNuke are, told by the headers of their arrays."""

from __future__ import annotations

from dataclasses import replace

from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.stacks import arrays_in
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw

MOST_PACKED = 1 << 30  # bytes of an array inside an archive, which each worker unpacks whole


def count_of(file: RawFile, channels: int) -> int:
    """The number of patches of a stack.

    Raises:
        Refused: it cannot be read, or is no stack of patches with so many channels.
    """
    if not file.local and file.size > MOST_PACKED:
        raise Refused(
            f"{file.listed} is {file.size / 1e9:.1f} GB inside an archive, and read by slices. Unpack the archive and give its folder."
        )
    try:
        shape = tuple(arrays_in(file)[""].shape)
    except Rejected as error:
        raise Refused(str(error)) from error
    if len(shape) != 4 or shape[3] != channels:
        size = " x ".join(map(str, shape))
        raise Refused(
            f"{file.listed}: an array of patches x rows x columns x {channels} expected, {size} found. Fetch the owner's archive."
        )
    return int(shape[0])


def share_of(file: RawFile, count: int) -> RawFile:
    """The file with the bytes of one patch for its size."""
    return replace(file, size=max(file.size // max(count, 1), 1))


def tissues_of(raw: Raw, file: RawFile | None, count: int) -> list[str]:
    """The tissue of each patch; nothing where no readable list of them is there."""
    if file is None:
        return []
    raw.use(file)
    try:
        found = [str(one) for one in arrays_in(file)[""].ravel().tolist()]
    except Rejected as error:
        raw.note(file, f"cannot be read, so `tissue` is null ({error})")
        return []
    if len(found) != count:
        raise Refused(f"{file.listed} names {len(found)} tissues of {count} patches. Fetch the archive of the fold again.")
    return found
