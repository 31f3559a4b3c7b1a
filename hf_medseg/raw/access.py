"""Bytes of what lies at a local path or an fsspec URL: whole, from any place on, and how it is told that they changed.

Every call opens the file for itself and has a position of its own: nothing that another process or thread could move, nothing that is left
open in the caller's process, and always what lies there now.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from typing import IO, Any


def open_raw(path: str) -> IO[bytes]:
    """Opens a local path or an fsspec URL for reading."""
    if "://" in path:
        import fsspec

        opened: IO[bytes] = fsspec.open(path, "rb").open()
        return opened
    return open(path, "rb")


def whole(path: str, head: int | None) -> bytes:
    """A plain file, or its first bytes; of a URL in one request."""
    if "://" in path:
        import fsspec

        system, inside = fsspec.core.url_to_fs(path)
        data: bytes = system.cat_file(inside, end=head)
        return data
    if head is None:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))  # where thousands are looked at, a file object is most of the time
    try:
        return os.read(handle, head)
    finally:
        os.close(handle)


def bytes_at(path: str, start: int, length: int) -> bytes:
    """Bytes of a file from `start` on; fewer at its end."""
    if "://" in path:
        import fsspec

        system, inside = fsspec.core.url_to_fs(path)
        stored: bytes = system.cat_file(inside, start=start, end=start + length)
        return stored
    with open(path, "rb", buffering=0) as file:
        file.seek(start)
        return file.read(length)


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
