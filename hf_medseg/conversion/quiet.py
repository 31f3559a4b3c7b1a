"""Keeps the libraries that read pictures and tables from talking on the user's terminal."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

# They speak through handlers of their own, or through the root logger's last resort, which writes to stderr.
_TALKING = ("PIL", "PIL.TiffImagePlugin", "PIL.PngImagePlugin", "tifffile", "pydicom", "nibabel.global", "highdicom", "imagecodecs")


@contextmanager
def quiet() -> Iterator[None]:
    """No warning and no log line of a library while a file is read: odd metadata is dropped anyway, and may quote somebody's name.

    What matters of a file is said by this package, by the file's name. Warnings and loggers are as before once no thread reads any more.
    """
    _silence.enter()
    try:
        yield
    finally:
        _silence.leave()


class _Silence:
    """Warnings and loggers belong to the process: the first thread that reads stores how they were, the last one gives them back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._here = threading.local()  # how often this thread is inside
        self._inside = 0  # how often all of them are
        self._before = ExitStack()

    def enter(self) -> None:
        with self._lock:
            if not self._inside:
                self._before.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")
                for log in map(logging.getLogger, _TALKING):
                    self._before.callback(setattr, log, "disabled", log.disabled)
                    log.disabled = True
            self._inside += 1
            self._here.times = getattr(self._here, "times", 0) + 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            self._here.times -= 1
            if not self._inside:
                self._before.close()

    def alone(self) -> None:
        """After a fork: the threads that read beside this one are not there any more, and nobody else gives back what they took."""
        self._lock = threading.Lock()
        self._inside = getattr(self._here, "times", 0)
        if not self._inside:
            self._before.close()


_silence = _Silence()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_silence.alone)
