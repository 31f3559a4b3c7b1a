"""How far a long job is, as it tells whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Progress(NamedTuple):
    """How far a job is.

    Attributes:
        stage: what is being done: `survey`, `compare`, `convert`, `verify` or `fetching`.
        done: cases, shards or files that are done.
        of: how many there are in all.
        read: bytes that are done.
        of_bytes: bytes in all.
    """

    stage: str
    done: int
    of: int
    read: int
    of_bytes: int


Tell = Callable[[Progress], object]
"""Told how far a job is, now and then."""
