"""OmniMedicalSearch: a page of links to other sites; nothing of its own to convert."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of
from hf_medseg.raw.tree import Raw


def cases(raw: Raw) -> Iterator[Case]:
    """None: there is no raw tree."""
    yield from ()


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(),
    ),
    cases,
)
