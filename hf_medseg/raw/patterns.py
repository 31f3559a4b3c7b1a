"""Patterns over the ends of paths, by which a source finds its files in a tree of any depth."""

from __future__ import annotations

import re

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
