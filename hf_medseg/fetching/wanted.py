"""What is known of a file before it comes, what came, and whether the one is the other."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hf_medseg.errors import MedsegError
from hf_medseg.progress import Progress, Tell

SLACK = 1 << 20  # bytes over a published size: sizes of an older release differ a little, and what came is kept to look at
TIMES = 4  # the published size where a page only rounds it: so often it may come at most


class Unavailable(MedsegError):
    """One place does not give the file; another may."""


class Mismatch(MedsegError):
    """A file is not the published one: nothing more is fetched."""


class Stopped(Exception):
    """Another transfer failed for good, or the user broke off."""


@dataclass(frozen=True)
class Wanted:
    """What is known of a file before it comes. `checksum` is `sha256:...` or `md5:...`; empty or None is not known.

    `approximate` are bytes as a page rounds them.
    """

    name: str
    size: int | None = None
    checksum: str = ""
    approximate: int | None = None

    @property
    def most(self) -> int | None:
        """So many bytes may come at most; None where nobody says how large it is."""
        if self.size is not None:
            return self.size + SLACK
        return None if self.approximate is None else self.approximate * TIMES + SLACK

    def too_much(self, received: str) -> Mismatch:
        """What is said where more comes; `received` says what did."""
        told = f"published are {self.size:,}" if self.size is not None else f"published are about {self.approximate or 0:,}"
        return Mismatch(f"{self.name}: {received}, {told}. {MEANING}")

    @property
    def algorithm(self) -> str:
        """The hash that is computed while the file comes."""
        return self.checksum.partition(":")[0] or "sha256"


@dataclass(frozen=True)
class Got:
    """A file that came: its bytes and its checksum."""

    size: int
    checksum: str


class Watch:
    """How far all transfers are, and whether they shall stop; shared by their threads.

    Args:
        progress: told how far the work is, in files.
        sizes: bytes of every file, as far as they are known before.
    """

    def __init__(self, progress: Tell | None = None, sizes: Mapping[str, int | None] | None = None) -> None:
        self.stop = threading.Event()
        self._progress = progress
        self._sizes = dict(sizes or {})
        self._received = dict.fromkeys(self._sizes, 0)
        self._done: set[str] = set()
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raises `Stopped` if the transfers shall stop."""
        if self.stop.is_set():
            raise Stopped

    def at(self, name: str, received: int, size: int | None = None, *, done: bool = False) -> None:
        """Notes how much of a file is there, how large it is, and whether it is done."""
        with self._lock:
            self._received[name] = received
            if size is not None or done:
                self._sizes[name] = received if done else size
            if done:
                self._done.add(name)
            if self._progress is not None:
                received = sum(self._received.values())
                expected = sum(size or 0 for size in self._sizes.values())
                self._progress(Progress("fetching", len(self._done), len(self._sizes), received, max(received, expected)))


def judge(wanted: Wanted, got: Got) -> str:
    """What is wrong with a file, comparing it with what is published; empty if nothing is."""
    if wanted.checksum and got.checksum != wanted.checksum.lower():
        found, published = (checksum.partition(":")[2] for checksum in (got.checksum, wanted.checksum.lower()))
        kind = {"sha256": "SHA-256", "md5": "MD5"}.get(wanted.algorithm, wanted.algorithm)
        sizes = f"; it has {got.size:,} bytes" + (f", published are {wanted.size:,}" if wanted.size is not None else "")
        return f"its {kind} is {found}, published is {published}{sizes}."
    if not wanted.checksum and wanted.size is not None and got.size != wanted.size:
        return f"it has {got.size:,} bytes, published are {wanted.size:,}."
    return ""


MEANING = (
    "It may be a new release by the owner, a re-host that packed the files anew, or a download that was cut or altered on the way. "
    "Nothing more was fetched. Fetch it again; if the difference stays, look on the owner's page for a new release."
)


def measured(path: Path, wanted: Wanted, watch: Watch | None = None) -> Got:
    """The size of a file on the disk, and its checksum where one is known to compare with."""
    size = path.stat().st_size
    if not wanted.checksum:
        return Got(size, "")
    hasher = hashlib.new(wanted.algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while data := file.read(1 << 20):
            if watch is not None:
                watch.check()
            hasher.update(data)
    return Got(size, f"{wanted.algorithm}:{hasher.hexdigest()}")
