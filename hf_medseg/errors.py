"""The three ways in which this package says no."""

from __future__ import annotations

from dataclasses import dataclass


class MedsegError(Exception):
    """Base of every error that is meant for the user."""


class Refused(MedsegError):
    """Nothing was written: the input, the call or the license does not allow it (exit code 2)."""


class MissingExtra(Refused):
    """An optional library is needed that is not installed."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is needed for this source and is not installed. Run: pip install 'hf-medseg[{extra}]'")
        self._parts = (library, extra)

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        return MissingExtra, self._parts


@dataclass
class Rejected(MedsegError):
    """One case is wrong; the others go on (exit code 1).

    Attributes:
        file: path inside the raw tree of the file at fault.
        expected: what was expected and what was found.
        advice: what the user can do now.
    """

    file: str
    expected: str
    advice: str = "Compare the file with the owner's download; fetch it again if it was cut or changed on the way."

    def __str__(self) -> str:
        return f"{self.file}: {self.expected} {self.advice}"

    def __reduce__(self) -> tuple[type[Rejected], tuple[str, str, str]]:
        return Rejected, (self.file, self.expected, self.advice)
