"""Compressed tars: gzip through a seek index, every other kind unpacked once beside the working files."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import io
import json
import logging
import lzma
import os
import shutil
import sys
import tarfile
import threading
import uuid
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

from hf_medseg.errors import Refused
from hf_medseg.raw.access import bytes_at, open_raw, stamp_of
from hf_medseg.raw.archive_names import COMMANDS
from hf_medseg.raw.places import Member, Place
from hf_medseg.raw.tars import entries_of, list_tar, member_bytes

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from hf_medseg.raw.files import RawFile

logger = logging.getLogger("hf_medseg")

_INDEX = ".gzidx"


@dataclass(frozen=True, slots=True)
class IndexedMember(Place):
    """Where a file lies in a `.tar.gz`.

    Attributes:
        path: the archive.
        index: file with its seek index.
        start: where its data begin in the tar.
        header: CRC-32 of its header there.
    """

    path: str
    index: str
    start: int
    header: int
    archived: ClassVar[bool] = True

    @property
    def beside(self) -> str:
        return self.index

    def read(self, listed: str, size: int, head: int | None) -> bytes:
        return member_bytes(self._bytes_at, self.start, self.header, size, head)

    def _bytes_at(self, start: int, length: int) -> bytes:
        with contextlib.suppress(FileNotFoundError):
            return bytes_at(_copy_of(self.index), start, length)
        decoder = open_decoder(self.path, self.index)
        decoder.seek(start)
        unpacked: bytes = decoder.read(length)
        return unpacked


def _copy_of(index: str) -> str:
    """Where the tar lies to which the archive with that seek index is unpacked for a while, if it is."""
    return index.removesuffix(_INDEX) + ".tar"


def unpack_ahead(files: Iterable[RawFile]) -> None:
    """Unpacks the archives of files that would be read through a seek index, where there is room; `forget_unpacked` deletes them.

    To get at one member, half the way between two points of the index is unpacked on average: for an archive of many small files read in
    another order than it has them, that is more than ten times the work. The copy is what the index leads to, byte for byte.
    """
    ends: dict[tuple[str, str], int] = {}
    for file in files:
        if isinstance(place := file.place, IndexedMember):
            key = (place.path, place.index)
            ends[key] = max(ends.get(key, 0), place.start + file.size)
    for (path, index), end in ends.items():
        copy = Path(_copy_of(index))
        if copy.exists() or shutil.disk_usage(copy.parent).free < end + LEFT_FREE:
            continue
        unfinished = copy.with_suffix(f".{uuid.uuid4().hex}.tar")  # whatever ends this process, it is found as what it is
        try:
            _unpack(path, path, "gz", unfinished)
            if unfinished.stat().st_size < end:
                raise EOFError("it holds less than was listed")
            os.replace(unfinished, copy)
        except (Refused, OSError, EOFError, zlib.error) as error:  # no room, or damaged: reading says by name what is wrong
            logger.debug("%s is read through its seek index: %s", path, error)
        else:
            logger.debug("%s was unpacked for this run", path)
        finally:
            unfinished.unlink(missing_ok=True)


# A decoder takes too long to set up for every read: a thread keeps some, and a process forgets those that it inherited.
_MOST_DECODERS = 4
_kept = threading.local()


def open_decoder(path: str, index: str) -> Any:
    """The decoder of a compressed archive that belongs to this thread of this process."""
    decoders: dict[tuple[str, str], Any] | None = getattr(_kept, "decoders", None)
    if decoders is None or _kept.process != os.getpid():
        decoders = _kept.decoders = {}
        _kept.process = os.getpid()
    key = (path, index)
    decoder = decoders.pop(key, None)
    if decoder is None:
        decoder = _open_indexed(path)
        decoder.import_index(index)
    decoders[key] = decoder  # the last one used stands last
    if len(decoders) > _MOST_DECODERS:
        decoders.pop(next(iter(decoders))).close()
    return decoder


def _open_indexed(path: str) -> Any:
    """A seekable view of a gzip file, without an index yet."""
    import indexed_gzip

    return indexed_gzip.IndexedGzipFile(fileobj=open_raw(path))


def unpacking(file: IO[bytes], kind: str) -> Any:
    """What a compressed file unpacks to, as a stream."""
    if kind == "gz":
        return gzip.GzipFile(fileobj=file)
    if kind == "bz2":
        return bz2.BZ2File(file)
    if kind == "xz":
        return lzma.LZMAFile(file)
    return zstd.ZstdFile(file, options={zstd.DecompressionParameter.window_log_max: 31})  # also what --long has packed


def _key_of(path: str) -> tuple[str, str]:
    """What names the working files of an archive: by its path, and by what changes when it does."""
    if "://" not in path:
        state = os.stat(path)
        version = f"{state.st_size}:{stamp_of(state)}"
    else:
        import fsspec

        system, inside = fsspec.core.url_to_fs(path)
        version = system.ukey(inside)
    which, version = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16] for text in (path, version))
    return which, f"{which}-{version}"


def list_tar_gz(path: str, work: Path) -> Iterator[Member]:
    """Lists the members of a `.tar.gz` through a seek index that is kept in `work`."""
    _, key = _key_of(path)
    index, listing = work / f"{key}{_INDEX}", work / f"{key}.json"
    if not (index.exists() and listing.exists()):
        work.mkdir(parents=True, exist_ok=True)
        unfinished = work / f"{key}.{uuid.uuid4().hex}"  # another process may be at the same
        decoder = _open_indexed(path)
        try:
            entries = list(entries_of(io.BufferedReader(_Seekable(decoder), 1 << 20)))
            decoder.build_full_index()
            decoder.export_index(str(unfinished))
        except Exception as error:
            if (isinstance(error, OSError) and error.errno is None) or type(error).__module__.startswith("indexed_gzip"):
                raise tarfile.ReadError("what it holds cannot be unpacked, or differs from its checksum") from error
            raise
        finally:
            decoder.close()
        os.replace(unfinished, index)
        unfinished.write_text(json.dumps(entries), encoding="utf-8")
        os.replace(unfinished, listing)
    for name, extent, reason in json.loads(listing.read_text(encoding="utf-8")):
        if extent is None:
            yield Member(name, 0, None, reason)
        else:
            start, size, header = extent
            yield Member(name, size, IndexedMember(path, str(index), start, header))


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
LEFT_FREE = 256 << 20


def list_unpacked(path: str, shown: str, kind: str, work: Path) -> Iterator[Member]:
    """Lists a compressed tar of a kind that cannot be read at any place: it is unpacked once, as one tar.

    Raises:
        Refused: there is no room for it.
    """
    which, key = _key_of(path)
    unpacked = work / f"{key}.tar"
    if not unpacked.exists():
        work.mkdir(parents=True, exist_ok=True)
        for older in work.glob(f"{which}-*.tar"):
            older.unlink(missing_ok=True)
        unfinished = work / f"{key}.{uuid.uuid4().hex}"
        try:
            _unpack(path, shown, kind, unfinished)
            os.replace(unfinished, unpacked)
        finally:
            unfinished.unlink(missing_ok=True)
    yield from list_tar(path, str(unpacked))


def _unpack(path: str, shown: str, kind: str, target: Path) -> None:
    with open_raw(path) as file, unpacking(file, kind) as stream, open(target, "wb") as unpacked:
        while piece := stream.read(16 << 20):
            if shutil.disk_usage(target.parent).free < len(piece) + LEFT_FREE:
                command = COMMANDS[kind].format(f'"{shown}"')
                raise Refused(
                    f"{shown}: a tar that is compressed like this is unpacked into {target.parent}, where there is no room for it "
                    f"({unpacked.tell():,} bytes so far). Set TMPDIR to a folder with room, or unpack it yourself: {command}"
                )
            unpacked.write(piece)


def forget_unpacked(work: Path) -> None:
    """Deletes what archives were unpacked to."""
    _delete(work.glob("*.tar"))


def forget_copies(work: Path) -> None:
    """Deletes what `unpack_ahead` made: it can be done without."""
    for index in work.glob(f"*{_INDEX}"):
        _delete(work.glob(f"{index.stem}*.tar"))


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()
