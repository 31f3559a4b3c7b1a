"""Keeps the libraries that read pictures and tables from talking on the user's terminal."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# They speak through handlers of their own, or through the root logger's last resort, which writes to stderr.
_TALKING = ("PIL", "PIL.TiffImagePlugin", "PIL.PngImagePlugin", "tifffile", "pydicom", "nibabel.global", "highdicom", "imagecodecs")


@contextmanager
def quiet() -> Iterator[None]:
    """No warning and no log line of a library while a file is read: odd metadata is dropped anyway, and may quote somebody's name.

    What matters of a file is said by this package, by the file's name. Warnings and loggers are as before afterwards.
    """
    logs = [logging.getLogger(name) for name in _TALKING]
    before = [log.disabled for log in logs]
    try:
        for log in logs:
            log.disabled = True
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for log, disabled in zip(logs, before, strict=True):
            log.disabled = disabled
