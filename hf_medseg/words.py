"""How numbers are said."""

from __future__ import annotations


def counted(number: int, noun: str, nouns: str = "") -> str:
    """A number with what it counts: `1 file`, `1,214 files`.

    Args:
        number: how many.
        noun: what one of them is called.
        nouns: what several are called, where it is more than the noun with an s.
    """
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"
