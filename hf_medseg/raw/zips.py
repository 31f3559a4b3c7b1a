"""Zip archives, listed and read in place."""

from __future__ import annotations

import posixpath
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from hf_medseg.raw.access import bytes_at, open_raw
from hf_medseg.raw.archive_names import NotInPlace, refuse
from hf_medseg.raw.links import DANGLING, followed, target_of
from hf_medseg.raw.pieces import PIECE, inflated, pieces_from, stored
from hf_medseg.raw.places import Member, Place

# What the header of a file in a zip takes, as long as its name and extra field are not very long.
_HEADER = 30 + 480

_UNICODE_PATH = 0x7075  # APPNOTE, 4.6.9: version 1, CRC-32 of the name that it stands for, UTF-8
_UNIX, _LONGEST_LINK = 3, 4096


@dataclass(frozen=True, slots=True)
class ZipMember(Place):
    """Where a file lies in a zip.

    Attributes:
        path: the zip.
        header: where its own header begins, with the data behind it; it may be longer than the directory says, and is read with the data.
        packed: bytes of the data as they are packed.
        deflated: whether they are packed; stored as they are otherwise.
        stated: CRC-32 of the file, as the directory states it.
    """

    path: str
    header: int
    packed: int
    deflated: bool
    stated: int
    archived: ClassVar[bool] = True

    @property
    def crc(self) -> int:
        return self.stated

    def read(self, listed: str, size: int, head: int | None) -> bytes:
        most = size + 1 if head is None else min(head, size)  # never more than the directory promised: a bomb stops here
        step = PIECE if head is None else min(head, PIECE)
        wanted = self.packed if self.deflated else min(self.packed, most)
        first = bytes_at(self.path, self.header, _HEADER + min(wanted, step))  # both in one request, where it is one
        if not first.startswith(b"PK\3\4"):
            raise ValueError("its directory promises a file where none begins")
        start = 30 + sum(struct.unpack_from("<HH", first, 26))
        data, first = self.header + start, first[start : start + wanted]
        if self.deflated:
            return inflated(pieces_from(partial(bytes_at, self.path), data, wanted, step, first), most)
        return stored(partial(bytes_at, self.path), data, wanted, step, first)


def list_zip(path: str, shown: str) -> Iterator[Member]:
    """Lists the members of a zip, links as the files that they lead to.

    Raises:
        Refused: it is the last piece of a split one, `shown` in the raw tree.
        NotInPlace: it is encrypted, or packed in a way that only other programs know.
        zipfile.BadZipFile: it is damaged.
    """
    files: dict[str, Member] = {}
    links: dict[str, str] = {}
    with open_raw(path) as file, zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
            if info.is_dir() or stat.S_ISDIR(mode):
                continue
            if info.volume or info.header_offset < 0:
                raise refuse(shown, "7z", "the last piece of a split archive")
            if info.flag_bits & 1:
                raise NotInPlace("an encrypted archive")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise NotInPlace("an archive with this compression method")
            name, guessed = _zip_name(info)
            if stat.S_ISLNK(mode) and info.file_size < _LONGEST_LINK:
                links[posixpath.normpath(name)] = target_of(name, archive.read(info).decode("utf-8", "surrogateescape"))
                continue
            place = ZipMember(path, info.header_offset, info.compress_size, info.compress_type == zipfile.ZIP_DEFLATED, info.CRC)
            member = files[posixpath.normpath(name)] = Member(name, info.file_size, place, guessed=guessed)
            yield member
    for name, linked in followed(files, links):
        yield linked._replace(name=name) if linked is not None else Member(name, 0, None, DANGLING)


def _zip_name(info: zipfile.ZipInfo) -> tuple[str, bool]:
    """The member's name; without the UTF-8 flag the one beside it in Unicode, if it is of this name, or UTF-8 all the same.

    Else what the format says (cp437), which programs that wrote in the letters of their country did not keep to: then it is a guess.
    """
    if info.flag_bits & 0x800:
        return info.filename, False
    plain = info.orig_filename.encode("cp437")  # its bytes, as they stand there
    try:
        return (_unicode_path(info.extra, plain) or plain).decode("utf-8").partition("\0")[0], False
    except UnicodeDecodeError:
        return info.filename, True


def _unicode_path(extra: bytes, plain: bytes) -> bytes:
    """The name in UTF-8 that stands in the extra field 0x7075 for a name in some other encoding; empty where there is none for this one."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + size]
        if kind == _UNICODE_PATH and len(body) > 5 and body[:5] == struct.pack("<BL", 1, zlib.crc32(plain)):
            return body[5:]
        at += 4 + size
    return b""
