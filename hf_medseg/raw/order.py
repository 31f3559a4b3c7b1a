"""Natural order: runs of digits compare as numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

_DIGITS = re.compile(r"([0-9]+)")


class _Padded(dict[str, str]):
    """Digits so that longer numbers come after shorter ones, whatever their length; short ones are remembered."""

    def __missing__(self, digits: str) -> str:
        bare = digits.lstrip("0")
        padded = f"{len(bare):03d}{bare}"
        if len(digits) < 5:
            self[digits] = padded
        return padded


_PADDED = _Padded()


def natural(text: str) -> str:
    """A sort key that compares runs of digits as numbers; the text itself breaks ties."""
    parts = _DIGITS.split(text)
    parts[1::2] = map(_PADDED.__getitem__, parts[1::2])
    return "".join(parts) + "\0" + text


_ALIKE = str.maketrans("123456789", "000000000")


def in_natural_order(items: Iterable[T], text: Callable[[T], str]) -> list[T]:
    """The items by `natural` of their text. Names that differ in single digits alone, as most do, are in that order as letters are."""
    by_text = sorted(items, key=text)
    if len(set("\n".join(map(text, by_text)).translate(_ALIKE).split("\n"))) < 2:
        return by_text
    return sorted(by_text, key=lambda one: natural(text(one)))


def natural_key(key: str | tuple[str | None, ...]) -> str:
    """`natural` for the keys of `Raw.find`."""
    return natural("\1".join(part or "" for part in key) if isinstance(key, tuple) else key)
