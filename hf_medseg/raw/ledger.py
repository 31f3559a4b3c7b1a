"""The ledger of a raw tree: which files were used, left alone or noted, by reason; what it does not tell is told of every other file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hf_medseg.raw.cells import Doubts
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.listing import Listing
from hf_medseg.raw.order import natural
from hf_medseg.raw.patterns import Pattern
from hf_medseg.raw.places import Hindered


@dataclass(frozen=True, slots=True)
class Note:
    """A file with the reason why it is reported; a folder (its path ends in `/`) for many files of one reason.

    Attributes:
        files: how many files it stands for.
    """

    path: str
    reason: str
    files: int = 1


# Above so many files of one reason, folders are reported instead.
_MANY = 1000


def _gathered(paths: list[str], reason: str) -> list[Note]:
    """A note for each file, or, of very many files, for each of the deepest folders that are still few."""
    if len(paths) <= _MANY:
        return [Note(path, reason) for path in paths]
    folders = Counter([path.rpartition("/")[0] for path in paths])
    deepest = max(folder.count("/") for folder in folders) + 1
    for depth in range(deepest, -1, -1):
        above: Counter[str] = Counter()
        for folder, count in folders.items():
            above["/".join(folder.split("/")[:depth])] += count
        if len(above) <= _MANY // 10:
            return [Note(f"{folder}/", reason, count) for folder, count in above.items()]
    raise AssertionError("at depth 0 there is one folder")


class Ledger:
    """What became of the files of a raw tree and its parts while cases were made of one config.

    Attributes:
        doubts: cells and lines of tables that could not be read, or fit nothing.
    """

    def __init__(self) -> None:
        self.doubts = Doubts()
        self._known: list[Note] = []
        self._reasons: dict[str, str | None] = {}  # None: planning used it
        self._aliases: dict[str, str] = {}

    def use(self, *files: RawFile) -> None:
        """Files are used for planning; their twins with them."""
        for file in files:
            for one in (file, *file.twins):
                self._reasons[one.listed] = None

    def tables(self) -> tuple[str, ...]:
        """The paths of the files that planning used."""
        return tuple(path for path, reason in self._reasons.items() if reason is None)

    def skip(self, file: RawFile, reason: str) -> None:
        """A file is left alone."""
        self._reasons[file.listed] = reason

    def call(self, file: RawFile) -> None:
        """Reports call a file by its alias."""
        self._aliases[file.listed] = file.shown

    def called(self, file: RawFile) -> str:
        """What reports call a file."""
        return self._aliases.get(file.listed, file.shown)

    def renamed(self) -> dict[str, str]:
        """The path of every file that reports call by an alias, by that alias."""
        return {alias: path for path, alias in self._aliases.items()}

    def note(self, path: str, reason: str) -> None:
        """A defect is known that the source names in advance."""
        self._known.append(Note(path, reason))

    def notes(self) -> list[Note]:
        """What is known, and what is doubtful."""
        return [*self._known, *(Note(path, reason) for path, reason in self.doubts.notes())]

    def not_used(self, listings: Iterable[Listing], used: Iterable[RawFile], reasons: Iterable[tuple[str, str]]) -> list[Note]:
        """Every file that looks like data and was neither used nor needed for planning, with the reason.

        Args:
            listings: what lies in the tree, and in parts that lie elsewhere.
            used: files that the cases read, with their twins.
            reasons: (pattern, reason) of the source.
        """
        taken = {one.listed for file in used for one in ((file, *file.twins) if file.twins else (file,))}
        compiled = [(Pattern(pattern).search, reason) for pattern, reason in reasons]

        def why(path: str) -> str:
            return next((reason for search, reason in compiled if search(path)), "belongs to no case of this config")

        paths: dict[str, list[str]] = {}
        notes: list[Note] = []
        for listing in listings:
            for file in listing.files:
                path = file.listed
                if path in taken:
                    continue
                if path in self._reasons:
                    reason = self._reasons[path]
                else:
                    reason = file.place.reason if isinstance(file.place, Hindered) else why(path)
                if reason is not None:
                    paths.setdefault(reason, []).append(self._aliases.get(path, path))
            paths.setdefault("left behind by an operating system", []).extend(listing.litter)
            notes += [Note(path, reason) for path, reason in listing.aside]
        notes += [note for reason, group in paths.items() for note in _gathered(group, reason)]
        return sorted(notes, key=lambda note: natural(note.path))
