"""What texts must hold for a pattern to be found in any of them: most patterns need no search then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)

# Every digit is one for all. These four are not told from the letters of ASCII where the case of letters does not count.
_ALIKE = str.maketrans("123456789\u0130\u0131\u017f\u212a", "000000000iisk")


def _plain(text: str) -> str:
    """A text in which letters that differ in their case, and digits, are the same."""
    return text.translate(_ALIKE).lower()


class Literals:
    """Texts, of which it is told at once whether a pattern can be found in any: names that differ in their numbers are one to it."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._alike = set(_plain("\n".join(texts)).split("\n"))
        self._text = "\n".join(self._alike)

    def under(self, above: str) -> Literals:
        """Those of the same texts that all begin with some more letters."""
        return Literals(above + text for text in self._alike)

    def allow(self, pattern: str) -> bool:
        """Whether the letters are there that every match of a pattern has; else no text holds a match, in whatever case of letters."""
        return all(any(literal in self._text for literal in choices) for choices in _needed(pattern))


@cache
def _needed(pattern: str) -> tuple[tuple[str, ...], ...]:
    """Pieces of text, of which every match has one of each; the longest first."""
    return tuple(sorted(_choices(parser.parse(pattern)), key=_least, reverse=True))


def _least(choices: Collection[str]) -> int:
    return min(map(len, choices))


def _choices(items: Iterable[tuple[Any, Any]]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    run = ""
    for code, value in _flat(items):
        if code is ops.LITERAL and value < 128 and value != ord("\n"):
            run += _plain(chr(value))
            continue
        found += [(run,)] * bool(run)
        run = ""
        if code is ops.BRANCH:
            branches = [_choices(branch) for branch in value[1]]
            if all(branches):
                found.append(tuple(one for branch in branches for one in max(branch, key=_least)))
        elif code in _REPEATS and value[0]:
            found += _choices(value[2])
    return found + [(run,)] * bool(run)


def _flat(items: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """The items with those in groups in the place of the groups."""
    for code, value in items:
        if code is ops.SUBPATTERN:
            yield from _flat(value[3])
        else:
            yield code, value
