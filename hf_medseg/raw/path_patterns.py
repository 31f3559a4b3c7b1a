"""Patterns of paths as users write them: `{patient}/{stem}_{structure}.png`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from hf_medseg.errors import Refused

_TOKEN = re.compile(r"\{([^{}]*)\}|(\*)|([^{}*]+|[{}])")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_EXAMPLE = '"{patient}/{stem}_{structure}.png"'


def _piece(token: re.Match[str]) -> tuple[str, str]:
    name, star, literal = token.groups()
    if literal is not None:
        return ("text", literal.lower())
    return ("any", "") if star else ("name", name)


@dataclass(frozen=True)
class PathPattern:
    """The end of a path, in which names in braces stand for what differs, and `*` for anything that means nothing.

    It may begin at any folder. Neither a name nor `*` reaches over a `/`; a name is never empty, and means the same text wherever it
    occurs. Capital and small letters count in names alone.
    """

    text: str

    @classmethod
    def of(cls, text: str, where: str) -> PathPattern:
        """Reads a pattern.

        Args:
            text: the pattern.
            where: the file and key that says it, for messages.

        Raises:
            Refused: it is none.
        """
        pattern, parts = cls(text), text.split("/")
        example = f"such as {_EXAMPLE}."
        if not text or not all(parts):
            raise Refused(f"{where} must be the end of a path, without a / before or behind it, {example}")
        for part in parts:
            tokens = [match.groups() for match in _TOKEN.finditer(part)]
            for name, _, literal in tokens:
                if literal in ("{", "}") or (name is not None and not _NAME.fullmatch(name)):
                    raise Refused(f"{where}: {part!r} must hold names in braces, in small letters, {example}")
            kinds = [literal is None for _, _, literal in tokens]
            if any(one and other for one, other in itertools.pairwise(kinds)):
                raise Refused(f"{where}: in {part!r} nothing stands between two names: where one ends cannot be told, {example}")
        if not pattern.names:
            raise Refused(f"{where} must hold a name in braces for what differs from file to file, {example}")
        return pattern

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names in it, each once."""
        return tuple(dict.fromkeys(match[1] for match in _TOKEN.finditer(self.text) if match[1]))

    @cached_property
    def _parts(self) -> list[list[tuple[str, str]]]:
        """(kind, text) of every piece of every part between slashes."""
        return [[_piece(token) for token in _TOKEN.finditer(part)] for part in self.text.split("/")]

    @cached_property
    def _quick(self) -> re.Pattern[str]:
        """What a path must look like; whether a name means the same everywhere is not looked at."""
        stands_for = {"name": "[^/]+", "any": "[^/]*"}
        parts = ("".join(stands_for.get(kind) or re.escape(text) for kind, text in part) for part in self._parts)
        return re.compile(rf"(?:\A|.*/){'/'.join(parts)}\Z", re.IGNORECASE | re.DOTALL)

    def readings(self, path: str) -> Iterator[tuple[int, dict[str, str]]]:
        """Every way to read a path: where the match begins, and the text of each name; a name that stands first is longest first."""
        if self._quick.match(path) is None:
            return
        folders = path.split("/")
        own = folders[-len(self._parts) :]
        start = len(path) - len("/".join(own))
        for found in _through(self._parts, own, {}):
            yield start, found

    def read(
        self, path: str, shared: Collection[str] = (), known: Collection[tuple[str, ...]] | None = None
    ) -> tuple[int, dict[str, str]] | None:
        """The way to read a path that fits what is known; None where there is none.

        Args:
            path: the path.
            shared: names that must have a known meaning.
            known: what they may mean, in their order; None for anything.

        Returns:
            Where the match begins, and the text of each name. Of several ways the one with the longest text for the shared names: beside
            `a.png` and `a_1.png`, `a_1_mask.png` belongs to the latter.
        """
        fitting = [one for one in self.readings(path) if known is None or tuple(one[1][name] for name in shared) in known]
        return max(fitting, key=lambda one: sum(len(one[1][name]) for name in shared), default=None)


def _through(parts: list[list[tuple[str, str]]], folders: list[str], bound: dict[str, str]) -> Iterator[dict[str, str]]:
    if not parts:
        yield bound
        return
    for found in _within(parts[0], folders[0], bound):
        yield from _through(parts[1:], folders[1:], found)


def _within(pieces: list[tuple[str, str]], text: str, bound: dict[str, str]) -> Iterator[dict[str, str]]:
    """Every way to read one part between slashes."""
    if not pieces:
        if not text:
            yield bound
        return
    (kind, word), rest = pieces[0], pieces[1:]
    if kind == "text":
        if text.lower().startswith(word):
            yield from _within(rest, text[len(word) :], bound)
    elif word in bound:
        if text.startswith(bound[word]):
            yield from _within(rest, text[len(bound[word]) :], bound)
    else:
        least = 1 if kind == "name" else 0
        for end in range(len(text), least - 1, -1):
            if rest and not text[end:].lower().startswith(rest[0][1]):
                continue
            yield from _within(rest, text[end:], {**bound, word: text[:end]} if kind == "name" else bound)
            if not rest:
                break  # nothing else reaches the end
