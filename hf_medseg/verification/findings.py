"""Promises that do not hold, and how many of a kind are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

REMAKE = "Delete this shard and run the same `hf-medseg convert` again: it makes what is missing."
CONVERT = "Run the same `hf-medseg convert` again: it writes this file anew and keeps finished shards."
# A dataset that is wrong everywhere is told in a few lines, not in millions.
FINDINGS_OF_A_KIND = 20


@dataclass(frozen=True)
class Finding:
    """One promise that does not hold.

    Attributes:
        check: short name of the promise.
        where: file inside the output folder.
        row: `image_id` of the row, or its number where the id cannot be read; empty where it is about the file.
        expected: what was expected and what was found.
        advice: what to do now.
    """

    check: str
    where: str
    row: str
    expected: str
    advice: str

    def __str__(self) -> str:
        return f"{self.where}{f', row {self.row}' if self.row else ''}: {self.expected} {self.advice}".strip()


@dataclass
class Findings:
    """Collects findings; of each kind in each file the first ones, and the number of the others."""

    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    _seen: Counter[tuple[str, str, bool]] = field(default_factory=Counter)

    def wrong(self, check: str, where: str, expected: str, advice: str = CONVERT, row: str = "") -> None:
        """Adds a promise that does not hold."""
        self._add(self.problems, Finding(check, where, row, expected, advice), False)

    def warn(self, check: str, where: str, expected: str, advice: str = "", row: str = "") -> None:
        """Adds something worth knowing."""
        self._add(self.warnings, Finding(check, where, row, expected, advice), True)

    def guarded(self, where: str, check: Callable[..., None], *given: Any) -> None:
        """Runs a check; one that breaks off on damaged content is a finding itself."""
        try:
            check(self, *given)
        except Exception as error:  # damage has many forms, and none may end the verification
            self.wrong("readable", where, f"cannot be checked ({type(error).__name__}: {error}).")

    def close(self) -> None:
        """Says how many findings of a kind were left off."""
        for (check, where, warning), count in self._seen.items():
            if count > FINDINGS_OF_A_KIND:
                more = Finding(check, where, "", f"{count - FINDINGS_OF_A_KIND:,} more findings of this kind ({check}) were left off.", "")
                (self.warnings if warning else self.problems).append(more)
        self._seen.clear()

    def _add(self, found: list[Finding], one: Finding, warning: bool) -> None:
        self._seen[one.check, one.where, warning] += 1
        if self._seen[one.check, one.where, warning] <= FINDINGS_OF_A_KIND:
            found.append(one)
