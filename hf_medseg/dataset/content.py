"""What a file holds, by its hashes, and how to tell later whether it still does: what is checked is what is published."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hf_medseg.dataset.storage import is_local

Stamp = tuple[int, ...]


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


def large_file(path: Path, file: Any, stamp: Stamp) -> Content:
    """The content of an open file that is too large to keep.

    Args:
        path: where it lies.
        file: the same file, open for reading, to be read once more from its start.
        stamp: of the open file, taken before anything was read from it.
    """
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while block := file.read(1 << 22):
        digest.update(block)
        size += len(block)
    return Content(path, size, digest.hexdigest(), stamp=stamp)
