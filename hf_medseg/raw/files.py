"""References to files of a raw tree, and how their bytes are read back in any process."""

from __future__ import annotations

import hashlib
import io
import itertools
import operator
import os
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from hf_medseg.errors import Rejected

ZIP_STORED, ZIP_DEFLATED = 0, 8
TAR_BLOCK = 512  # bytes; a tar is made of such blocks, and a member's header is one


class Head(bytes):
    """The first bytes of a file, not all of it."""


class Whole(Exception):
    """Raised by a look that was given a `Head` and needs all of the file."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bytes of a file lie.

    Attributes:
        path: the file itself, or the archive that holds it (a local path or an fsspec URL).
        folder: whether `path` is a folder above the file instead: all files of a folder share one place.
        offset: first byte of the data inside an archive; None for a plain file.
        packed: bytes to read from there.
        method: zip compression method.
        crc: CRC-32 of the unpacked data, if the archive states one.
        index: file with the seek index of a `.tar.gz`.
        unpacked: file that a tar compressed in another way is unpacked to.
        header: whether a zip's own header of the file stands between `offset` and the data.
        tar_crc: CRC-32 of the member's header in a tar, which ends at `offset` and is read again with the data.
        under: what a file's listed path has before its path inside that folder.
        hindrance: why nothing can be read there, after "is": a link to nothing, a pipe; and what to do about it. Never opened.
    """

    path: str
    folder: bool = False
    offset: int | None = None
    packed: int = 0
    method: int = ZIP_STORED
    crc: int | None = None
    index: str = ""
    under: str = ""
    header: bool = False
    tar_crc: int | None = None
    unpacked: str = ""
    hindrance: tuple[str, str] | None = None


@dataclass(slots=True, eq=False, repr=False)  # not frozen: that would double the time to list a large tree
class RawFile:
    """One file of a raw tree, never changed. There can be a million of them: what they share is kept once.

    Attributes:
        listed: the whole path inside the raw tree, for reports.
        size: bytes, as the directory states them.
        place: where the bytes lie; None for a file that should be there and is not.
        start: where in `listed` the source's layout begins.
        part: name of the part that the file belongs to, if the source has several.
        twins: further files that claim to be the same one.
        alias: what rows and reports call it instead of its path: of a DICOM file its UIDs.
        stamp: changes whenever the content may have changed (see `stamp_of`; of a member the checksum that its archive states, or
            else the archive's stamp); None where nothing tells. No part of what decides a row.
    """

    listed: str
    size: int
    place: Place | None
    start: int = 0
    part: str = ""
    twins: tuple[RawFile, ...] = ()
    alias: str = ""
    stamp: int | None = None

    @property
    def path(self) -> str:
        """The path beginning where the source's layout begins, with the part's name first: what `source_file` says."""
        if self.alias:
            return self.alias
        inside = self.listed[self.start :]
        return f"{self.part}/{inside}" if self.part else inside

    @property
    def shown(self) -> str:
        """What reports call it."""
        return self.alias or self.listed

    def __repr__(self) -> str:
        """What of the file decides a row: neither where it lies, nor how many folders are above it."""
        return f"{self.path}:{self.size}" + (f"={self.twins}" if self.twins else "")

    @property
    def there(self) -> bool:
        """Whether there is anything to read."""
        return self.place is not None and self.place.hindrance is None

    @property
    def local(self) -> str:
        """Its own path on a disk of this machine; empty where it lies in an archive or elsewhere."""
        if not self.there or self.place is None or self.place.offset is not None or "://" in self.place.path:
            return ""
        return f"{self.place.path}/{self.listed[len(self.place.under) :]}" if self.place.folder else self.place.path

    @property
    def name(self) -> str:
        """The last element of the path."""
        return self.path.rpartition("/")[2]

    def read(self, head: int | None = None) -> bytes:
        """The file's bytes, or the first `head` of them, which no checksum covers.

        Raises:
            Rejected: the file is missing, cut, or its archive damaged there.
        """
        if self.place is None:
            raise Rejected(self.path, "this file is missing; the source promises it.", "Fetch it and put it where the path says.")
        if self.place.hindrance is not None:
            reason, advice = self.place.hindrance
            raise Rejected(self.path, f"is {reason}.", advice)
        try:
            data = _read(self.place, self.listed, self.size, head)
        except Rejected:
            raise
        except (OSError, zlib.error, EOFError, ValueError, struct.error) as error:
            if isinstance(error, OSError) and (error.errno is not None or self.place.offset is None):
                raise Rejected(self.path, f"cannot be read ({error.strerror or error}).") from error
            text = f"the archive is damaged here, or was changed since it was listed ({error})."
            raise Rejected(self.path, text, "Fetch the archive again.") from error
        if data.startswith(_POINTERS):
            _refuse_pointer(data, self.path)
        if head is not None and head < self.size:
            return data
        if len(data) != self.size:
            raise Rejected(self.path, f"{self.size} bytes expected, {len(data)} found.", "Fetch the file again.")
        if self.place.crc is not None and zlib.crc32(data) != self.place.crc:
            raise Rejected(self.path, "its checksum differs from the archive's.", "Fetch the archive again.")
        return data


ANNEX_ADVICE = "Run `git annex get` (or `datalad get`) on it in the repository it came from."
_LFS, _ANNEX = b"version https://git-lfs", b"/annex/objects/"
_POINTERS = (_LFS, _ANNEX)
_LONGEST_POINTER = 1 << 15  # bytes, as git-annex has it


def _refuse_pointer(data: bytes, path: str) -> None:
    """Rejects the small text that a repository holds instead of a large file.

    Raises:
        Rejected: see above.
    """
    if data.startswith(_LFS):
        raise Rejected(path, "this is a Git LFS pointer, not the file.", "Run `git lfs pull` in the repository it came from.")
    if len(data) < _LONGEST_POINTER:
        raise Rejected(path, "this is a pointer of git-annex, not the file.", ANNEX_ADVICE)


def stamp_of(state: os.stat_result) -> int:
    """A number that changes whenever a file may have changed: its times in nanoseconds.

    The time of its status is in it as well, where the system keeps one: whoever sets a modification time back does not set that.
    """
    return state.st_mtime_ns << 64 | state.st_ctime_ns


# What object stores and servers say of a file's version, strongest first; see `stamp_of_info`.
_VERSIONS = ("ETag", "etag", "md5Hash", "generation", "LastModified", "last_modified", "mtime", "updated", "modified", "created")


def stamp_of_info(info: Mapping[str, Any]) -> int | None:
    """The stamp of a file that fsspec lists; None where its store says nothing of versions."""
    told = [(name, str(info[name])) for name in _VERSIONS if info.get(name)]
    return int.from_bytes(hashlib.sha256(repr(told).encode()).digest()[:12], "big") if told else None


def open_raw(path: str) -> IO[bytes]:
    """Opens a local path or an fsspec URL for reading."""
    if "://" in path:
        import fsspec

        opened: IO[bytes] = fsspec.open(path, "rb").open()
        return opened
    return open(path, "rb")


def _whole(path: str, head: int | None) -> bytes:
    """A plain file, or its first bytes; of a URL in one request."""
    if "://" in path:
        import fsspec

        system, inside = fsspec.core.url_to_fs(path)
        data: bytes = system.cat_file(inside, end=head)
        return data
    with open(path, "rb", buffering=0) as file:
        return file.read(-1 if head is None else head)


# What the header of a file in a zip takes, as long as its name and extra field are not very long.
_ZIP_HEADER = 30 + 480

# Large members are read and unpacked in pieces of so many bytes, so that only what they unpack to is held whole.
_PIECE = 8 << 20


def _read(place: Place, listed: str, size: int, head: int | None = None) -> bytes:
    if place.offset is None:
        return _whole(f"{place.path}/{listed[len(place.under) :]}" if place.folder else place.path, head)
    most = size + 1 if head is None else min(head, size)  # never more than the directory promised: a bomb stops here
    step = _PIECE if head is None else min(head, _PIECE)
    if place.method == ZIP_DEFLATED:
        return _inflated(_pieces(place, place.packed, step), most)
    pieces = _pieces(place, min(place.packed, most), step)
    first = next(pieces, b"")
    return first if len(first) == most or (second := next(pieces, b"")) == b"" else _joined(itertools.chain((first, second), pieces))


def _joined(pieces: Iterable[bytes]) -> bytes:
    """All pieces as one; unlike `bytes.join` it does not hold them twice."""
    whole = io.BytesIO()
    for piece in pieces:
        whole.write(piece)
    return whole.getvalue()


def _inflated(pieces: Iterator[bytes], most: int) -> bytes:
    """What deflated pieces unpack to, at most `most` bytes of it."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)

    def unpacked() -> Iterator[bytes]:
        room = most
        for piece in pieces:
            while piece and room > 0 and not engine.eof:
                found = engine.decompress(piece, min(room, _PIECE))
                piece, room = engine.unconsumed_tail, room - len(found)
                yield found
            if room <= 0 or engine.eof:
                return

    found = unpacked()
    first = next(found, b"")
    return first if (second := next(found, b"")) == b"" else _joined(itertools.chain((first, second), found))


def _pieces(place: Place, wanted: int, step: int) -> Iterator[bytes]:
    """The bytes of a member as its archive holds them, up to `wanted`, in pieces; what proves the place is looked at first.

    Raises:
        ValueError: the archive has something else there than when it was listed.
    """
    assert place.offset is not None
    at, piece = place.offset, b""
    if place.header:
        piece = _bytes_at(place, at, _ZIP_HEADER + min(wanted, step))  # both in one request, where it is one
        if not piece.startswith(b"PK\3\4"):
            raise ValueError("its directory promises a file where none begins")
        start = 30 + sum(struct.unpack_from("<HH", piece, 26))
        at, piece = at + start, piece[start : start + wanted]
    elif place.tar_crc is not None:
        piece = _bytes_at(place, at - TAR_BLOCK, TAR_BLOCK + min(wanted, step))
        if zlib.crc32(piece[:TAR_BLOCK]) != place.tar_crc:
            raise ValueError("another file lies where this one was listed")
        piece = piece[TAR_BLOCK:]
    while piece or (wanted > 0 and (piece := _bytes_at(place, at, min(wanted, step)))):
        yield piece
        at, wanted, piece = at + len(piece), wanted - len(piece), b""


def _bytes_at(place: Place, start: int, length: int) -> bytes:
    """Bytes of an archive, or of what a compressed one unpacks to, beginning at `start`; fewer at its end.

    Every call opens the archive for itself and has a position of its own: nothing that another process or thread could move.
    """
    if place.index:
        decoder = _decoder(place)
        decoder.seek(start)
        unpacked: bytes = decoder.read(length)
        return unpacked
    path = place.unpacked or place.path
    if "://" in path:
        import fsspec

        system, inside = fsspec.core.url_to_fs(path)
        stored: bytes = system.cat_file(inside, start=start, end=start + length)
        return stored
    with open(path, "rb", buffering=0) as file:
        file.seek(start)
        return file.read(length)


# A decoder takes too long to set up for every read: a thread keeps some, and a process forgets those that it inherited.
_MOST_DECODERS = 4
_kept = threading.local()


def _decoder(place: Place) -> Any:
    """The decoder of a compressed archive that belongs to this thread of this process."""
    decoders: dict[tuple[str, str], Any] | None = getattr(_kept, "decoders", None)
    if decoders is None or _kept.process != os.getpid():
        decoders = _kept.decoders = {}
        _kept.process = os.getpid()
    key = (place.path, place.index)
    decoder = decoders.pop(key, None) or open_indexed_gzip(*key)
    decoders[key] = decoder  # the last one used stands last
    if len(decoders) > _MOST_DECODERS:
        decoders.pop(next(iter(decoders))).close()
    return decoder


def open_indexed_gzip(path: str, index: str) -> Any:
    """A seekable view of a gzip file; `index` is loaded if it is there and is not written."""
    import indexed_gzip

    file = indexed_gzip.IndexedGzipFile(fileobj=open_raw(path))
    if index and os.path.exists(index):
        file.import_index(index)
    return file


class Reader:
    """Reads files for one case: every file once, with its SHA-256; twins are compared on the way.

    Attributes:
        sha256: hash of every file read so far, by path.
        duplicates: listed paths of twins found to be the same.
        notes: (path, what is to be said) of files that are used, but not without a word.
        dropped: (id, what is wrong) of objects that were left out of a row which goes on without them.
    """

    def __init__(self) -> None:
        self.sha256: dict[str, str] = {}
        self.duplicates: list[str] = []
        self.notes: list[tuple[str, str]] = []
        self.dropped: list[tuple[str, Rejected]] = []
        self._bytes: dict[str, bytes] = {}
        self._memo: dict[Any, Any] = {}

    def read(self, file: RawFile, *, keep: bool = True, same: Callable[[bytes, bytes], bool] = operator.eq) -> bytes:
        """The file's bytes, kept for the case unless they are wanted only once.

        Args:
            file: the file.
            keep: whether it is kept.
            same: whether the bytes of the file and of a twin that are not the same still hold the same.

        Raises:
            Rejected: the file cannot be read, is empty, or a twin of it differs.
        """
        if (known := self._bytes.get(file.path)) is not None:
            return known
        data = file.read()
        if not data:
            raise Rejected(file.path, "the file is empty.", "Fetch it again.")
        self.sha256[file.path] = hashlib.sha256(data).hexdigest()
        for twin in file.twins:
            if (twin.size != file.size and same is operator.eq) or ((other := self._twin(twin)) != data and not same(data, other)):
                raise Rejected(
                    file.path,
                    f"{file.shown} and {twin.shown} claim to be the same file and differ.",
                    "Keep the owner's version and take the other one out of the raw tree.",
                )
            self.duplicates.append(twin.shown)
        if keep:
            self._bytes[file.path] = data
        return data

    def note(self, path: str, reason: str) -> None:
        """Says something about a file that the report must tell; the reason is the same text for all files that it holds for."""
        if (path, reason) not in self.notes:
            self.notes.append((path, reason))

    @staticmethod
    def _twin(twin: RawFile) -> bytes:
        """The bytes of a twin; its place in the raw tree, not in the layout, tells which of the two is at fault."""
        try:
            return twin.read()
        except Rejected as error:
            raise Rejected(twin.shown, error.expected, error.advice) from error

    def once(self, key: Any, make: Any) -> Any:
        """The value of `make()`, computed once for this case under `key`."""
        if key not in self._memo:
            self._memo[key] = make()
        return self._memo[key]

    def tell(self, key: Any, value: Any) -> None:
        """Remembers for this case what later reading must know."""
        self._memo[key] = value

    def told(self, key: Any) -> Any:
        """What was remembered under `key`; None if nothing was."""
        return self._memo.get(key)

    def stream(self, file: RawFile) -> io.BytesIO:
        """The file's bytes as a seekable stream."""
        return io.BytesIO(self.read(file))
