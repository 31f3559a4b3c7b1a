"""References to files of a raw tree, and how their bytes are read back in any process."""

from __future__ import annotations

import hashlib
import io
import mmap
import operator
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hf_medseg.errors import Rejected
from hf_medseg.raw.access import stamp_of
from hf_medseg.raw.places import Hindered, Place
from hf_medseg.raw.sent import Sent


class Head(bytes):
    """The first bytes of a file, not all of it."""


class Whole(Exception):
    """Raised by a look that was given a `Head` and needs all of the file."""


@dataclass(slots=True, eq=False, repr=False)  # not frozen: that would double the time to list a large tree
class RawFile(Sent):
    """One file of a raw tree, never changed once it is planned with. There can be a million of them: what they share is kept once.

    Attributes:
        listed: the whole path inside the raw tree, for reports.
        size: bytes, as the directory states them.
        place: where the bytes lie; None for a file that should be there and is not.
        start: where in `listed` the source's layout begins.
        part: name of the part that the file belongs to, if the source has several.
        twins: further files that claim to be the same one.
        alias: what rows and reports call it instead of its path: of a DICOM file its UIDs, of one that is renamed its new name.
        stamp: changes whenever the content may have changed (see `access.stamp_of`; of a member the checksum that its archive states,
            or else the archive's stamp); None where nothing tells. No part of what decides a row.
    """

    listed: str
    size: int
    place: Place | None
    start: int = 0
    part: str = ""
    twins: tuple[RawFile, ...] = ()
    alias: str = ""
    stamp: int | None = None

    @property
    def path(self) -> str:
        """The path beginning where the source's layout begins, with the part's name first: what `source_file` says."""
        if self.alias:
            return self.alias
        inside = self.listed[self.start :]
        return f"{self.part}/{inside}" if self.part else inside

    @property
    def series(self) -> str:
        """What the files of its DICOM series are called together; empty of every other file."""
        return self.alias.rpartition("/")[0]

    @property
    def shown(self) -> str:
        """What reports call it."""
        return self.alias or self.listed

    def __repr__(self) -> str:
        """What of the file decides a row: neither where it lies, nor how many folders are above it."""
        return f"{self.path}:{self.size}" + (f"={self.twins}" if self.twins else "")

    @property
    def there(self) -> bool:
        """Whether there is anything to read."""
        return self.place is not None and not isinstance(self.place, Hindered)

    @property
    def local(self) -> str:
        """Its own path on a disk of this machine; empty where it lies in an archive or elsewhere."""
        return "" if self.place is None else self.place.local(self.listed)

    @property
    def name(self) -> str:
        """The last element of the path."""
        return self.path.rpartition("/")[2]

    def read(self, head: int | None = None) -> bytes:
        """The file's bytes, or the first `head` of them, which no checksum covers.

        Raises:
            Rejected: the file is missing, cut, or its archive damaged there.
        """
        if self.place is None:
            raise Rejected(self.path, "this file is missing; the source promises it.", "Fetch it and put it where the path says.")
        if isinstance(self.place, Hindered):
            raise Rejected(self.path, f"is {self.place.reason}.", self.place.advice)
        try:
            data = self.place.read(self.listed, self.size, head)
        except Rejected:
            raise
        except (OSError, zlib.error, EOFError, ValueError, struct.error) as error:
            if isinstance(error, OSError) and (error.errno is not None or not self.place.archived):
                raise Rejected(self.path, f"cannot be read ({error.strerror or error}).") from error
            text = f"the archive is damaged here, or was changed since it was listed ({error})."
            raise Rejected(self.path, text, "Fetch the archive again.") from error
        if data.startswith(_POINTERS):
            _refuse_pointer(data, self.path)
        if head is not None and head < self.size:
            return data
        if len(data) != self.size:
            raise Rejected(self.path, f"{self.size} bytes expected, {len(data)} found.", "Fetch the file again.")
        if self.place.crc is not None and zlib.crc32(data) != self.place.crc:
            raise Rejected(self.path, "its checksum differs from the archive's.", "Fetch the archive again.")
        self.check_unchanged()
        return data

    def check_unchanged(self) -> None:
        """Makes sure that the file, or its archive, is the one that was planned with: what was read then must fit what is read now.

        Raises:
            Rejected: it was changed.
        """
        if self.stamp is None or self.place is None or self.place.crc is not None:
            return
        where = self.place.path if self.place.archived else self.local
        if not where or "://" in where:
            return
        try:
            changed = stamp_of(os.stat(where)) != self.stamp
        except OSError:  # taken away after it was read, or unpacked
            return
        if changed:
            what = "its archive" if self.place.archived else "it"
            raise Rejected(
                self.path, f"{what} was changed after it was listed, while this ran.", "Run it again, with data that stay as they are."
            )


def whole_or_mapped(file: RawFile) -> bytes | mmap.mmap:
    """A file's bytes; of a file of its own on a disk of this machine they are mapped, so that memory need not hold them all.

    Raises:
        Rejected: see `RawFile.read`.
    """
    if not file.local or not file.size:
        return file.read()
    file.read(_LONGEST_POINTER)  # which rejects what is no file, or cannot be read
    try:
        with open(file.local, "rb") as stream:
            found = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise Rejected(file.path, f"cannot be read ({error}).") from error
    if len(found) != file.size:
        raise Rejected(file.path, f"{file.size} bytes expected, {len(found)} found.", "Fetch the file again.")
    file.check_unchanged()
    return found


ANNEX_ADVICE = "Run `git annex get` (or `datalad get`) on it in the repository it came from."
_LFS, _ANNEX = b"version https://git-lfs", b"/annex/objects/"
_POINTERS = (_LFS, _ANNEX)
_LONGEST_POINTER = 1 << 15  # bytes, as git-annex has it


def _refuse_pointer(data: bytes, path: str) -> None:
    """Rejects the small text that a repository holds instead of a large file.

    Raises:
        Rejected: see above.
    """
    if data.startswith(_LFS):
        raise Rejected(path, "this is a Git LFS pointer, not the file.", "Run `git lfs pull` in the repository it came from.")
    if len(data) < _LONGEST_POINTER:
        raise Rejected(path, "this is a pointer of git-annex, not the file.", ANNEX_ADVICE)


class Reader:
    """Reads files for one case: every file once, with its SHA-256; twins are compared on the way.

    Attributes:
        sha256: hash of every file read so far, by path.
        duplicates: listed paths of twins found to be the same.
        notes: (path, what is to be said) of files that are used, but not without a word.
        dropped: (id, what is wrong) of objects that were left out of a row which goes on without them.
    """

    def __init__(self) -> None:
        self.sha256: dict[str, str] = {}
        self.duplicates: list[str] = []
        self.notes: list[tuple[str, str]] = []
        self.dropped: list[tuple[str, Rejected]] = []
        self._bytes: dict[str, bytes] = {}
        self._memo: dict[Any, Any] = {}

    def read(self, file: RawFile, *, keep: bool = True, same: Callable[[bytes, bytes], bool] = operator.eq) -> bytes:
        """The file's bytes, kept for the case unless they are wanted only once.

        Args:
            file: the file.
            keep: whether it is kept.
            same: whether the bytes of the file and of a twin that are not the same still hold the same.

        Raises:
            Rejected: the file cannot be read, is empty, or a twin of it differs.
        """
        if (known := self._bytes.get(file.path)) is not None:
            return known
        data = file.read()
        if not data:
            raise Rejected(file.path, "the file is empty.", "Fetch it again.")
        again = file.path in self.sha256
        self.sha256[file.path] = hashlib.sha256(data).hexdigest()
        for twin in () if again else file.twins:
            if (twin.size != file.size and same is operator.eq) or ((other := self._twin(twin)) != data and not same(data, other)):
                raise Rejected(
                    file.path,
                    f"{file.shown} and {twin.shown} claim to be the same file and differ.",
                    "Keep the owner's version and take the other one out of the raw tree.",
                )
            self.duplicates.append(twin.shown)
        if keep:
            self._bytes[file.path] = data
        return data

    def forget(self, file: RawFile) -> None:
        """Lets the bytes of a file go that is not likely to be wanted again."""
        self._bytes.pop(file.path, None)

    def note(self, path: str, reason: str) -> None:
        """Says something about a file that the report must tell; the reason is the same text for all files that it holds for."""
        if (path, reason) not in self.notes:
            self.notes.append((path, reason))

    @staticmethod
    def _twin(twin: RawFile) -> bytes:
        """The bytes of a twin; its place in the raw tree, not in the layout, tells which of the two is at fault."""
        try:
            return twin.read()
        except Rejected as error:
            raise Rejected(twin.shown, error.expected, error.advice) from error

    def once(self, key: Any, make: Any, most: int | None = None) -> Any:
        """The value of `make()`, computed once for this case under `key`; again every time if it is an array of more than `most` bytes."""
        if key in self._memo:
            return self._memo[key]
        value = make()
        if most is None or value.nbytes <= most:
            self._memo[key] = value
        return value

    def tell(self, key: Any, value: Any) -> None:
        """Remembers for this case what later reading must know."""
        self._memo[key] = value

    def told(self, key: Any) -> Any:
        """What was remembered under `key`; None if nothing was."""
        return self._memo.get(key)

    def stream(self, file: RawFile) -> io.BytesIO:
        """The file's bytes as a seekable stream."""
        return io.BytesIO(self.read(file))
