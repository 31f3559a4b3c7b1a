"""Zip archives, listed and read in place."""

from __future__ import annotations

import io
import posixpath
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, ClassVar, NamedTuple

from hf_medseg.errors import Refused
from hf_medseg.raw.access import bytes_at, open_raw
from hf_medseg.raw.archive_names import NotInPlace, refuse
from hf_medseg.raw.links import DANGLING, followed, target_of
from hf_medseg.raw.pieces import PIECE, inflated, pieces_from, stored
from hf_medseg.raw.places import Member, Place

# What the header of a file in a zip takes, as long as its name and extra field are not very long.
_HEADER = 30 + 480

HALF_LETTER = "\N{FULLWIDTH REVERSE SOLIDUS}"
"""What stands for a backslash that is half of a letter, in a name of which nothing says the letters."""
_SECOND_HALF = re.compile(r"(?<=[^\0-\x7f])\\")

_UNICODE_PATH = 0x7075  # APPNOTE, 4.6.9: version 1, CRC-32 of the name that it stands for, UTF-8
_UNIX, _LONGEST_LINK = 3, 4096

_END_RECORD = struct.Struct("<4s4H2LH")  # APPNOTE, 4.3.16: behind the directory, with a comment behind it; the comment's length comes last
_END_MARK, _LONGEST_COMMENT = b"PK\5\6", 65535


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
        Refused: it is the last piece of a split one, or several in one file; it is `shown` in the raw tree.
        NotInPlace: it is encrypted, or packed in a way that only other programs know.
        zipfile.BadZipFile: it is damaged.
    """
    files: dict[str, Member] = {}
    links: dict[str, str] = {}
    with open_raw(path) as file, zipfile.ZipFile(_until(file, end := _end_of(file, shown))) as archive:
        if end is not None and end.entries not in (None, len(archive.infolist()) & 0xFFFF):  # more are counted from 0 again
            raise zipfile.BadZipFile(f"it says that it holds {end.entries:,} entries, and lists {len(archive.infolist()):,}")
        _refuse_joined(file, min((info.header_offset for info in archive.infolist()), default=0), shown)
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


class _Until(io.RawIOBase):
    """A file as if it ended sooner."""

    def __init__(self, file: IO[bytes], end: int) -> None:
        self._file, self._end = file, end

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(self._end + offset) if whence == io.SEEK_END else self._file.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(max(min(len(buffer), self._end - self._file.tell()), 0))
        buffer[: len(data)] = data
        return len(data)


class _End(NamedTuple):
    """Where a directory ends: behind its record; the length of the comment that follows, and how many entries it has, if that is told."""

    place: int
    comment: int
    entries: int | None


def _until(file: IO[bytes], end: _End | None) -> Any:
    """A zip without its comment: what looks like another end in there would be taken for that of the directory."""
    return file if end is None else _Until(file, end.place)


def _end_of(file: IO[bytes], shown: str) -> _End | None:
    """Where the directory of a zip ends; None where nothing looks like it.

    Raises:
        Refused: its comment holds an archive, which some programs would read instead.
    """
    size = file.seek(0, io.SEEK_END)
    ends = _ends(file, size)
    to_the_end = [end for end in ends if end.place + end.comment == size]
    if len(to_the_end) > 1:
        raise Refused(f"{shown}: its comment holds an archive of its own, and programs differ in which one they read. Fetch the owner's.")
    return to_the_end[0] if to_the_end else max(ends, default=None)


def _refuse_joined(file: IO[bytes], first: int, shown: str) -> None:
    """Refuses a zip before whose first member another one ends: nobody would miss what is in that one.

    Raises:
        Refused: see above.
    """
    if any(end.place + end.comment == first for end in _ends(file, first)):
        raise Refused(
            f"{shown}: several zips stand in this file one after the other, and the directory at its end knows the last one alone. "
            "Fetch them again, each into a file of its own."
        )


def _ends(file: IO[bytes], before: int) -> list[_End]:
    """Where directories of zips end, at most a comment before a place in a file."""
    start = max(0, before - _END_RECORD.size - _LONGEST_COMMENT)
    file.seek(start)
    tail = file.read(max(before - start, 0))
    found, at = [], tail.find(_END_MARK)
    while 0 <= at <= len(tail) - _END_RECORD.size:
        *_, entries, length, _, comment = _END_RECORD.unpack_from(tail, at)
        if tail[max(at - 20, 0) : at].startswith(b"PK\6\7"):  # of a zip64 another record tells where its directory is
            found.append(_End(start + at + _END_RECORD.size, comment, None))
        elif 0 < length <= start + at:
            file.seek(start + at - length)
            if file.read(4) == b"PK\1\2":
                found.append(_End(start + at + _END_RECORD.size, comment, entries))
        at = tail.find(_END_MARK, at + 1)
    return found


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
        # Half of a letter of East Asia may be a backslash, which divides no folders where slashes do.
        return _SECOND_HALF.sub(HALF_LETTER, info.filename) if "/" in info.filename else info.filename, True


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
