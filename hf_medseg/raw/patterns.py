"""Patterns over the ends of paths, by which a source finds its files in a tree of any depth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_LITERAL = r"(?:(?<!\\)[A-Za-z0-9_ /-]|\\\.)"
_TAIL = re.compile(rf"({_LITERAL}*)\(\?:({_LITERAL}+(?:\|{_LITERAL}+)*)\)(\??)\Z|({_LITERAL}+)\Z")


def _ends(pattern: str) -> tuple[str, ...]:
    """What a path must end in to match: the letters at the end of the pattern, or of each choice of the group there."""
    tail = _TAIL.search(pattern)
    if tail is None or re.search(r"\|(?![^()]*\))", pattern):
        return ("",)
    before, choices, maybe, letters = tail.groups()
    found = [letters] if letters else [before + choice for choice in choices.split("|")] + ([before] if maybe else [])
    return tuple(end.replace("\\.", ".") for end in found)


class Pattern:
    """A regular expression over the end of a path, at the beginning of any folder; a look at the last letters saves most searches."""

    def __init__(self, pattern: str) -> None:
        self._expression = re.compile(rf"(?:\A|(?<=/)){pattern}\Z")
        self.ends = _ends(pattern)
        self.groups = self._expression.groups

    def search(self, path: str) -> re.Match[str] | None:
        """The match at the end of a path, if there is one."""
        return self._expression.search(path) if path.endswith(self.ends) else None

    def matches_any(self, paths: Iterable[str]) -> bool:
        """Whether any of the paths ends in a match."""
        ends, search = self.ends, self._expression.search
        return any(search(path) for path in paths if path.endswith(ends))


# So many paths are looked at in one step, for so many patterns: of some hundreds Arrow's engine makes no automaton any more and gets slow.
_STEP, _TOGETHER = 1 << 16, 64

# What the two engines read differently.
_OTHERWISE_IN_RE2 = re.compile(r"\{,|\[\[|\\s")


def found_in(paths: Sequence[str], patterns: Iterable[str]) -> set[str]:
    """The patterns (see `Pattern`) of which any path ends in a match.

    Many are looked for at once, by the engine that comes with Arrow. It leads to the first path that any of them matches; Python's engine
    tells which, and these are not looked for any more. What the two may read differently is left to Python's: paths with letters beyond
    ASCII, and patterns with looks around and references.
    """
    asked = {name: Pattern(name) for name in patterns}
    for_both = [name for name in asked if _is_for_both(name)]
    odd = [path for path in paths if not path.isascii()]
    found = {name for name, pattern in asked.items() if pattern.matches_any(odd if name in for_both else paths)}
    for start in range(0, len(paths), _STEP):
        plain = _array([path for path in paths[start : start + _STEP] if path.isascii()])
        for number in range(0, len(for_both), _TOGETHER):
            batch, rest = for_both[number : number + _TOGETHER], plain
            while (left := [name for name in batch if name not in found]) and (first := _first(rest, left)) >= 0:
                path = rest[first].as_py()
                found.update(name for name in left if asked[name].search(path))
                rest = rest[first + 1 :]
    return found


def _array(texts: Sequence[str]) -> pa.Array:
    """Texts of ASCII for Arrow's engine; `pa.array`, and `pc.index`, would load pandas where it is installed: half a second and 20 MB."""
    ends = np.zeros(len(texts) + 1, np.int32)
    np.cumsum([len(text) for text in texts], out=ends[1:])
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer("".join(texts).encode("ascii")))


def _first(paths: Any, patterns: Iterable[str]) -> int:
    """Where the first path stands in an array of them that ends in a match of any pattern; -1 if none does."""
    hits = pc.indices_nonzero(pc.match_substring_regex(paths, _in_re2(patterns)))
    return int(hits[0].as_py()) if len(hits) else -1


def _in_re2(patterns: Iterable[str]) -> str:
    return "|".join(rf"(?:(?:^|/){pattern}\z)" for pattern in patterns)


@cache
def _is_for_both(pattern: str) -> bool:
    """Whether Arrow's engine reads a pattern as Python's does."""
    if _OTHERWISE_IN_RE2.search(pattern):
        return False
    try:
        pc.match_substring_regex(_array([""]), _in_re2([pattern]))
    except pa.ArrowInvalid:
        return False
    return True
