"""Where the bytes of a file lie, and how they are got from there; places in archives are beside what lists them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from hf_medseg.raw.access import whole
from hf_medseg.raw.sent import Sent


class Place(Sent, ABC):
    """Where the bytes of a file lie. What is particular to the file it is told, so that many files can share a place.

    Attributes:
        path: what lies on the disk (a local path or an fsspec URL): the file, a folder above it, or the archive that holds it.
        archived: whether it is an archive that holds it.
    """

    __slots__ = ()
    path: str
    archived: ClassVar[bool] = False

    @property
    def crc(self) -> int | None:
        """CRC-32 of the file, where its archive states one."""
        return None

    @property
    def beside(self) -> str:
        """The file beside the raw tree without which it cannot be read: what was found out about an archive, or unpacked from it."""
        return ""

    def local(self, listed: str) -> str:
        """The path, on a disk of this machine, of the file that is listed so; empty where it lies in an archive or elsewhere."""
        return ""

    @abstractmethod
    def read(self, listed: str, size: int, head: int | None) -> bytes:
        """The bytes of the file that is listed so and has that size, or the first `head` of them.

        Raises:
            OSError, ValueError, EOFError, zlib.error, struct.error: they cannot be read, or something else lies there now.
        """


@dataclass(frozen=True, slots=True)
class Alone(Place):
    """A file by itself."""

    path: str

    def local(self, listed: str) -> str:
        return "" if "://" in self.path else self.path

    def read(self, listed: str, size: int, head: int | None) -> bytes:
        return whole(self.path, head)


@dataclass(frozen=True, slots=True)
class InFolder(Place):
    """A folder with files below it, which all share this place.

    Attributes:
        under: what their listed paths have before their paths inside the folder.
    """

    path: str
    under: str = ""

    def local(self, listed: str) -> str:
        return "" if "://" in self.path else self._path_of(listed)

    def read(self, listed: str, size: int, head: int | None) -> bytes:
        return whole(self._path_of(listed), head)

    def _path_of(self, listed: str) -> str:
        return f"{self.path}/{listed[len(self.under) :]}"


@dataclass(frozen=True, slots=True)
class Hindered(Place):
    """Where something lies that is no file and is never opened: a link to nothing, a pipe.

    Attributes:
        reason: what it is instead, after "is".
        advice: what to do about it.
    """

    path: str
    reason: str
    advice: str

    def read(self, listed: str, size: int, head: int | None) -> bytes:
        raise ValueError(f"{listed} is {self.reason}")


class Member(NamedTuple):
    """One entry of an archive.

    Attributes:
        name: its path in the archive.
        size: bytes.
        place: where its bytes lie; None where it holds none.
        reason: why it holds none, for the report.
        guessed: whether nothing says in which letters its name is written.
    """

    name: str
    size: int
    place: Place | None
    reason: str = ""
    guessed: bool = False
