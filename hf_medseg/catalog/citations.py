"""BibTeX, as far as it must be understood to cite: which entries a text holds, each kept as it is written."""

from __future__ import annotations

import re

from hf_medseg.errors import Refused

_START = re.compile(r"^[ \t]*@", re.MULTILINE)
_HEAD = re.compile(r"@[A-Za-z]+\s*\{\s*([^\s,{}]+)\s*[,}]")


def entries(text: str, where: str) -> dict[str, str]:
    """The BibTeX entries of a text by their key.

    Args:
        text: entries alone, with empty lines between them or not.
        where: the file, for messages.

    Raises:
        Refused: something else stands there, an entry has no key or is not closed, or a key occurs twice.
    """
    starts = [match.start() for match in _START.finditer(text)]
    if text[: starts[0] if starts else None].strip():
        raise Refused(f"{where}: {_line(text)!r} is no BibTeX entry; one begins like @article{{jones2020skin, .")
    found: dict[str, str] = {}
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        entry = text[start:end].strip()
        head = _HEAD.match(entry)
        if head is None:
            raise Refused(f"{where}: the entry {_line(entry)!r} has no key; one begins like @article{{jones2020skin, .")
        if head[1] in found:
            raise Refused(f"{where}: two entries have the key {head[1]!r}.")
        if (closed := _end(entry)) != len(entry):
            wrong = "its brackets { and } do not close it" if closed is None else f"{_line(entry[closed:])!r} follows on it"
            raise Refused(f"{where}: the entry {head[1]!r} is not whole: {wrong}.")
        found[head[1]] = entry
    return found


def _end(entry: str) -> int | None:
    """Where the brackets of an entry close, None where they do not."""
    depth = 0
    for bracket in re.finditer(r"(?<!\\)[{}]", entry):
        depth += 1 if bracket[0] == "{" else -1
        if depth == 0:
            return bracket.end()
    return None


def _line(text: str) -> str:
    return text.strip().splitlines()[0][:60]
