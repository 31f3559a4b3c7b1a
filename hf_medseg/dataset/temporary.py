"""Temporary folders that nothing leaves behind: a process that is killed cannot delete its own, so the next one that makes one does.

A folder belongs to whoever holds the system's lock on a file in it, which ends with the process (and the workers that it forked), however
that ends.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

_PREFIX, _LOCK, _INSIDE = "hf_medseg-", "lock", "files"


_HELD_BY_OTHERS = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


@contextlib.contextmanager
def temporary_folder(above: Path | None = None) -> Iterator[Path]:
    """A folder of this process alone, empty at first and gone at the end; those of processes that were killed go as well.

    Args:
        above: where it is made, for what is moved from there; the system's temporary folder if None.

    Raises:
        OSError: no temporary folder can be written to.
    """
    above = above or Path(tempfile.gettempdir())
    _sweep(above)
    folder, lock = _take(above)
    try:
        yield folder / _INSIDE
    finally:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


def _take(above: Path) -> tuple[Path, int]:
    """A new folder, and its lock. Nobody sweeps a folder that has no room inside, so it gets that when it is locked."""
    while True:
        folder = above / f"{_PREFIX}{uuid.uuid4().hex}"
        folder.mkdir(mode=0o700)
        if (lock := _lock(folder, new=True)) is not None:
            (folder / _INSIDE).mkdir()
            return folder, lock


def _sweep(above: Path) -> None:
    """Deletes the folders whose process is no more."""
    for folder in above.glob(_PREFIX + 32 * "[0-9a-f]"):
        if not folder.is_symlink() and (folder / _INSIDE).is_dir() and (lock := _lock(folder)) is not None:
            os.close(lock)
            shutil.rmtree(folder, ignore_errors=True)


def _lock(folder: Path, *, new: bool = False) -> int | None:
    """The lock of a folder; None if somebody else has it, or the folder is gone or not ours.

    Where a file system has no locks, a new folder does without one, and nobody's is ever taken for one that was left.
    """
    path = folder / _LOCK
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError:
        return None
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file), os.stat(path)):
            return file
    except OSError as error:
        if new and error.errno not in _HELD_BY_OTHERS:
            return file
    os.close(file)
    return None
