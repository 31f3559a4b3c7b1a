"""What a file holds, by its hashes, and how to tell later whether it still does: what is checked is what is published."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from hf_medseg.dataset.storage import is_local

Stamp = tuple[int, ...]
_BLOCK = 1 << 22


@dataclass(frozen=True)
class Content:
    """A file as it was when it was read.

    Attributes:
        path: where it lies.
        size: bytes.
        sha256: hash of its bytes; how the Hub knows a large file.
        git_sha1: how the Hub knows a regular file; empty for shards, which are large ones.
        stamp: what the file system said of it; empty where OUT is no local folder.
        data: the bytes themselves of a small file, None for a shard.
    """

    path: Path
    size: int
    sha256: str
    git_sha1: str = ""
    stamp: Stamp = ()
    data: bytes | None = field(default=None, repr=False)

    @property
    def unchanged(self) -> bool:
        """Whether the file has not been touched since it was read; a change of its time back is a touch too."""
        return not is_local(self.path) or stamp_of(self.path) == self.stamp


def stamp_of(path: str | os.PathLike[str] | int) -> Stamp:
    """Size, times and number of a local file, given by its path or its open handle; empty if it is gone.

    The time of the last change of its entry cannot be set by hand, so that a file that was swapped, and swapped back, shows it.
    """
    try:
        state = os.stat(path)
    except OSError:
        return ()
    return (state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)


def small_file(path: Path) -> Content:
    """Reads a small file whole.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        stamp = stamp_of(file.fileno()) if is_local(path) else ()
        data = file.read()
    git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    return Content(path, len(data), hashlib.sha256(data).hexdigest(), git, stamp, data)


class HashedFile:
    """A large file for a reader of Parquet that is read once, from its start to its end, and hashed on the way.

    The reader asks for the end of the file first, then for one row group after the other. Whatever it was given is what is hashed:
    nothing is read from the disk a second time, so that a file that is rewritten meanwhile has the hash of what was checked, or none.

    Args:
        path: where the file lies.
        stream: the file, open for reading.
        stamp: of the open file, taken before anything was read from it; empty where it is no local one.
    """

    closed = False

    def __init__(self, path: Path, stream: BinaryIO, stamp: Stamp = ()) -> None:
        self._path, self._stream, self._stamp = path, stream, stamp
        self._size = stream.seek(0, os.SEEK_END)
        self._digest = hashlib.sha256()
        self._at = 0  # where the reader is
        self._end, self._end_at = b"", self._size  # the end of the file, read first
        self._kept, self._kept_at = b"", 0  # what was read and hashed last
        self._begun = False

    def readable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves there."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def close(self) -> None:
        """Nothing: whoever opened the file closes it."""

    def read(self, count: int = -1) -> bytes:
        """The next bytes.

        Raises:
            OSError: the file became shorter meanwhile, or is asked for what lies before what was read last.
        """
        begin, end = self._at, self._size if count < 0 else min(self._size, self._at + count)
        self._at = max(begin, end)
        if begin >= end:
            return b""
        if not self._begun:
            if begin < self._end_at:
                self._end = self._from_disk(begin, self._end_at) + self._end
                self._end_at = begin
            return self._end[begin - self._end_at : end - self._end_at]
        if begin < self._kept_at:
            raise OSError("its row groups and columns do not lie one behind the other")
        self._forward(begin, end)
        return self._kept[begin - self._kept_at : end - self._kept_at]

    def begin(self) -> None:
        """Its end has been read: from here on it is read from the start."""
        self._begun = True

    def content(self) -> Content:
        """What the whole file is, as it was read; what nobody asked for is read now.

        Raises:
            OSError: it became shorter meanwhile.
        """
        self.begin()
        while (at := self._kept_at + len(self._kept)) < self._size:
            self._forward(at, min(self._size, at + _BLOCK))
        return Content(self._path, self._size, self._digest.hexdigest(), stamp=self._stamp)

    def _forward(self, begin: int, end: int) -> None:
        """Reads and hashes up to `end`, and keeps what lies behind `begin`."""
        while (at := self._kept_at + len(self._kept)) < end:
            to = begin if at < begin else end
            to = min(to, at + _BLOCK) if at < begin else to
            data = self._from_disk(at, min(to, self._end_at)) + self._end[max(0, at - self._end_at) : max(0, to - self._end_at)]
            self._digest.update(data)
            keep = self._kept[max(0, begin - self._kept_at) :] if at >= begin else b""
            self._kept, self._kept_at = keep + data, at - len(keep)

    def _from_disk(self, begin: int, end: int) -> bytes:
        if begin >= end:
            return b""
        self._stream.seek(begin)
        data = self._stream.read(end - begin)
        if len(data) < end - begin:
            raise OSError("it became shorter while it was read")
        return data
