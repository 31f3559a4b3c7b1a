"""Tar archives, listed and read in place; also what lies in a compressed one."""

from __future__ import annotations

import posixpath
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Self

from hf_medseg.raw.access import bytes_at, open_raw
from hf_medseg.raw.archive_names import NotInPlace
from hf_medseg.raw.links import DANGLING, followed, target_of
from hf_medseg.raw.pieces import PIECE, BytesAt, stored
from hf_medseg.raw.places import Member, Place

BLOCK = 512
"""Bytes; a tar is made of such blocks, and a member's header is one."""


@dataclass(frozen=True, slots=True)
class TarMember(Place):
    """Where a file lies in a tar.

    Attributes:
        path: the archive.
        tar: what is read: the archive itself, or what a compressed one was unpacked to.
        start: where its data begin there.
        header: CRC-32 of its header, which ends there and is read again with the data.
    """

    path: str
    tar: str
    start: int
    header: int
    archived: ClassVar[bool] = True

    @property
    def beside(self) -> str:
        return self.tar if self.tar != self.path else ""

    def read(self, listed: str, size: int, head: int | None) -> bytes:
        return member_bytes(partial(bytes_at, self.tar), self.start, self.header, size, head)


def member_bytes(bytes_of: BytesAt, start: int, header: int, size: int, head: int | None) -> bytes:
    """A file in a tar, or its first `head` bytes.

    Args:
        bytes_of: gives bytes of the tar.
        start: where its data begin.
        header: CRC-32 of its header.
        size: bytes of the file.
        head: None for all.

    Raises:
        ValueError: the header is another one.
    """
    most = size if head is None else min(head, size)
    step = min(PIECE, most)
    first = bytes_of(start - BLOCK, BLOCK + step)
    if zlib.crc32(first[:BLOCK]) != header:
        raise ValueError("another file lies where this one was listed")
    return stored(bytes_of, start, most, step, first[BLOCK:])


def list_tar(path: str, tar: str) -> Iterator[Member]:
    """Lists the members of the tar `tar`, which is the archive `path` or what that was unpacked to; see `entries_of`."""
    with open_raw(tar) as file:
        for name, extent, reason in entries_of(file):
            if extent is None:
                yield Member(name, 0, None, reason)
            else:
                start, size, header = extent
                yield Member(name, size, TarMember(path, tar, start, header))


def is_header(block: bytes) -> bool:
    """Whether a tar may begin so."""
    if len(block) < BLOCK:
        return False
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


class _Header(tarfile.TarInfo):
    """A member of a tar that knows the CRC-32 of its header, by which its place is known again."""

    header_crc = 0

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        member.header_crc = zlib.crc32(buf)
        return member


Extent = tuple[int, int, int]
"""Where a file of a tar lies: (offset, size, CRC-32 of its header)."""
_ODD = {tarfile.FIFOTYPE: "a FIFO, no file", tarfile.CHRTYPE: "a device, no file", tarfile.BLKTYPE: "a device, no file"}


def entries_of(file: Any) -> Iterator[tuple[str, Extent | None, str]]:
    """(name, where it lies, why it holds nothing) of everything in a tar but folders.

    Links are the files that they lead to, as tar makes them for equal files.

    Raises:
        tarfile.TarError: the tar is damaged, cut, or followed by something else.
    """
    files: dict[str, Extent] = {}
    links: dict[str, str] = {}
    archive: Any
    with tarfile.open(fileobj=file, mode="r:", tarinfo=_Header) as archive:
        while (member := archive.next()) is not None:
            archive.members.clear()  # it would keep them all
            name = posixpath.normpath(member.name)
            if member.issparse():
                raise NotInPlace(f"an archive with files that have holes ({member.name})")
            if member.isreg():
                files[name] = member.offset_data, member.size, member.header_crc
                links.pop(name, None)
                yield member.name, files[name], ""
            elif member.islnk():
                links[name] = posixpath.normpath(member.linkname)
            elif member.issym():
                links[name] = target_of(member.name, member.linkname)
            elif not member.isdir():
                yield member.name, None, _ODD.get(member.type, "no file, folder or link")
        _check_end(file, archive.offset)
    for name, entry in followed(files, links):
        yield name, entry, "" if entry is not None else DANGLING


def _check_end(file: Any, offset: int) -> None:
    """Makes sure that a tar ends with its end mark, and with nothing behind it; tarfile stops in silence wherever no header begins.

    Raises:
        tarfile.ReadError: it does not.
    """
    file.seek(offset)
    block = file.read(BLOCK)
    if len(block) < BLOCK:
        raise tarfile.ReadError("it ends without its end mark")
    while block:
        if block.strip(b"\0"):
            raise tarfile.ReadError(f"no member begins at byte {offset:,}, where one is expected")
        offset += len(block)
        block = file.read(1 << 20)
