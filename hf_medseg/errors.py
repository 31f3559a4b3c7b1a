"""The three ways in which this package says no."""

from __future__ import annotations

import errno
import re
import shlex
from dataclasses import dataclass, replace


class MedsegError(Exception):
    """Base of every error that is meant for the user."""


class Refused(MedsegError):
    """Nothing was written: the input, the call or the license does not allow it (exit code 2)."""


_NO_ROOM = {
    errno.ENOSPC: ("The disk is full", "Make room"),
    errno.EDQUOT: ("Your quota of the disk is used up", "Make room"),
    errno.EFBIG: ("No file may grow that large here (`ulimit -f`, or the file system)", "Raise that limit"),
}


def no_room(error: BaseException, where: str = "") -> str:
    """That nothing more can be written, and what to do then, where an error says so; else empty.

    Args:
        error: what was raised.
        where: the file or folder; as the error has it if not named.
    """
    if not isinstance(error, OSError) or error.errno not in _NO_ROOM:
        return ""
    what, advice = _NO_ROOM[error.errno]
    where = where or error.filename or ""
    return f"{what}{f' ({where})' if where else ''}. What is finished is kept. {advice}, and run the same command again."


def how_to_install(library: str, extra: str) -> str:
    """The command that installs what an extra of this package holds.

    The packages are called by their own names: those can be installed as they stand, wherever this package came from.

    Args:
        library: the one that is missing; named beside the others where they do not name it.
        extra: as `pyproject.toml` names it.
    """
    from importlib import metadata  # in workers this is never needed

    try:
        wanted = [line.partition(";") for line in metadata.requires("hf-medseg") or ()]
    except metadata.PackageNotFoundError:
        wanted = []
    packages = [name.strip() for name, _, condition in wanted if re.search(rf"""\bextra == ['"]{extra}['"]""", condition)]
    named = any(re.match(rf"{library}\b", package) for package in packages)
    return f"Run: pip install {shlex.join(packages if named else [library, *packages])}"


class MissingExtra(Refused):
    """An optional library is needed that is not installed."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is needed for this and is not installed. {how_to_install(library, extra)}")
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
        return type(self), (self.file, self.expected, self.advice)


class ManyPictures(Rejected):
    """A file holds several pictures where one was expected."""


_FETCHING = re.compile(r"(?:Fetch|Ask|Download|Compare the file with the owner's)\b")
_WITHOUT = re.compile(r"Ask the owner for a version (without \w+)\.")
_CLAUSE = re.compile(r"[;,] (?:or |else )?(?:fetch|download|ask)\b[^.;]*")
_OWN = "Put a sound copy in its place, or take it out of the raw tree."


def of_own_files(message: str) -> str:
    """A message about files that nobody else has: without what to fetch again, and whom to ask."""
    message = _CLAUSE.sub("", _WITHOUT.sub(r"Save it \1.", message))
    sentences = re.split(r"(?<=\.)\s+(?=[A-Z`])", message)
    kept = [sentence for sentence in sentences if not _FETCHING.match(sentence)]
    text = " ".join(kept if len(kept) == len(sentences) else [*kept, _OWN])
    return text.replace("; the source promises it.", ".")


def of_own(error: Rejected) -> Rejected:
    """A rejection of a file that nobody else has."""
    return replace(error, expected=of_own_files(error.expected), advice=of_own_files(error.advice))
