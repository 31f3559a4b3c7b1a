"""Patterns of paths, for people: a path that one matches says more to a reader than the pattern."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_ALPHABETS = ("abcdefghijklmnopqrstuvwxyz0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "0123456789abcdef")
_WORDS = ("NAME", "name", "1")  # what stands for a run of any length
_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)


@cache
def example_path(pattern: str) -> str:
    r"""A short, readable path that a pattern of `Raw.find` matches: `Image_01L.jpg` for `Image_\d{2}[LR]\.(?i:jpe?g)`.

    The first of several choices is taken, what may be missing is left out, and numbers count from one. `NAME` stands for any text.
    """
    return _Example().of(parser.parse(pattern))


def such_as(patterns: Iterable[str]) -> str:
    """Patterns that must all match a file, in words: `a/1.png and b/1.png`."""
    paths = list(dict.fromkeys(map(example_path, patterns)))
    return " and ".join([", ".join(paths[:-1]), paths[-1]] if len(paths) > 1 else paths)


class _Example:
    """Writes out a parsed pattern; remembers its groups for references to them."""

    def __init__(self) -> None:
        self._groups: dict[int, str] = {}

    def of(self, items: Iterable[tuple[Any, Any]]) -> str:
        """A text that a sequence of items matches; neighbours that stand for one digit each make one number."""
        text, digits = "", 0
        for code, value in items:
            if code is ops.IN and _is_digit(value):
                digits += 1
                continue
            text += _number(digits) + self._one(code, value)
            digits = 0
        return text + _number(digits)

    def _one(self, code: Any, value: Any) -> str:
        if code is ops.LITERAL:
            return chr(value)
        if code is ops.IN and value[0][0] is ops.LITERAL:
            return chr(value[0][1])
        if code in (ops.IN, ops.NOT_LITERAL, ops.ANY):
            return _run(_fits(code, value), 1, 1)
        if code is ops.BRANCH:
            return self.of(value[1][0])
        if code is ops.SUBPATTERN:
            group, _, _, inner = value
            text = self.of(inner)
            if group is not None:
                self._groups[group] = text
            return text
        if code is ops.GROUPREF:
            return self._groups[value]
        if code is ops.ATOMIC_GROUP:
            return self.of(value)
        if code is ops.ASSERT:  # what has to stand before is written before; what has to follow may be called by its group
            text = self.of(value[1])
            return text if value[0] < 0 else ""
        return self._repeated(*value) if code in _REPEATS else ""

    def _repeated(self, least: int, most: Any, items: Sequence[tuple[Any, Any]]) -> str:
        if not least:
            return ""
        code, value = items[0]
        if len(items) == 1 and code is ops.IN and _is_digit(value):
            return _number(least)
        if len(items) == 1 and code in (ops.IN, ops.NOT_LITERAL, ops.ANY):
            return _run(_fits(code, value), least, most)
        return self.of(items) * least


def _is_digit(choices: Any) -> bool:
    return bool(choices == [(ops.CATEGORY, ops.CATEGORY_DIGIT)])


def _number(digits: int) -> str:
    return "1".zfill(digits) if digits else ""


def _fits(code: Any, value: Any) -> Callable[[str], bool]:
    """Whether every letter of a text is one that the item stands for; `/` never is where there is a choice."""
    if code is ops.ANY:
        return lambda text: "/" not in text
    choices = value if code is ops.IN else [(ops.NEGATE, None), (ops.LITERAL, value)]
    negated = choices[0][0] is ops.NEGATE
    return lambda text: "/" not in text and all(any(_in(letter, *one) for one in choices[negated:]) != negated for letter in text)


def _in(letter: str, code: Any, value: Any) -> bool:
    if code is ops.LITERAL:
        return bool(ord(letter) == value)
    if code is ops.RANGE:
        return bool(value[0] <= ord(letter) <= value[1])
    kinds = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
    name = str(value).removeprefix("CATEGORY_")
    return (re.match(kinds[name.removeprefix("NOT_")], letter) is not None) != name.startswith("NOT_")


def _run(fits: Callable[[str], bool], least: int, most: Any) -> str:
    """The most readable text of that many letters."""
    if most is ops.MAXREPEAT:
        for word in _WORDS:
            if len(word) >= least and fits(word):
                return word
    for alphabet in _ALPHABETS:
        if letters := [letter for letter in alphabet if fits(letter)]:
            return "".join(letters[number % len(letters)] for number in range(least))
    return next(letter for letter in map(chr, range(32, 127)) if fits(letter)) * least
