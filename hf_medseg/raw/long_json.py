"""JSON files of any length, element by element: only one element is an object in memory at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from hf_medseg.errors import Rejected

_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def elements(data: bytes, path: str) -> Iterator[tuple[str, Any, str]]:
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
        yield from _elements(text_of(data))
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise Rejected(path, f"a JSON file expected ({what}).", "Export it again; it was cut or changed on the way.") from error


def text_of(data: bytes) -> str:
    """The text of a JSON file: UTF-8, with or without a mark, or UTF-16."""
    return data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else json.detect_encoding(data))


def _elements(text: str) -> Iterator[tuple[str, Any, str]]:
    at = _opened(text, 0, "{")
    while True:
        key, at = _DECODER.raw_decode(text, at)
        if not isinstance(key, str):
            raise ValueError(f"the name of a value expected at letter {at}")
        at = _opened(text, at, ":")
        if text.startswith("[", at):
            at = _opened(text, at, "[")
            while not text.startswith("]", at):
                value, end = _DECODER.raw_decode(text, at)
                yield key, value, text[at:end]
                at = _next(text, end, "]")
            at = _blank(text, at + 1)
        else:
            value, end = _DECODER.raw_decode(text, at)
            yield key, value, text[at:end]
            at = _blank(text, end)
        at = _next(text, at, "}")
        if text.startswith("}", at):
            return


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _opened(text: str, at: int, mark: str) -> int:
    at = _blank(text, at)
    if not text.startswith(mark, at):
        raise ValueError(f"{mark!r} expected at letter {at}")
    return _blank(text, at + 1)


def _next(text: str, at: int, end: str) -> int:
    """Past a comma, or at the mark that ends a list or an object."""
    at = _blank(text, at)
    if text.startswith(end, at):
        return at
    at = _opened(text, at, ",")
    if text.startswith(end, at):
        raise ValueError(f"a value expected at letter {at}")
    return at


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
