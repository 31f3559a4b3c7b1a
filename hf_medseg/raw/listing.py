"""What lies in a raw tree: listed once, with archives opened where they lie, and never written to."""

from __future__ import annotations

import itertools
import operator
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from hf_medseg.errors import Refused
from hf_medseg.raw.archive_names import NESTED, refuse, stem
from hf_medseg.raw.archives import archive_kind, list_archive
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.literals import Literals
from hf_medseg.raw.litter import is_litter
from hf_medseg.raw.patterns import Pattern, found_in
from hf_medseg.raw.places import Alone, Hindered, InFolder, Member
from hf_medseg.raw.splits import split_of
from hf_medseg.raw.walk import ABOVE, NO_FILE, walk
from hf_medseg.raw.zips import HALF_LETTER

_LISTED = operator.attrgetter("listed")


@dataclass(eq=False, slots=True)
class Listing:
    """What lies in a raw tree, or in one part of it.

    Attributes:
        files: every file but litter, in order of their paths.
        litter: paths of what operating systems leave behind.
        aside: (path, reason) of what else is in the tree and is no file.
        known: (path, reason) of what is doubtful about archives.
        part: the name of the part, with which the paths begin that rows state; empty for a whole tree.
        outside: whether this is a part that lies elsewhere than the rest of the tree.
    """

    files: list[RawFile]
    litter: list[str] = field(default_factory=list)
    aside: list[tuple[str, str]] = field(default_factory=list)
    known: list[tuple[str, str]] = field(default_factory=list)
    part: str = ""
    outside: bool = False
    _with_suffix: dict[tuple[str, ...], list[RawFile]] = field(default_factory=dict, repr=False)
    _has: dict[str, bool] = field(default_factory=dict, repr=False)
    _ending: dict[str, list[RawFile]] = field(default_factory=dict, repr=False)
    _literals: Literals | None = field(default=None, repr=False)

    def matches(self, pattern: Pattern) -> Iterator[tuple[RawFile, re.Match[str]]]:
        """The files that match, with their match; those of the same suffixes are looked for once."""
        suffixes = tuple(sorted({end[max(end.rfind("."), 0) :] for end in pattern.ends}))
        if suffixes not in self._with_suffix:
            self._with_suffix[suffixes] = [file for file in self.files if file.listed.endswith(suffixes)]
        for file in self._with_suffix[suffixes]:
            if (match := pattern.search(file.listed)) is not None:
                yield file, match

    def ending(self, *endings: str) -> list[RawFile]:
        """The files whose names have one of these endings, such as `.png`, in capital letters too; in order of their paths."""
        if not self._ending:
            for file in self.files:
                name = file.listed
                self._ending.setdefault(name[name.rfind(".") :].lower() if "." in name else "", []).append(file)
        some = [self._ending[one] for one in endings if one in self._ending]
        return some[0] if len(some) == 1 else sorted([file for files in some for file in files], key=_LISTED)

    def has(self, pattern: str) -> bool:
        """Whether any file matches the pattern of `Raw.find`."""
        if pattern not in self._has:
            self._has[pattern] = self._may_have(pattern) and next(self.matches(Pattern(pattern)), None) is not None
        return self._has[pattern]

    def look_for(self, patterns: Iterable[str]) -> None:
        """Finds out at once what `has` will be asked, where many patterns are in question: each file is looked at once."""
        if asked := set(patterns) - self._has.keys():
            likely = [pattern for pattern in asked if self._may_have(pattern)]
            found = found_in([file.listed for file in self.files], likely) if likely else set()
            self._has.update((pattern, pattern in found) for pattern in asked)

    @property
    def literals(self) -> Literals:
        """By which it is told whether a pattern can be found in any path."""
        if self._literals is None:
            self._literals = Literals(file.listed for file in self.files)
        return self._literals

    def _may_have(self, pattern: str) -> bool:
        """Whether the letters of a pattern are there at all."""
        return self.literals.allow(pattern)

    def under(self, above: str) -> Listing:
        """The same paths below further folders, to be looked at and not to be read."""
        files = [RawFile(f"{above}{file.listed}", file.size, None) for file in self.files]
        return Listing(files, _literals=self.literals.under(above))

    def below(self, pattern: str) -> set[str]:
        """The folders in which a match of the pattern begins, each with its `/`, or nothing for the top."""
        return {file.listed[: match.start()] for file, match in self.matches(Pattern(pattern))}

    def seen_from(self, file: RawFile, start: int) -> RawFile:
        """The file as the layout has it that begins at `start` in its path."""
        return RawFile(file.listed, file.size, file.place, start, self.part, stamp=file.stamp) if start or self.part else file


def _posix(name: str) -> str | None:
    """A path in NFC and POSIX form, None where it leads out; a backslash divides folders, as in archives and trees from Windows."""
    if name.isascii() and ".." not in name and "\\" not in name and name[:1] not in ("/", "."):
        return name
    path = unicodedata.normalize("NFC", name.replace("\\", "/"))
    while path.startswith("./"):
        path = path[2:]
    return None if path.startswith("/") or ".." in path.split("/") else path


def list_tree(path: str | os.PathLike[str], work: Path, under: str = "") -> Listing:
    """Lists a raw tree: a folder, an archive, or a folder with archives in it.

    Members of an archive are listed as if it had been unpacked where it lies, or below its name: see `_below_names`.

    Args:
        path: the folder or archive (local path or fsspec URL).
        work: folder for seek indexes of compressed tars, and for what some of them are unpacked to.
        under: name of a folder to list everything under, so that a part that lies elsewhere cannot be taken for the rest of the tree.

    Raises:
        Refused: there is nothing there, or an archive cannot be read in place.
    """
    if not os.fspath(path):
        raise Refused(
            "RAW is an empty name: where it stands in a variable, that is not set. RAW is the folder or archive that you downloaded."
        )
    text = os.fspath(path).rstrip("/") or "/"
    if "://" not in text and not os.path.exists(text):
        raise Refused(f"{text}: no such file or folder. RAW is the folder or archive that you downloaded.")
    files: list[RawFile] = []
    litter: list[str] = []
    aside: list[tuple[str, str]] = []
    known: list[tuple[str, str]] = []
    unsure: list[str] = []
    seen = archives = 0
    above_all = f"{under}/" if under else ""
    folder = InFolder(text, above_all)
    for listed, size, stamp, local, hindrance in walk(text):
        seen += 1
        named = listed if listed.isascii() else _in_letters(os.fsencode(listed))
        shown = _posix(named)
        if shown is None:
            raise Refused(f"{text}: the file {listed!r} has a name that leads out of its folder where \\ divides folders. Rename it.")
        if not _is_text(listed):
            unsure.append(above_all + shown)
        if is_litter(shown):
            litter.append(above_all + shown)
        elif hindrance is ABOVE:
            aside.append((above_all + shown, hindrance[0]))
        elif hindrance is not None:
            files.append(RawFile(above_all + shown, 0, Hindered(local, *hindrance), stamp=stamp))
        elif kind := archive_kind(local, shown, alone=local == text):
            archives += 1
            above, before = shown.rpartition("/")[0], len(files) + len(litter)
            guessed: list[tuple[str, bytes]] = []
            for member in list_archive(local, shown, kind, work):
                inner = _posix(member.name if member.name.isascii() else _in_letters(member.name.encode("utf-8", "surrogateescape")))
                if inner is None or re.match(r"[A-Za-z]:", inner):
                    raise Refused(
                        f"{shown}: its member {member.name!r} climbs out of the archive. Do not use this archive; fetch the owner's."
                    )
                whole = above_all + (f"{above}/{inner}" if above else inner)
                if member.guessed or not _is_text(member.name):
                    guessed.append((whole, _as_stored(member)))
                if is_litter(whole):
                    litter.append(whole)
                elif NESTED.search(inner):
                    if local == text or not _is_unpacked(local, inner, member.size):
                        raise refuse(shown, kind, f"a nested archive ({inner})")
                else:
                    place = member.place or Hindered(local, member.reason, NO_FILE)
                    files.append(RawFile(whole, member.size, place, stamp=stamp if place.crc is None else place.crc))
            if guessed:
                known.append((above_all + shown, _guessed(guessed, shown, kind)))
            if len(files) + len(litter) == before:
                if local == text:
                    raise Refused(f"{shown}: the archive holds no file. Fetch it again.")
                aside.append((above_all + shown, "an archive that holds no file"))
        else:
            # One place for a whole folder, but for a name that is not in NFC on the disk or a single file.
            files.append(RawFile(above_all + shown, size, folder if local == f"{text}/{shown}" else Alone(local), stamp=stamp))
    if unsure:
        known.append((unsure[0], f"{_names_of(unsure)} not in UTF-8, such as {unsure[0]}; if they are garbled, rename them"))
    if not seen:
        raise Refused(f"{text}: the folder is empty. RAW is the folder or archive that you downloaded.")
    files.sort(key=_LISTED)
    if not archives:
        return Listing(_with_placeholders(files), litter, aside, known)
    return Listing(_told_apart(_with_placeholders(_below_names(files, text, above_all)), text, above_all), litter, aside, known)


def _is_unpacked(archive: str, inner: str, size: int) -> bool:
    """Whether a member of an archive lies beside it too, or below its name, as whoever unpacks the archive where it lies has it."""
    folder, _, name = archive.rpartition("/")
    places = (f"{above}/{inner}" for above in (folder, f"{folder}/{stem(name)}"))
    return any(os.path.isfile(place) and os.path.getsize(place) == size for place in places)


def _in_letters(name: bytes) -> str:
    """A name as text: each part in UTF-8, or else in letters that tell all bytes apart and are right for Western Europe."""
    parts = []
    for part in name.split(b"/"):
        try:
            parts.append(part.decode("utf-8"))
        except UnicodeDecodeError:
            parts.append(part.decode("cp437" if any(0x80 <= byte < 0xA0 for byte in part) else "latin-1"))
    return "/".join(parts)


def _is_text(name: str) -> bool:
    """Whether a name is text, without bytes that are no UTF-8, which reach Python as lone surrogates."""
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def _names_of(paths: list[str]) -> str:
    return "the name of 1 file is" if len(paths) == 1 else f"the names of {len(paths):,} files are"


def _as_stored(member: Member) -> bytes:
    """The name of a member of which nothing says the letters, as it stands in the archive."""
    if member.guessed:
        return member.name.replace(HALF_LETTER, "\\").encode("cp437")
    return member.name.encode("utf-8", "surrogateescape")


# In what letters names may be written of which nothing says it: in words, and as `unzip -O` and Python call it.
_LETTERS = {"Chinese": "gbk", "traditional Chinese": "big5", "Japanese": "cp932", "Korean": "cp949", "Cyrillic": "cp866"}


def _guessed(names: list[tuple[str, bytes]], shown: str, kind: str) -> str:
    """What is said of names without a word on their letters, given as paths and as they stand in the archive."""
    fitting = [f"{code} ({letters})" for letters, code in _LETTERS.items() if all(_is_written_in(code, name) for _, name in names)]
    how = f'such as `unzip -O {fitting[0].partition(" ")[0]} "{shown}"`, ' if kind == "zip" and fitting else ""
    return (
        f"it does not say in which letters {_names_of([path for path, _ in names])} written, such as {names[0][0]}; "
        + (f"they may be in {' or '.join(fitting)}; " if fitting else "")
        + f"if they are garbled, unpack it with the program that packed it, {how}or have it packed with names in Unicode"
    )


def _is_written_in(code: str, name: bytes) -> bool:
    """Whether a name may be in some letters."""
    try:
        return name.decode(code).isprintable()
    except UnicodeDecodeError:
        return False


def _below_names(files: list[RawFile], root: str, above_all: str) -> list[RawFile]:
    """Where archives in one folder only mean something apart, each is listed below its name, as Windows unpacks them.

    So are `train.zip` and `test.zip`, if no folder in one of them is called like a split, and archives that hold files of one path.
    Numbered pieces of a split, such as `train-000000.tar` and `train-000001.tar`, are listed below the split's name alone, and so are those
    beside them, of splits with other names.
    """
    members: dict[str, list[int]] = {}
    for number, file in enumerate(files):
        if file.place is not None and file.place.archived and file.place.path != root:
            members.setdefault(file.place.path, []).append(number)
    homes: dict[str, list[tuple[str, list[int]]]] = {}
    for path, numbers in members.items():
        folder, slash, archive = path[len(root) :].lstrip("/").rpartition("/")
        homes.setdefault(above_all + folder + slash, []).append((stem(archive), numbers))
    for above, archives in homes.items():
        pieces = any(_is_piece_of_a_split(name) for name, _ in archives)
        inside = [(_PIECE.sub("", name) if pieces else name, numbers, [files[n].listed for n in numbers]) for name, numbers in archives]
        if any(_only_its_name_says(name, paths) for name, _, paths in inside) or _collide([paths for _, _, paths in inside]):
            for name, numbers, paths in inside:
                if not all(path.startswith(f"{above}{name}/") for path in paths):
                    for n in numbers:
                        files[n] = replace(files[n], listed=f"{above}{name}/{files[n].listed[len(above) :]}")
    return files


_PIECE = re.compile(r"[-_.]\d{5,}(?:-of-\d{5,})?\Z")  # a year is shorter


def _is_piece_of_a_split(name: str) -> bool:
    """Whether an archive is a numbered piece of a split: `train-000000`, `train-00000-of-00008`."""
    return _PIECE.search(name) is not None and split_of(_PIECE.sub("", name)) is not None


# Files that archives of one set repeat, and that say nothing of how those were meant to lie.
_ABOUT = re.compile(r"(?i)(?:\A|/)[^/.]*\Z|\.(?:txt|md|rst|pdf|html?|rtf|docx?|bib|csv|tsv|xlsx?|json|xml|ya?ml)\Z")


def _collide(archives: list[list[str]]) -> bool:
    """Whether one path is in several archives, of a file that is no text about the data."""
    seen: set[str] = set()
    for paths in archives:
        if any(path in seen and not _ABOUT.search(path) for path in paths):
            return True
        seen.update(paths)
    return False


def _only_its_name_says(name: str, inside: list[str]) -> bool:
    """Whether a name is a split's, and no folder above any of the paths is called like one."""
    return split_of(name) is not None and not any(split_of(folder) for path in inside for folder in path.split("/")[:-1])


def _told_apart(files: list[RawFile], root: str, above_all: str) -> list[RawFile]:
    """Members of several archives in one folder that would still be listed under one path are listed below their archive's name."""
    repeated = {
        one.listed
        for one, other in itertools.pairwise(files)
        if one.listed == other.listed and one.place is not None and other.place is not None and one.place.path != other.place.path
    }
    if not repeated:
        return files
    for number, file in enumerate(files):
        if file.listed in repeated and file.place is not None and file.place.archived:
            folder, slash, archive = file.place.path[len(root) :].lstrip("/").rpartition("/")
            above = above_all + folder + slash
            files[number] = replace(file, listed=f"{above}{stem(archive)}/{file.listed[len(above) :]}")
    return sorted(files, key=_LISTED)


# What a cloud, a version control or a browser puts in the place of a file that is not, or not wholly, there.
_PLACEHOLDERS = (
    (
        re.compile(r"((?:.*/)?)\.([^/]+)\.icloud\Z"),
        "a placeholder of iCloud, not the file",
        "Download it in the Finder, or with `brctl download`.",
    ),
    (re.compile(r"((?:.*/)?)([^/]+)\.(?:nextcloud|owncloud)\Z"), "a placeholder of a cloud, not the file", "Make it available offline."),
    (re.compile(r"((?:.*/)?)([^/]+)\.dvc\Z"), "a pointer of DVC, not the file", "Run `dvc pull` in the repository it came from."),
    (
        re.compile(r"((?:.*/)?)([^/]+)\.(?:crdownload|part|partial|opdownload)\Z"),
        "a download that was not finished",
        "Let the download end, or fetch the file again.",
    ),
)
_PLACEHOLDER_ENDS = (".icloud", ".nextcloud", ".owncloud", ".dvc", ".crdownload", ".part", ".partial", ".opdownload")


def _with_placeholders(files: list[RawFile]) -> list[RawFile]:
    """The files in order of their paths, where a placeholder stands with the file that it stands for, so that its case is rejected."""
    files.sort(key=_LISTED)
    found = [file for file in files if file.listed.endswith(_PLACEHOLDER_ENDS)]
    if not found:
        return files
    there = {file.listed for file in files}
    for file in found:
        for pattern, reason, advice in _PLACEHOLDERS:
            if (match := pattern.match(file.listed)) is not None and (name := match[1] + match[2]) not in there:
                files.append(RawFile(name, 0, Hindered(file.listed, reason, advice), stamp=file.stamp))
    return sorted(files, key=_LISTED)
