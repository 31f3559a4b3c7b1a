"""What reading a dataset back has shown: what is told of it, and what exactly was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from hf_medseg.dataset.content import Content
from hf_medseg.dataset.folder import (
    Output,
)
from hf_medseg.verification.findings import Finding
from hf_medseg.verification.shard import ShardFacts


@dataclass
class Verification:
    """What reading a dataset back has shown.

    Attributes:
        out: the output folder.
        rows: rows that were read, of all configs.
        problems: promises that do not hold.
        warnings: what is worth knowing and breaks no promise.
    """

    out: Path
    rows: int = 0
    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every promise holds."""
        return not self.problems


@dataclass
class Examined:
    """A dataset that was read once, from one end to the other: what was found wrong, and what exactly was read.

    Attributes:
        target: the output folder.
        result: what is told of it.
        shards: what every shard has shown.
        files: every file of the dataset as it was read, by its POSIX path in the folder; of a shard that could be read to its end.
    """

    target: Output
    result: Verification
    shards: list[ShardFacts] = field(default_factory=list)
    files: dict[str, Content] = field(default_factory=dict)

    def text(self, name: str) -> bytes | None:
        """The bytes of a small file; None where there is none."""
        found = self.files.get(name)
        return found.data if found else None
