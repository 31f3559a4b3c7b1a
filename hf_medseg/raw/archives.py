"""Listing archives in place: zip and tar directly, compressed tars through a seek index or unpacked once beside the working files."""

from __future__ import annotations

import bisect
import bz2
import contextlib
import gzip
import hashlib
import io
import itertools
import json
import lzma
import os
import posixpath
import re
import shutil
import stat
import struct
import sys
import tarfile
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

from hf_medseg.errors import Refused
from hf_medseg.raw.files import TAR_BLOCK, ZIP_DEFLATED, ZIP_STORED, Place, open_indexed_gzip, open_raw

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# What an archive may be called; its first bytes decide what it is. Masses of compressed volumes are not looked at.
NAMED_LIKE_ARCHIVE = re.compile(
    r"(?<!\.nii)\.(zip|7z|rar|tar|(tar\.)?(gz|bz2?|xz|lzma|zst|zstd|lz|lz4|z)|tgz|taz|tbz2?|tb2|txz|tlz|tzst)\Z", re.IGNORECASE
)
_NAMED_LIKE_TAR = re.compile(r"\.(tar(\.(gz|bz2?|xz|lzma|zst|zstd|lz|lz4|z))?|tgz|taz|tbz2?|tb2|txz|tlz|tzst)\Z", re.IGNORECASE)
_SPLIT = re.compile(r"\.(7z\.\d+|zip\.\d+|zip\.a[a-z]|z\d\d|r\d\d|(tar|tar\.(gz|bz2|xz|zst)|tgz|tbz2|txz)\.(a[a-z]|\d+))\Z", re.IGNORECASE)
# Members whose names say that they are archives themselves.
NESTED = re.compile(rf"\.(zip|7z|rar)\Z|{_NAMED_LIKE_TAR.pattern}|{_SPLIT.pattern}", re.IGNORECASE)

_FIRST_BYTES = {
    b"PK\3\4": "zip",
    b"PK\5\6": "zip",
    b"PK\7\x08": "split zip",
    b"\x1f\x8b": "gz",
    b"BZh": "bz2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zst",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"LZIP": "lz",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x1f\x9d": "Z",
    b"\x5d\0\0": "lzma",
}
_COMPRESSED = ("gz", "bz2", "xz", "zst")
_SHORT_NAMES = "tgz:gz taz:Z z:Z tbz:bz2 tbz2:bz2 tb2:bz2 bz:bz2 txz:xz tlz:lzma tzst:zst zstd:zst"
_OTHER_NAMES = dict(pair.split(":") for pair in _SHORT_NAMES.split())
_COMMANDS = {
    "zip": "unzip {}",
    "7z": "7z x {}",
    "rar": "unrar x {}",
    "gz": "tar -xzf {}",
    "tar": "tar -xf {}",
    "bz2": "tar -xjf {}",
    "xz": "tar -xJf {}",
    "zst": "tar --zstd -xf {}",
    "lz": "tar --lzip -xf {}",
    "lzma": "tar --lzma -xf {}",
    "lz4": "lz4 -dc {} | tar -xf -",
    "Z": "tar -xZf {}",
}
_TROUBLE = (tarfile.TarError, zipfile.BadZipFile, EOFError, struct.error, zlib.error, lzma.LZMAError, zstd.ZstdError, UnicodeError)


class Member(NamedTuple):
    """One entry of an archive.

    Attributes:
        name: its path in the archive.
        size: bytes.
        place: where its bytes lie; None where it holds none.
        reason: why it holds none, for the report.
    """

    name: str
    size: int
    place: Place | None
    reason: str = ""


def unpack_command(name: str, kind: str = "") -> str:
    """The shell command that unpacks an archive, of which the file may be one piece."""
    pieces = name.rpartition(".")[0]
    if not _SPLIT.search(name):
        return _COMMANDS.get(kind or _kind_named(name), "7z x {}").format(f'"{name}"')
    if re.search(r"\.(7z|zip)\.\d+\Z", name, re.IGNORECASE):
        return f'7z x "{pieces}.001"  (all pieces in one folder)'
    if re.search(r"\.z\d\d\Z", name, re.IGNORECASE):
        return f'7z x "{pieces}.zip"  (all pieces in one folder)'
    if re.search(r"\.r\d\d\Z", name, re.IGNORECASE):
        return f'unrar x "{pieces}.rar"  (all pieces in one folder)'
    if re.search(r"\.zip\.a[a-z]\Z", name, re.IGNORECASE):
        return f'cat "{pieces}."* > "{pieces}" && unzip "{pieces}"  (all pieces in one folder)'
    option = {"gz": "-xzf", "bz2": "-xjf", "xz": "-xJf", "zst": "--zstd -xf", "tar": "-xf"}[_kind_named(pieces)]
    return f'cat "{pieces}."* | tar {option} -  (all pieces in one folder)'


def refuse(name: str, kind: str, what: str) -> Refused:
    """The refusal of an archive of some kind, with the command that unpacks it."""
    return Refused(f"{name}: {what} is not read in place. Unpack it first: {unpack_command(name, kind)}")


def _kind_named(name: str) -> str:
    suffix = name.lower().rpartition(".")[2]
    return _OTHER_NAMES.get(suffix, suffix)


def stem(name: str) -> str:
    """The name of an archive without the suffixes that call it one."""
    return NESTED.sub("", name)


# --- What a file is ----------------------------------------------------------------------------------------------------------------------


def archive_kind(path: str, shown: str, *, alone: bool) -> str:
    """What archive a file is, told by its first bytes; its name alone decides where they tell nothing.

    Args:
        path: the file (local path or fsspec URL).
        shown: its path inside the raw tree.
        alone: whether it is the whole raw tree; otherwise only files that are called like an archive are looked at.

    Returns:
        `zip`, `tar`, `gz`, `bz2`, `xz` or `zst` (a tar that is compressed so); empty for a file that is no archive.

    Raises:
        Refused: an archive that is not read in place, or a file that is called one and is something else.
    """
    if _SPLIT.search(shown):
        raise refuse(shown, "", "a split archive")
    if shown.lower().endswith(".npz"):
        return ""  # a zip, and one file of arrays
    if not alone and not NAMED_LIKE_ARCHIVE.search(shown):
        return ""
    with open_raw(path) as file:
        head = file.read(TAR_BLOCK)
    kind = next((kind for start, kind in _FIRST_BYTES.items() if head.startswith(start)), "tar" if _is_tar_header(head) else "")
    if kind in _COMPRESSED:
        return _kind_inside(path, shown, kind)
    if kind in ("zip", "tar"):
        return kind
    if kind == "split zip":
        raise refuse(shown, "zip", "a split archive")
    if kind and (kind in ("7z", "rar") or _NAMED_LIKE_TAR.search(shown)):
        raise refuse(shown, kind, "an archive of this kind")
    if not re.search(r"\.(zip|7z|rar)\Z", shown, re.IGNORECASE) and not _NAMED_LIKE_TAR.search(shown):
        return ""
    return _kind_of_damaged(shown, head)


def _kind_of_damaged(shown: str, head: bytes) -> str:
    """What an archive should be whose first bytes do not tell.

    Raises:
        Refused: they tell what it is instead.
    """
    if not head:
        raise Refused(f"{shown}: the file is empty. Fetch it again.")
    if re.match(rb"\s*<(!doctype|html|\?xml)", head, re.IGNORECASE):
        raise Refused(
            f"{shown}: this is a web page and no archive: the download was answered with words. Read it, and fetch the file again."
        )
    if head.startswith(b"version https://git-lfs"):
        raise Refused(f"{shown}: this is a Git LFS pointer, not the file. Run `git lfs pull` in the repository it came from.")
    kind = _kind_named(shown)
    if kind not in ("zip", "tar", *_COMPRESSED):
        raise refuse(shown, kind, "an archive of this kind")
    return kind


def _is_tar_header(block: bytes) -> bool:
    if len(block) < TAR_BLOCK:
        return False
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _kind_inside(path: str, shown: str, kind: str) -> str:
    """The kind of a compressed file if it is a tar inside, else nothing.

    Raises:
        Refused: it is called a tar and is none inside.
    """
    named = _NAMED_LIKE_TAR.search(shown) is not None
    try:
        with open_raw(path) as file, _unpacking(file, kind) as stream:
            head = stream.read(TAR_BLOCK)
    except (*_TROUBLE, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        return kind if named else ""  # listing it says what is wrong
    if _is_tar_header(head) or (named and not head.strip(b"\0")):
        return kind
    if named:
        inner = next((f"a {found} file" for start, found in _FIRST_BYTES.items() if head.startswith(start)), "something else")
        command = {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd"}[kind]
        raise Refused(f'{shown}: there is no tar in it but {inner}. Unpack it once and look at what comes out: {command} -dk "{shown}"')
    return ""


def _unpacking(file: IO[bytes], kind: str) -> Any:
    """What a compressed file unpacks to, as a stream."""
    if kind == "gz":
        return gzip.GzipFile(fileobj=file)
    if kind == "bz2":
        return bz2.BZ2File(file)
    if kind == "xz":
        return lzma.LZMAFile(file)
    return zstd.ZstdFile(file, options={zstd.DecompressionParameter.window_log_max: 31})  # also what --long has packed


# --- Listing -----------------------------------------------------------------------------------------------------------------------------


def list_archive(path: str, shown: str, kind: str, work: Path) -> Iterator[Member]:
    """Lists the members of an archive.

    Args:
        path: the archive.
        shown: its path inside the raw tree, for messages.
        kind: what `archive_kind` said.
        work: folder for the seek index of a `.tar.gz`, and for what other compressed tars unpack to.

    Raises:
        Refused: the archive is damaged, cut or encrypted, or there is no room to unpack it.
    """
    try:
        if kind == "zip":
            yield from _list_zip(path, shown)
        elif kind == "tar":
            with open_raw(path) as file:
                for name, entry, reason in _tar_entries(file):
                    yield _member(path, name, entry, reason)
        elif kind == "gz":
            yield from _list_tar_gz(path, work)
        else:
            yield from _list_unpacked(path, shown, kind, work)
    except _Refusal as error:
        raise refuse(shown, kind, str(error)) from error
    except (*_TROUBLE, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Refused(f"{shown}: the archive is damaged or cut ({error}). Fetch it again.") from error


class _Refusal(Exception):
    """What in an archive is not read in place."""


def _list_zip(path: str, shown: str) -> Iterator[Member]:
    files: dict[str, Any] = {}
    links: dict[str, str] = {}
    with open_raw(path) as file, zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
            if info.is_dir() or stat.S_ISDIR(mode):
                continue
            if info.volume or info.header_offset < 0:
                raise refuse(shown, "7z", "the last piece of a split archive")
            if info.flag_bits & 1:
                raise _Refusal("an encrypted archive")
            if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                raise _Refusal("an archive with this compression method")
            name = _zip_name(info)
            if stat.S_ISLNK(mode) and info.file_size < _LONGEST_LINK:
                links[posixpath.normpath(name)] = _target(name, archive.read(info).decode("utf-8", "surrogateescape"))
                continue
            # A file's own header may be longer than the directory says: it is read with the data.
            place = Place(path, False, info.header_offset, info.compress_size, info.compress_type, info.CRC, header=True)
            found = Member(name, info.file_size, place)
            files[posixpath.normpath(name)] = found
            yield found
    for name, linked in _followed(files, links):
        yield linked._replace(name=name) if linked is not None else Member(name, 0, None, DANGLING)


_UNIX, _LONGEST_LINK = 3, 4096
DANGLING = "a link to something that is not in the archive"


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The member's name; names without the UTF-8 flag that are UTF-8 all the same are read as such."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            return name.encode("cp437").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            return name
    return name


def _target(name: str, link: str) -> str:
    """Where a symbolic link leads, inside the archive."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), link))


def _followed(files: dict[str, Any], links: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """(name, what it leads to) of every link: a file, every file of a folder, or None where it leads nowhere.

    Links inside a folder that a link leads to are followed as well.

    Args:
        files: what is in the archive, by normalised path.
        links: where each link leads, both as normalised paths.
    """
    names, turns = sorted(files), sorted(links)

    def led(link: str, through: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        """What lies behind a link, by what is added to its name; `through` are the folders on the way, to which nothing leads back."""
        target = _end_of(links[link], links)
        if target is None or target in files:
            yield "", files.get(target or "")
            return
        above = "" if target == "." else f"{target}/"
        inside, further = _below(names, above), _below(turns, above)
        if not inside and not further:
            yield "", None
        elif not any(f"{folder}/".startswith(above) for folder in through):
            for name in inside:
                yield f"/{name[len(above) :]}", files[name]
            for turn in further:
                for more, found in led(turn, (*through, posixpath.dirname(turn), target)):
                    yield f"/{turn[len(above) :]}{more}", found

    for link in links:
        for more, found in led(link, (posixpath.dirname(link) or ".",)):
            yield link + more, found


def _below(names: list[str], above: str) -> list[str]:
    """What of names in order begins with `above`."""
    first = bisect.bisect_left(names, above)
    return list(itertools.takewhile(lambda name: name.startswith(above), itertools.islice(names, first, None)))


def _end_of(path: str, links: dict[str, str]) -> str | None:
    """A path with every link in it followed; None for a circle."""
    for _ in range(len(links) + 1):
        steps = path.split("/")
        heads = ("/".join(steps[:depth]) for depth in range(1, len(steps) + 1))
        head = next((head for head in heads if head in links), None)
        if head is None:
            return path
        path = posixpath.normpath(links[head] + path[len(head) :])
    return None


# --- Tar ---------------------------------------------------------------------------------------------------------------------------------


class _TarMember(tarfile.TarInfo):
    """A member of a tar that knows the CRC-32 of its header, by which its place is known again."""

    header_crc = 0

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        member.header_crc = zlib.crc32(buf)
        return member


Entry = tuple[int, int, int]
"""Where a file of a tar lies: (offset, size, CRC-32 of its header)."""
_ODD = {tarfile.FIFOTYPE: "a FIFO, no file", tarfile.CHRTYPE: "a device, no file", tarfile.BLKTYPE: "a device, no file"}


def _tar_entries(file: Any) -> Iterator[tuple[str, Entry | None, str]]:
    """(name, where it lies, why it holds nothing) of everything in a tar but folders.

    Links are the files that they lead to, as tar makes them for equal files.

    Raises:
        tarfile.TarError: the tar is damaged, cut, or followed by something else.
    """
    files: dict[str, Any] = {}
    links: dict[str, str] = {}
    archive: Any
    with tarfile.open(fileobj=file, mode="r:", tarinfo=_TarMember) as archive:
        while (member := archive.next()) is not None:
            archive.members.clear()  # it would keep them all
            name = posixpath.normpath(member.name)
            if member.issparse():
                raise _Refusal(f"an archive with files that have holes ({member.name})")
            if member.isreg():
                files[name] = member.offset_data, member.size, member.header_crc
                links.pop(name, None)
                yield member.name, files[name], ""
            elif member.islnk():
                links[name] = posixpath.normpath(member.linkname)
            elif member.issym():
                links[name] = _target(member.name, member.linkname)
            elif not member.isdir():
                yield member.name, None, _ODD.get(member.type, "no file, folder or link")
        _check_end(file, archive.offset)
    for name, entry in _followed(files, links):
        yield name, entry, "" if entry is not None else DANGLING


def _check_end(file: Any, offset: int) -> None:
    """Makes sure that a tar ends with its end mark, and with nothing behind it; tarfile stops in silence wherever no header begins.

    Raises:
        tarfile.ReadError: it does not.
    """
    file.seek(offset)
    block = file.read(TAR_BLOCK)
    if len(block) < TAR_BLOCK:
        raise tarfile.ReadError("it ends without its end mark")
    while block:
        if block.strip(b"\0"):
            raise tarfile.ReadError(f"no member begins at byte {offset:,}, where one is expected")
        offset += len(block)
        block = file.read(1 << 20)


def _member(path: str, name: str, entry: Entry | None, reason: str, index: str = "", unpacked: str = "") -> Member:
    if entry is None:
        return Member(name, 0, None, reason)
    offset, size, crc = entry
    return Member(name, size, Place(path, False, offset, size, tar_crc=crc, index=index, unpacked=unpacked))


# --- Compressed tar ----------------------------------------------------------------------------------------------------------------------


def _key_of(path: str) -> tuple[str, str]:
    """What names the working files of an archive: by its path, and by what changes when it does."""
    if "://" not in path:
        state = os.stat(path)
        version = f"{state.st_size}:{state.st_mtime_ns}"
    else:
        import fsspec

        system, inside = fsspec.core.url_to_fs(path)
        version = system.ukey(inside)
    place, version = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16] for text in (path, version))
    return place, f"{place}-{version}"


def _list_tar_gz(path: str, work: Path) -> Iterator[Member]:
    _, key = _key_of(path)
    index, listing = work / f"{key}.gzidx", work / f"{key}.json"
    if not (index.exists() and listing.exists()):
        work.mkdir(parents=True, exist_ok=True)
        unfinished = work / f"{key}.{uuid.uuid4().hex}"  # another process may be at the same
        decoder: Any = open_indexed_gzip(path, "")
        try:
            entries = list(_tar_entries(io.BufferedReader(_Seekable(decoder), 1 << 20)))
            decoder.build_full_index()
            decoder.export_index(str(unfinished))
        except Exception as error:
            if "CRC" in str(error) or type(error).__module__.startswith("indexed_gzip"):
                raise tarfile.ReadError(str(error)) from error
            raise
        finally:
            decoder.close()
        os.replace(unfinished, index)
        unfinished.write_text(json.dumps(entries), encoding="utf-8")
        os.replace(unfinished, listing)
    for name, entry, reason in json.loads(listing.read_text(encoding="utf-8")):
        yield _member(path, name, entry, reason, index=str(index))


class _Seekable(io.RawIOBase):
    """What tarfile reads of an indexed gzip file: a file with a position, whose index is built on the way."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(self._decoder.tell())

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._decoder.seek(offset, whence))

    def readinto(self, buffer: Any) -> int:
        data = self._decoder.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


# Room that is left on the disk at least, in bytes.
_LEFT_FREE = 256 << 20


def _list_unpacked(path: str, shown: str, kind: str, work: Path) -> Iterator[Member]:
    """Lists a compressed tar of a kind that cannot be read at any place: it is unpacked once, as one tar.

    Raises:
        Refused: there is no room for it.
    """
    place, key = _key_of(path)
    unpacked = work / f"{key}.tar"
    if not unpacked.exists():
        work.mkdir(parents=True, exist_ok=True)
        for older in work.glob(f"{place}-*.tar"):
            older.unlink(missing_ok=True)
        unfinished = work / f"{key}.{uuid.uuid4().hex}"
        try:
            _unpack(path, shown, kind, unfinished)
            os.replace(unfinished, unpacked)
        finally:
            unfinished.unlink(missing_ok=True)
    with open(unpacked, "rb") as file:
        for name, entry, reason in _tar_entries(file):
            yield _member(path, name, entry, reason, unpacked=str(unpacked))


def _unpack(path: str, shown: str, kind: str, target: Path) -> None:
    with open_raw(path) as file, _unpacking(file, kind) as stream, open(target, "wb") as unpacked:
        while piece := stream.read(16 << 20):
            if shutil.disk_usage(target.parent).free < len(piece) + _LEFT_FREE:
                command = _COMMANDS[kind].format(f'"{shown}"')
                raise Refused(
                    f"{shown}: a tar that is compressed like this is unpacked into {target.parent}, where there is no room for it "
                    f"({unpacked.tell():,} bytes so far). Set TMPDIR to a folder with room, or unpack it yourself: {command}"
                )
            unpacked.write(piece)


def forget_unpacked(work: Path) -> None:
    """Deletes what archives were unpacked to."""
    for path in work.glob("*.tar"):
        with contextlib.suppress(OSError):
            path.unlink()
