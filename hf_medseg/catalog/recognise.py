"""Which source or edition a raw tree is."""

from __future__ import annotations

from hf_medseg.catalog.lookup import sources
from hf_medseg.catalog.source import Edition, Source
from hf_medseg.raw.tree import Raw


def matches(edition: Edition, raw: Raw) -> bool:
    """Whether a raw tree is this edition, by its landmarks."""
    return all(raw.has(mark) for mark in edition.landmarks) and not any(raw.has(mark) for mark in edition.not_landmarks)


def looks_like(raw: Raw) -> list[Source]:
    """The sources that a raw tree looks like, by their own file names and tables."""
    return [source for source in sources().values() if any(raw.has(mark) for mark in source.signature)]
