"""One conversion at a time in an output folder, and nobody reads there meanwhile; a crash leaves nothing behind that blocks.

The lock is the operating system's, on the empty file `OUT/.local/lock`. It belongs to the process: it ends with it, however that ends, and
forked workers do not inherit it (so it is `fcntl.lockf`, since `flock`, as `filelock` has it, would live on in a worker that nobody ended).
Object stores have no such locks, nor have some network file systems and folders that may not be written to: there it is the user's to
see to it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.storage import is_local
from hf_medseg.errors import Refused

_HELD_BY_OTHERS = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


@dataclass
class _Held:
    """A lock of this process: locks of the system do not tell its threads apart, and closing the file anywhere would end them."""

    file: int
    writing: bool
    users: int = 1


_held: dict[str, _Held] = {}
_guard = threading.Lock()


@contextlib.contextmanager
def writing(target: Output) -> Iterator[None]:
    """Keeps every other conversion, and everybody who reads, out of the folder, which is made if it is not there.

    Raises:
        Refused: a conversion is running in it, or somebody is reading it.
    """
    if not is_local(target.root):
        yield
        return
    target.local.mkdir(parents=True, exist_ok=True)
    with _hold(target, write=True):
        yield


@contextlib.contextmanager
def reading(target: Output) -> Iterator[None]:
    """Keeps conversions out of the folder; others may read it too.

    Raises:
        Refused: a conversion is running in it.
    """
    if not is_local(target.root) or not target.local.is_dir():
        yield
        return
    with _hold(target, write=False):
        yield


def is_there(target: Output) -> bool:
    """Whether a conversion has locked the folder before: it is one of ours."""
    return is_local(target.root) and _path(target).is_file()


def _path(target: Output) -> Path:
    return target.local / "lock"


@contextlib.contextmanager
def _hold(target: Output, *, write: bool) -> Iterator[None]:
    path = os.path.realpath(_path(target))
    with _guard:
        held = _held.get(path)
        if held is not None and (write or held.writing):
            raise Refused(_busy(target, held.writing))
        if held is not None:
            held.users += 1
        elif (file := _open(path, write)) is not None:
            if not _lock(file, write):
                os.close(file)
                raise Refused(_busy(target, not write))
            held = _held[path] = _Held(file, write)
    try:
        yield
    finally:
        with _guard:
            if held is not None:
                held.users -= 1
                if not held.users:
                    del _held[path]
                    os.close(held.file)


def _busy(target: Output, writing: bool) -> str:
    if writing:
        return f"A conversion is running in {target.root}. Wait until it has ended; one that was killed does not block."
    return f"{target.root} is being read or written by another process of hf_medseg. Wait until it has ended."


def _open(path: str, write: bool) -> int | None:
    """The lock's file; None where it may not be written to."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
    except OSError:
        if write:
            raise
        return None


def _lock(file: int, write: bool) -> bool:
    """Whether the lock could be had; a file system that has none does not hinder anybody."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # readers exclude each other there
        else:
            import fcntl

            fcntl.lockf(file, (fcntl.LOCK_EX if write else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _HELD_BY_OTHERS
    return True


def _without_locks() -> None:
    """After a fork: a child has none of the locks, of which its copy of the table would say otherwise.

    Closing its copies of the files does no harm. The guard may have been another thread's, which is not there to give it back.
    """
    global _guard
    _guard = threading.Lock()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_without_locks)
