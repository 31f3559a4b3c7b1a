"""Markdown of a card: tables and lists."""

from __future__ import annotations

from collections.abc import Sequence


def table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table, without lines of which only the first cell says something and columns that say nothing."""
    filled = [line for line in lines if any(line[1:])]
    kept = [k for k in range(len(header)) if any(line[k] for line in filled)]
    rows = [header, ["---"] * len(header), *filled]
    return "\n".join("| " + " | ".join(_cell(row[k]) for k in kept) + " |" for row in rows)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def bullets(texts: Sequence[str]) -> str:
    """A list of points."""
    return "\n".join(f"- {text}" for text in texts)


def numbered(texts: Sequence[str]) -> str:
    """A numbered list."""
    return "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))
