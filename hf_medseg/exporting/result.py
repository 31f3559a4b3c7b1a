"""What an export did, and what it had to leave behind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Export:
    """What an export did.

    Attributes:
        to: the layout.
        out: the folder that was written.
        cases: how many cases were written, by split.
        left_out: how many cases were not, by the reason.
        notes: what the layout cannot say, and how it was said instead.
        rejected: cases that are wrong: `image_id`, `expected`, `advice`.
    """

    to: str
    source: str
    edition: str
    config: str
    license: str
    tier: str
    out: Path
    cases: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    rejected: list[dict[str, str]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether something was written and nothing was wrong."""
        return bool(self.cases) and not self.rejected

    @property
    def gated(self) -> bool:
        """Whether the data may not be passed on."""
        return self.tier not in ("open", "noncommercial")
