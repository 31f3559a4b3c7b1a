"""JSON files of any length, element by element: only one element is an object in memory at a time, and only a part of the text."""

from __future__ import annotations

import codecs
import json
import mmap as mmap_module
import re
from collections.abc import Iterator
from mmap import mmap
from typing import Any

from hf_medseg.errors import Rejected

_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_LET_GO: int | None = getattr(mmap_module, "MADV_DONTNEED", None)
PART = 1 << 24  # bytes that are text at a time


def elements(data: bytes | mmap, path: str) -> Iterator[tuple[str, Any, str]]:
    """What the object at the top of a JSON file holds, in order.

    Args:
        data: the file.
        path: its path, for messages.

    Yields:
        (key, element, its text) for every element of a list; (key, value, its text) for every other value.

    Raises:
        Rejected: it is no JSON, or no object.
    """
    try:
        yield from _elements(_Text(data))
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise Rejected(path, f"a JSON file expected ({what}).", "Export it again; it was cut or changed on the way.") from error


def text_of(data: bytes) -> str:
    """The text of a JSON file: UTF-8, with or without a mark, or UTF-16."""
    return data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else json.detect_encoding(data))


class _Text:
    """The text of a file from some letter on; more of it is decoded when it is needed, and what was read is forgotten."""

    def __init__(self, data: bytes | mmap) -> None:
        head = bytes(data[:4])
        encoding = "utf-8-sig" if head.startswith(b"\xef\xbb\xbf") else json.detect_encoding(head)
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._data, self._next, self._gone = data, 0, 0
        self.part, self.at = "", 0

    def more(self) -> bool:
        """Decodes more, as much again as there is; whether there was any."""
        if self._next >= len(self._data):
            return False
        end = min(self._next + max(PART, len(self.part) - self.at), len(self._data))
        self._gone += self.at
        self.part = self.part[self.at :] + self._decoder.decode(bytes(self._data[self._next : end]), final=end == len(self._data))
        self.at, self._next = 0, end
        if isinstance(self._data, mmap) and _LET_GO is not None:  # what was read need not stay in memory
            self._data.madvise(_LET_GO, 0, end)
        return True

    def begins(self, mark: str) -> bool:
        """Whether a letter comes next, after any blanks."""
        while True:
            found = _BLANK.match(self.part, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.part) or not self.more():
                return self.part.startswith(mark, self.at)

    def pass_by(self, mark: str) -> None:
        """Goes past a letter and the blanks around it.

        Raises:
            ValueError: another one comes next.
        """
        if not self.begins(mark):
            raise ValueError(f"{mark!r} expected at letter {self._gone + self.at}")
        self.at += 1

    def value(self) -> tuple[Any, str]:
        """The value that comes next, and its text.

        Raises:
            ValueError: none does.
        """
        self.begins("")
        while True:
            try:
                value, end = _DECODER.raw_decode(self.part, self.at)
            except json.JSONDecodeError as error:
                if self.more():  # it may have been cut
                    continue
                raise ValueError(f"{error.msg} at letter {self._gone + error.pos}") from None
            if end == len(self.part) and self.more():  # a number may go on
                continue
            text, self.at = self.part[self.at : end], end
            return value, text


def _elements(text: _Text) -> Iterator[tuple[str, Any, str]]:
    text.pass_by("{")
    while True:
        key, _ = text.value()
        if not isinstance(key, str):
            raise ValueError("the name of a value expected")
        text.pass_by(":")
        if text.begins("["):
            text.pass_by("[")
            while not text.begins("]"):
                yield key, *text.value()
                _comma(text, "]")
            text.pass_by("]")
        else:
            yield key, *text.value()
        _comma(text, "}")
        if text.begins("}"):
            return


def _comma(text: _Text, end: str) -> None:
    """Past a comma, or at the mark that ends a list or an object."""
    if not text.begins(end):
        text.pass_by(",")
        if text.begins(end):
            raise ValueError(f"a value expected before {end!r}")


_TOP_KEY = re.compile(r'"((?:[^"\\]|\\.)*)"[ \t\r\n]*:')


def keys_in(head: bytes) -> set[str]:
    """The names of the values at the top of a JSON object, as far as the beginning of a file shows them; none of any other file."""
    text, found, depth, at = head.decode("utf-8-sig", "ignore"), set[str](), 0, 0
    for piece in re.finditer(r'"(?:[^"\\]|\\.)*"?|[][{}]', text):
        if piece[0] in "{[":
            if depth == 0 and (piece[0] != "{" or text[: piece.start()].strip()):
                return set()
            depth += 1
        elif piece[0] in "}]":
            depth -= 1
        elif depth == 1 and piece.start() >= at and (match := _TOP_KEY.match(text, piece.start())):
            found.add(match[1])
            at = match.end()
    return found
