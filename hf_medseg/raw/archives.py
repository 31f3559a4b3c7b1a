"""Listing archives in place: zip and tar directly, tar.gz through a seek index."""

from __future__ import annotations

import hashlib
import io
import json
import os
import posixpath
import re
import struct
import tarfile
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Self

from hf_medseg.errors import Refused
from hf_medseg.raw.files import ZIP_DEFLATED, ZIP_STORED, Place, open_indexed_gzip, open_raw

READABLE = re.compile(r"\.(zip|tar|tar\.gz|tgz)\Z", re.IGNORECASE)
UNREADABLE = re.compile(r"\.(7z|7z\.\d+|rar|zip\.\d+|z\d\d|tar\.(bz2|xz|zst)|tbz2|txz|(tar|tar\.gz|tgz)\.(a[a-z]|\d+))\Z", re.IGNORECASE)

_COMMANDS = {"7z": "7z x {}", "rar": "unrar x {}", "bz2": "tar -xjf {}", "xz": "tar -xJf {}", "zst": "tar --zstd -xf {}"}


def unpack_command(name: str) -> str:
    """The shell command that unpacks an archive we do not read."""
    if re.search(r"\.(7z\.\d+)\Z", name, re.IGNORECASE):
        return f'7z x "{name[: -len(name.rpartition(".")[2]) - 1]}.001"'
    if re.search(r"\.(zip\.\d+|z\d\d)\Z", name, re.IGNORECASE):
        return f'7z x "{re.sub(r"[.](zip[.])?[z]?[0-9]+$", "", name)}.zip"  (all pieces in one folder)'
    if split := re.search(r"\.(tar|tar\.gz|tgz)\.(a[a-z]|\d+)\Z", name, re.IGNORECASE):
        pieces = name[: split.start(2)]
        return f'cat "{pieces}"* | tar {"-xf" if split[1].lower() == "tar" else "-xzf"} -  (all pieces in one folder)'
    kind = name.lower().rpartition(".")[2]
    return _COMMANDS.get(kind, "7z x {}").format(f'"{name}"')


def refuse(name: str, what: str) -> Refused:
    """The refusal of an archive, with the command that unpacks it."""
    command = f'unzip "{name}"' if name.lower().endswith(".zip") else unpack_command(name)
    return Refused(f"{name}: {what} is not read in place. Unpack it first: {command}")


def list_archive(path: str, shown: str, work: Path) -> Iterator[tuple[str, int, Place]]:
    """Lists the members of an archive as (path in the archive, size, place).

    Args:
        path: the archive.
        shown: its path inside the raw tree, for messages.
        work: folder where a seek index for a compressed tar is kept.

    Raises:
        Refused: the archive is damaged, encrypted, split, or a member's path climbs out of it.
    """
    lower = path.lower()
    try:
        if lower.endswith(".zip"):
            members = _list_zip(path, shown)
        elif lower.endswith(".tar"):
            members = _list_tar(path)
        else:
            members = _list_tar_gz(path, work)
        yield from members
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, struct.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Refused(f"{shown}: the archive is damaged or cut ({error}). Fetch it again.") from error


def _list_zip(path: str, shown: str) -> Iterator[tuple[str, int, Place]]:
    with open_raw(path) as file, zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            if info.flag_bits & 1:
                raise refuse(shown, "an encrypted archive")
            if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                raise refuse(shown, "an archive with this compression method")
            # A file's own header may be longer than the directory says: it is read with the data.
            place = Place(path, False, info.header_offset, info.compress_size, info.compress_type, info.CRC, header=True)
            yield _zip_name(info), info.file_size, place


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The member's name; names without the UTF-8 flag that are UTF-8 all the same are read as such."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            return name.encode("cp437").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            return name
    return name


def _list_tar(path: str) -> Iterator[tuple[str, int, Place]]:
    with open_raw(path) as file, tarfile.open(fileobj=file, mode="r:", tarinfo=_Member) as archive:
        for name, offset, size, check in _tar_members(archive):
            yield name, size, Place(path, False, offset, size, tar_crc=check)


class _Member(tarfile.TarInfo):
    """A member of a tar that knows the CRC-32 of its header, by which its place is known again."""

    header_crc = 0

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        member.header_crc = zlib.crc32(buf)
        return member


def _tar_members(archive: Any) -> Iterator[tuple[str, int, int, int]]:
    """(name, offset, size, CRC-32 of the header) of every file of a tar whose members are `_Member`.

    A link to an earlier member, as tar makes for equal files, is that member again.
    """
    seen: dict[str, tuple[int, int, int]] = {}
    while (member := archive.next()) is not None:
        archive.members.clear()  # it would keep them all
        if member.isreg():
            place = seen[posixpath.normpath(member.name)] = member.offset_data, member.size, member.header_crc
            yield member.name, *place
        elif member.islnk() or member.issym():
            above = posixpath.dirname(member.name) if member.issym() else ""
            if (target := seen.get(posixpath.normpath(posixpath.join(above, member.linkname)))) is not None:
                yield member.name, *target


class _Forward(io.RawIOBase):
    """Reads forward only, so that tarfile lists a gzip stream in one pass while the index is built."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(size)
        return data


def _state_of(path: str) -> str:
    """What changes when an archive does."""
    if "://" not in path:
        state = os.stat(path)
        return f"{path}:{state.st_size}:{state.st_mtime_ns}"
    import fsspec

    system, inside = fsspec.core.url_to_fs(path)
    return f"{path}:{system.ukey(inside)}"


def _list_tar_gz(path: str, work: Path) -> Iterator[tuple[str, int, Place]]:
    key = hashlib.sha256(_state_of(path).encode()).hexdigest()[:16]
    index, listing = work / f"{key}.gzidx", work / f"{key}.json"
    if not (index.exists() and listing.exists()):
        work.mkdir(parents=True, exist_ok=True)
        unfinished = work / f"{key}.{uuid.uuid4().hex}"  # another process may be at the same
        gzip: Any = open_indexed_gzip(path, "")
        try:
            stream: IO[bytes] = _Forward(gzip)  # type: ignore[assignment]
            with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member) as archive:
                entries = list(_tar_members(archive))
            gzip.build_full_index()
            gzip.export_index(str(unfinished))
        except Exception as error:
            if isinstance(error, (tarfile.TarError, EOFError)) or "CRC" in str(error) or type(error).__module__.startswith("indexed_gzip"):
                raise Refused(f"{Path(path).name}: the archive is damaged or cut ({error}). Fetch it again.") from error
            raise
        finally:
            gzip.close()
        os.replace(unfinished, index)
        unfinished.write_text(json.dumps(entries))
        os.replace(unfinished, listing)
    for name, offset, size, check in json.loads(listing.read_text()):
        yield name, size, Place(path, False, offset, size, index=str(index), tar_crc=check)
