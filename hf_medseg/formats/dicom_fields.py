"""The fields of a DICOM object, read through `pydicom` without a word of them reaching warnings, logs or messages."""

from __future__ import annotations

import io
import logging
import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from hf_medseg.errors import MissingExtra, Rejected

T = TypeVar("T")


def words(text: str) -> tuple[str, ...]:
    """The words of a text, for lists of names."""
    return tuple(text.split())


def library() -> Any:
    """The library `pydicom`.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import pydicom
    except ImportError as error:
        raise MissingExtra("pydicom", "dicom") from error
    return pydicom


@contextmanager
def quietly() -> Iterator[None]:
    """Keeps the library from quoting header values in warnings and logs: they may be somebody's name."""
    log = logging.getLogger("pydicom")
    before, log.disabled = log.disabled, True
    try:
        with warnings.catch_warnings(), library().config.disable_value_validation():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.disabled = before


def is_dicom(data: bytes) -> bool:
    """Whether bytes begin like DICOM: after a preamble, or, in files without one, at once with the group of the file or of its ids."""
    if data[128:132] == b"DICM" or data[:6] == b"\x02\0\0\0UL":
        return True
    return data[:2] == b"\x08\x00" and data[2:4] in (b"\x00\x00", b"\x01\x00", b"\x05\x00", b"\x08\x00")


@cache
def tags_of(keywords: tuple[str, ...]) -> list[Any]:
    """The tags of these fields."""
    return [library().tag.Tag(keyword) for keyword in keywords]


def items_of(dataset: Any, keyword: str) -> list[Any]:
    """The values of a header field; none where it is absent, empty, or cannot be read."""
    try:
        value = getattr(dataset, keyword, None)
    except Exception:  # a value that is not what its field promises: as good as absent
        value = None
    if value is None or value == "":
        return []
    return [value] if isinstance(value, (str, bytes, int, float)) else list(value)


def text_of(dataset: Any, keyword: str) -> str:
    """The first value of a header field as text; empty where there is none."""
    items = items_of(dataset, keyword)
    return str(items[0]).strip(" \0") if items else ""


def number_of(dataset: Any, keyword: str) -> float | None:
    """The first value of a header field as a finite number."""
    vector = vector_of(dataset, keyword)
    return vector[0] if vector else None


def whole_of(dataset: Any, keyword: str) -> int | None:
    """The first value of a header field as a whole number."""
    value = number_of(dataset, keyword)
    return int(value) if value is not None and value == int(value) else None


def vector_of(dataset: Any, keyword: str, length: int | None = None) -> tuple[float, ...] | None:
    """The values of a header field as finite numbers, None where they are not, or not as many as stated."""
    try:
        found = tuple(float(one) for one in items_of(dataset, keyword))
    except (TypeError, ValueError):
        return None
    return found if found and all(map(math.isfinite, found)) and len(found) == (length or len(found)) else None


def open_dataset(data: bytes, path: str, keywords: tuple[str, ...]) -> Any:
    """A DICOM object with the named fields alone. What reads its values belongs into `guarded`.

    Raises:
        Rejected: the bytes are not DICOM, or damaged.
    """
    if not is_dicom(data):
        raise Rejected(path, "it is not a DICOM file.", "Fetch it again; a saved web page or a cut file looks so.")
    return guarded(
        path, lambda: library().dcmread(io.BytesIO(data), force=True, specific_tags=tags_of(keywords)), "its DICOM header is damaged"
    )


def guarded(path: str, action: Callable[[], T], what: str) -> T:
    """The result of something that damaged bytes may make fail in any way; the text of an error may quote a header and is dropped.

    Raises:
        Rejected: it failed.
    """
    try:
        with quietly():
            return action()
    except (Rejected, MissingExtra, MemoryError):
        raise
    except Exception as error:
        raise Rejected(path, f"{what} ({type(error).__name__}).", "Fetch the file again.") from None
