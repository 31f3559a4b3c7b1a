"""The raw tree: what the user downloaded, as downloaded, listed once and never written to."""

from __future__ import annotations

import bisect
import contextlib
import errno
import itertools
import operator
import os
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hf_medseg.errors import Refused
from hf_medseg.raw.archives import NESTED, archive_kind, list_archive, refuse, stem
from hf_medseg.raw.cells import Doubts, Origin, Said
from hf_medseg.raw.files import ANNEX_ADVICE, Place, RawFile, stamp_of, stamp_of_info
from hf_medseg.raw.order import natural, natural_key
from hf_medseg.raw.patterns import Pattern
from hf_medseg.raw.tables import Table, headed

_LITTER = re.compile(
    r"(?:\A|/)(?:(?:__MACOSX|\$RECYCLE\.BIN|System Volume Information|lost\+found|@eaDir|\.Trash(?:es|-\d+)?|\.Spotlight-V100|\.fseventsd"
    r"|\.AppleDouble|\.DocumentRevisions-V100|\.TemporaryItems)/.*|\._[^/]*|\.DS_Store|\.git/.*|\.cache/.*|[^/]*:Zone\.Identifier|(?i:Thumbs\.db|desktop\.ini|ehthumbs\.db))\Z"
)


def is_litter(path: str) -> bool:
    """Whether an operating system left that file behind."""
    return _LITTER.search(path) is not None


class Found(dict[Any, RawFile]):
    """Files by key, in natural order of the keys; `need` answers for files that are missing."""

    def need(self, key: Any, path: str) -> RawFile:
        """The file of that key, or a reference that rejects its case by name when it is read."""
        return self.get(key) or RawFile(path, 0, None)

    def beside(self, other: Found) -> Found:
        """These files, those of `other` as their twins where the key is the same, and the rest of `other`.

        For a layout that people also hold in a poorer form, whose paths shall not win.
        """
        both = Found()
        for key in union(self, other):
            first = self.get(key) or other[key]
            known = {file.listed for file in (first, *first.twins)}
            others = (other[key], *other[key].twins) if key in other else ()
            more = tuple(replace(file, twins=()) for file in others if file.listed not in known)
            both[key] = replace(first, twins=(*first.twins, *more))
        return both


def union(*found: Mapping[Any, Any]) -> list[Any]:
    """The keys of several findings, each once, in natural order: so that nothing that lacks its partner is lost."""
    first = list(found[0])
    if all(len(one) == len(first) and all(map(operator.eq, one, first)) for one in found[1:]):
        return first
    return sorted({key for one in found for key in one}, key=natural_key)


def joined(files: list[RawFile], *, keep: bool = True) -> RawFile:
    """Several files that claim to be one: the least deep one, the others its twins."""
    if len(files) == 1:
        return files[0]
    files.sort(key=lambda file: (file.listed.count("/"), natural(file.listed)))
    return replace(files[0], twins=tuple(files[1:]) if keep else ())


@dataclass(frozen=True, slots=True)
class Note:
    """A file with the reason why it is reported; a folder (its path ends in `/`) for many files of one reason.

    Attributes:
        files: how many files it stands for.
    """

    path: str
    reason: str
    files: int = 1


# The end of a pattern for a table, and in what forms people save tables.
_TABLE_END = re.compile(r"\\\.(?:csv|xlsx|csv\(\?:\\\.gz\)\?|\(\?:csv\|xlsx\))\Z")


def _any_of(*endings: str) -> str:
    """A pattern for file names that end so, in small or capital letters."""
    both = [spelled.replace(".", r"\.") for ending in endings for spelled in (f".{ending}", f".{ending.upper()}")]
    return f"(?:{'|'.join(both)})"


_FORMS = _any_of("csv", "csv.gz", "tsv", "tsv.gz", "xlsx", "xlsm", "txt")
_FORMS_NOT_READ = _any_of("xls", "ods", "numbers", "parquet", "feather")

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


class Raw:
    """A raw tree, or one part of it, as a source sees it.

    Attributes:
        files: every file but litter.
        litter: paths of what operating systems leave behind.
        aside: what else is in the tree and is no file.
        edition, config: names of what is being converted.
        about, survey: the user's about file and the survey's results, where the source has them.
        fit: of somebody's own data, the layout by which it is read, as `hf_medseg.catalog.own.Fit`.
        known: defects that the source names, found here.
        doubts: cells and lines of its tables that could not be read, or fit nothing.
        outside: whether this is a part that lies elsewhere than the rest of the tree.
    """

    def __init__(self, files: list[RawFile], litter: list[str] | None = None, shown: str = "", *, outside: bool = False) -> None:
        self.files = files
        self.litter = litter or []
        self.aside: list[Note] = []
        self.shown = shown
        self.outside = outside
        self.edition = ""
        self.config = "default"
        self.about: Any = None
        self.survey: Any = None
        self.fit: Any = None
        self.known: list[Note] = []
        self.doubts = Doubts()
        self.parts: dict[str, Raw] = {}
        self._reasons: dict[str, str] = {}
        self._aliases: dict[str, str] = {}
        self._with_suffix: dict[tuple[str, ...], list[RawFile]] = {}

    def find(self, pattern: str, *, twins: bool = True) -> Found:
        """Files whose path ends in a match of the pattern, which may begin at any folder.

        Args:
            pattern: regular expression over the end of the path, `/` between folders. Its groups are the key: the text of one
                group, the tuple of several, the whole match where there is none. What matched becomes `RawFile.path`.
            twins: several files of one key are kept as twins of the first (the least deep one), to be compared when they are read;
                False keeps the first alone and leaves the rest unused.

        Returns:
            The files by key, in natural order.
        """
        expression = Pattern(pattern)
        groups = expression.groups
        hits: dict[Any, list[RawFile]] = {}
        for file, match in self._matches(expression):
            key = match.group(0) if not groups else match.group(1) if groups == 1 else match.groups()
            hits.setdefault(key, []).append(self._from(file, match.start()))
        found = Found()
        for key in sorted(hits, key=natural_key):
            found[key] = joined(hits[key], keep=twins)
        return found

    def _from(self, file: RawFile, start: int) -> RawFile:
        """The file, seen as the source's layout has it, which begins at `start`."""
        return RawFile(file.listed, file.size, file.place, start, self.shown, stamp=file.stamp) if start or self.shown else file

    def has(self, pattern: str) -> bool:
        """Whether any file matches the pattern of `find`."""
        return next(self._matches(Pattern(pattern)), None) is not None

    def below(self, pattern: str) -> set[str]:
        """The folders in which a match of the pattern begins, each with its `/`, or nothing for the top."""
        return {file.listed[: match.start()] for file, match in self._matches(Pattern(pattern))}

    def _matches(self, expression: Pattern) -> Iterator[tuple[RawFile, re.Match[str]]]:
        """The files that match, with their match; those of the same suffixes are looked for once."""
        suffixes = tuple(sorted({end[max(end.rfind("."), 0) :] for end in expression.ends}))
        if suffixes not in self._with_suffix:
            self._with_suffix[suffixes] = [file for file in self.files if file.listed.endswith(suffixes)]
        for file in self._with_suffix[suffixes]:
            if (match := expression.search(file.listed)) is not None:
                yield file, match

    def one(self, pattern: str) -> RawFile | None:
        """The file that matches, the least deep one if there are several; None if there is none."""
        files = sorted(self.find(pattern).values(), key=lambda file: (file.listed.count("/"), natural(file.listed)))
        return files[0] if files else None

    def at(self, paths: Iterable[str]) -> Found:
        """The files that lie at stated paths, which may begin at any folder: for tables that say where a file lies.

        Returns:
            The files by path, in the order of the paths, without those that are not there.
        """
        wanted: dict[str, RawFile | None] = dict.fromkeys(paths)
        repeated: dict[str, list[RawFile]] = {}
        depths = {path.count("/") for path in wanted}
        last, starts = "", [0]
        for file in self.files:
            listed = file.listed
            if (folder := listed[: listed.rfind("/") + 1]) != last:  # many files share a folder, and follow each other
                above = [f"/{folder}".rsplit("/", depth + 1) for depth in depths]
                last, starts = folder, [len(parts[0]) for depth, parts in zip(depths, above, strict=True) if len(parts) == depth + 2]
            for start in starts:
                if (path := listed[start:]) in wanted:
                    hit, first = self._from(file, start), wanted[path]
                    if first is None:
                        wanted[path] = hit
                    else:
                        repeated.setdefault(path, [first]).append(hit)
        wanted.update((path, joined(files)) for path, files in repeated.items())
        return Found((path, file) for path, file in wanted.items() if file is not None)

    def table(
        self, pattern: str, columns: Iterable[str] = (), *, delimiter: str = "", names: Sequence[str] = (), only: bool = False
    ) -> Table | None:
        """The CSV table that matches, None if there is none; it counts as used, and copies that say the same are left alone.

        See `Table` for the arguments.

        Raises:
            Refused: a needed column is missing, or a copy of the table says something else.
        """
        file = self._table_file(pattern, columns := tuple(columns))
        if file is None:
            return None
        self.use(file)
        table = Table(file, columns, delimiter=delimiter, names=names, only=only, doubts=self.doubts)
        if table.wide:
            raise Refused(table.wide)
        for twin in file.twins:
            if list(Table(twin, columns, delimiter=delimiter, names=names, only=only)) != list(table):
                raise Refused(f"{file.listed} and {twin.listed} differ. Keep the owner's version and take the other out of the raw tree.")
            self.skip(twin, f"says the same as {file.listed}")
        return table

    def _table_file(self, pattern: str, columns: tuple[str, ...]) -> RawFile | None:
        """The file of a table, in the form that the owner publishes or another one that people save tables in."""
        file = self.one(pattern)
        stem = _TABLE_END.sub("", pattern)
        if stem == pattern:
            return file
        found = [one for some in self.find(stem + _FORMS).values() for one in (some, *some.twins)]
        same = {one.listed for one in (file, *file.twins)} if file is not None else set()
        others = [one for one in found if one.listed not in same and (not one.name.lower().endswith(".txt") or headed(one, columns))]
        if file is None and others:
            file = min(others, key=lambda one: (one.name.lower().endswith(".txt"), one.listed.count("/"), natural(one.listed)))
        for other in others:
            if file is not None and other is not file:
                self.skip(other, "another form of a table that is used")
                self.note(file, f"is used; {other.listed} beside it, another form of it, is not")
        if file is None and (unread := self.one(stem + _FORMS_NOT_READ)) is not None:
            self.note(unread, "a table in a form that is not read, so its columns are null; save it as CSV or .xlsx to use it")
            self.skip(unread, "a table in a form that is not read")
        return file

    def tables(self, pattern: str, columns: Sequence[str]) -> list[Table]:
        """Every table that matches and names these columns in its first line; they count as used.

        For tables that users name themselves, beside others that are of no use here.

        Args:
            pattern: matches their paths; another ending that tables have will do.
            columns: names that the first line must have.

        Raises:
            Refused: a line of such a table has more cells than its first.
        """
        found = []
        for file in self.find(_TABLE_END.sub("", pattern) + _FORMS).values():
            for one in (file, *file.twins):
                if headed(one, columns):
                    self.use(one)
                    found.append(table := Table(one, tuple(columns), doubts=self.doubts))
                    if table.wide:
                        raise Refused(table.wide)
        return found

    def compare(self, table: RawFile, lines: Collection[Any], files: Collection[Any], *, each: bool = False) -> None:
        """Notes lines of a list or table, by their keys, that belong to no file, and with `each` files that have no line."""
        there = set(files)
        self.doubts.unmatched(table.path, [key for key in lines if key not in there])
        if each:
            self.doubts.lacking(table.path, [key for key in files if key not in lines], there)

    def said(self, path: str, cells: Mapping[str, Any]) -> Said:
        """A record of what is no CSV table, so that what cannot be read in it is noted under that path."""
        return Said(cells, Origin(path, self.doubts))

    def use(self, *files: RawFile) -> None:
        """Marks files as used for planning, so that they are not reported as unused."""
        for file in files:
            self._reasons[file.listed] = ""
            for twin in file.twins:
                self._reasons[twin.listed] = ""

    def skip(self, file: RawFile, reason: str) -> None:
        """Leaves a file alone, with its reason for the report."""
        self._reasons[file.listed] = reason

    def call(self, file: RawFile) -> None:
        """Has reports call a file by its alias."""
        self._aliases[file.listed] = file.shown

    def called(self, file: RawFile) -> str:
        """What reports call a file."""
        return self._aliases.get(file.listed, file.shown)

    def renamed(self) -> dict[str, str]:
        """The path of every file that reports call by an alias, by that alias; here and in the parts."""
        return {alias: path for raw in (self, *self.parts.values()) for path, alias in raw._aliases.items()}

    def note(self, file: RawFile | str, reason: str) -> None:
        """Reports a defect that the source names in advance: listed as `known`, without changing the exit code."""
        path = file if isinstance(file, str) else file.path
        self.known.append(Note(path, reason))

    def begin(self, config: str) -> None:
        """Forgets what was noted for another config."""
        self.config = config
        for raw in (self, *self.parts.values()):
            raw.known.clear()
            raw.doubts = Doubts()

    def notes(self) -> list[Note]:
        """Everything that was noted here and in the parts."""
        found: list[Note] = []
        for raw in (self, *self.parts.values()):
            found += raw.known
            found += [Note(path, reason) for path, reason in raw.doubts.notes()]
        return found

    def closed(self) -> list[RawFile]:
        """The folders that cannot be opened, here and in parts that lie elsewhere: what they hold is missing, whatever it is."""
        raws = (self, *(part for part in self.parts.values() if part.outside))
        return [file for raw in raws for file in raw.files if file.listed.endswith("/")]

    def part(self, name: str) -> Raw:
        """The part of that name; its paths begin with the name."""
        return self.parts[name]

    def not_used(self, used: Iterable[RawFile], reasons: Iterable[tuple[str, str]]) -> list[Note]:
        """Every file that looks like data and was neither used nor needed for planning, with the reason.

        Args:
            used: files that the cases read, with their twins.
            reasons: (pattern, reason) of the source.
        """
        used = list(used)
        taken = {file.listed for file in used}
        taken.update(twin.listed for file in used for twin in file.twins)
        compiled = [(Pattern(pattern).search, reason) for pattern, reason in reasons]

        def why(path: str) -> str:
            for search, reason in compiled:
                if search(path):
                    return reason
            return "belongs to no case of this config"

        marked, aliases = dict(self._reasons), dict(self._aliases)
        left = [file for file in self.files if file.listed not in taken]
        litter = list(self.litter)
        for part in self.parts.values():
            marked.update(part._reasons)
            aliases.update(part._aliases)
            if part.outside:
                left += [file for file in part.files if file.listed not in taken]
                litter += part.litter
        paths: dict[str, list[str]] = {}
        for file in left:
            path = file.listed
            if (reason := marked.get(path)) is None and file.place is not None and file.place.hindrance is not None:
                reason = file.place.hindrance[0]
            if reason != "":
                paths.setdefault(reason or why(path), []).append(aliases.get(path, path))
        paths.setdefault("left behind by an operating system", []).extend(litter)
        notes = [*self.aside, *(note for reason, group in paths.items() for note in _gathered(group, reason))]
        return sorted(notes, key=lambda note: natural(note.path))


def _posix(name: str) -> str | None:
    """A path in NFC and POSIX form, None where it leads out; a backslash divides folders, as in archives and trees from Windows."""
    path = unicodedata.normalize("NFC", name.replace("\\", "/"))
    while path.startswith("./"):
        path = path[2:]
    return None if path.startswith("/") or ".." in path.split("/") else path


def open_raw_tree(path: str | os.PathLike[str], work: Path, under: str = "") -> Raw:
    """Lists a raw tree: a folder, an archive, or a folder with archives in it.

    Members of an archive are listed as if it had been unpacked where it lies.

    Args:
        path: the folder or archive (local path or fsspec URL).
        work: folder for seek indexes of compressed tars, and for what some of them are unpacked to.
        under: name of a folder to list everything under, so that a part that lies elsewhere cannot be taken for the rest of the tree.

    Raises:
        Refused: there is nothing there, or an archive cannot be read in place.
    """
    text = os.fspath(path).rstrip("/") or "/"
    if "://" not in text and not os.path.exists(text):
        raise Refused(f"{text}: no such file or folder. RAW is the folder or archive that you downloaded.")
    files: list[RawFile] = []
    litter: list[str] = []
    aside: list[Note] = []
    seen = 0
    above_all = f"{under}/" if under else ""
    folder = Place(text, folder=True, under=above_all)
    for listed, size, stamp, local, hindrance in _walk(text):
        seen += 1
        # Bytes that are no UTF-8 reach Python as lone surrogates, which no table can hold.
        shown = _posix(os.fsencode(listed).decode("utf-8", "replace"))
        if shown is None:
            raise Refused(f"{text}: the file {listed!r} has a name that leads out of its folder where \\ divides folders. Rename it.")
        if is_litter(shown):
            litter.append(above_all + shown)
        elif hindrance is _ABOVE:
            aside.append(Note(above_all + shown, hindrance[0]))
        elif hindrance is not None:
            files.append(RawFile(above_all + shown, 0, Place(local, hindrance=hindrance), stamp=stamp))
        elif kind := archive_kind(local, shown, alone=local == text):
            above, before = shown.rpartition("/")[0], len(files) + len(litter)
            for member in list_archive(local, shown, kind, work):
                inner = _posix(member.name)
                if inner is None or re.match(r"[A-Za-z]:", inner):
                    raise Refused(
                        f"{shown}: its member {member.name!r} climbs out of the archive. Do not use this archive; fetch the owner's."
                    )
                whole = above_all + (f"{above}/{inner}" if above else inner)
                if is_litter(whole):
                    litter.append(whole)
                elif NESTED.search(inner):
                    raise refuse(shown, kind, f"a nested archive ({inner})")
                else:
                    place = Place(local, hindrance=(member.reason, _NO_FILE)) if member.reason else member.place
                    files.append(RawFile(whole, member.size, place, stamp=stamp if place is None or place.crc is None else place.crc))
            if len(files) + len(litter) == before:
                if local == text:
                    raise Refused(f"{shown}: the archive holds no file. Fetch it again.")
                aside.append(Note(above_all + shown, "an archive that holds no file"))
        else:
            # One place for a whole folder, but for a name that is not in NFC on the disk or a single file.
            files.append(RawFile(above_all + shown, size, folder if local == f"{text}/{shown}" else Place(local), stamp=stamp))
    if not seen:
        raise Refused(f"{text}: the folder is empty. RAW is the folder or archive that you downloaded.")
    files.sort(key=lambda file: file.listed)
    raw = Raw(_told_apart(_with_placeholders(files), text, above_all), litter)
    raw.aside = aside
    return raw


def _told_apart(files: list[RawFile], root: str, above_all: str) -> list[RawFile]:
    """Members of several archives in one folder that would be listed under one path are listed below their archive's name."""
    repeated = {
        one.listed
        for one, other in itertools.pairwise(files)
        if one.listed == other.listed and one.place is not None and other.place is not None and one.place.path != other.place.path
    }
    if not repeated:
        return files
    for number, file in enumerate(files):
        if file.listed in repeated and file.place is not None and file.place.offset is not None:
            folder, slash, archive = file.place.path[len(root) :].lstrip("/").rpartition("/")
            above = above_all + folder + slash
            inside = f"{stem(archive)}/{file.listed[len(above) :]}"
            files[number] = RawFile(above + inside, file.size, file.place, stamp=file.stamp)
    return sorted(files, key=lambda file: file.listed)


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
    files.sort(key=lambda file: file.listed)
    found = [file for file in files if file.listed.endswith(_PLACEHOLDER_ENDS)]
    if not found:
        return files
    there = {file.listed for file in files}
    for file in found:
        for pattern, reason, advice in _PLACEHOLDERS:
            if (match := pattern.match(file.listed)) is not None and (name := match[1] + match[2]) not in there:
                files.append(RawFile(name, 0, Place(file.listed, hindrance=(reason, advice)), stamp=file.stamp))
    return sorted(files, key=lambda file: file.listed)


Entry = tuple[str, int, int | None, str, tuple[str, str] | None]
"""(path inside the tree, size, stamp, where it is, what keeps it from being read)."""

_ABOVE = ("a link to a folder above it, which is listed there", "")
_NO_FILE = "Put the file itself there, or take it out of the raw tree."
_KINDS = {
    stat.S_IFIFO: "a named pipe, no file",
    stat.S_IFSOCK: "a socket, no file",
    stat.S_IFCHR: "a device, no file",
    stat.S_IFBLK: "a device, no file",
}


def _odd_entry(entry: os.DirEntry[str], shown: str) -> Entry:
    """An entry of a folder that is neither a file nor a folder, with what it is instead. It is not opened: a pipe would wait for ever."""
    reason, advice, stamp = "nothing that can be read", _NO_FILE, None
    try:
        state = entry.stat(follow_symlinks=False)
        stamp = stamp_of(state)
        reason = _KINDS.get(stat.S_IFMT(state.st_mode), reason)
        if entry.is_symlink():
            target = os.readlink(entry.path)
            reason = "a link to something that is not there"
            if "annex/objects/" in target.replace(os.sep, "/"):
                reason, advice = "a link of git-annex whose file was not fetched", ANNEX_ADVICE
            else:
                with contextlib.suppress(FileNotFoundError):
                    reason = f"a link to {_KINDS.get(stat.S_IFMT(os.stat(entry.path).st_mode), 'nothing that can be read')}"
    except OSError as error:
        reason = "a link that leads in a circle" if error.errno == errno.ELOOP else f"nothing that can be read ({error.strerror})"
    return shown, 0, stamp or 0, entry.path, (reason, advice)


def _walk(root: str) -> Iterator[Entry]:
    """Everything in a tree but folders; links are followed, circles are not."""
    if "://" in root:
        yield from _walk_url(root)
        return
    if os.path.isfile(root):
        state = os.stat(root)
        yield os.path.basename(root), state.st_size, stamp_of(state), root, None
        return
    if not os.path.isdir(root):
        raise Refused(f"{root} is neither a file nor a folder. RAW is the folder or archive that you downloaded.")
    stack: list[tuple[str, str, tuple[str, ...]]] = [(root, "", (os.path.realpath(root),))]
    while stack:
        folder, prefix, above = stack.pop()
        try:
            entries = os.scandir(folder)
        except OSError as error:
            if not prefix:
                raise Refused(f"{root}: {error.strerror}. RAW is the folder or archive that you downloaded.") from error
            what = f"a folder that cannot be opened ({error.strerror}), and what it holds is not here"
            yield prefix, 0, 0, folder, (what, "Make it readable (`chmod -R u+rX`), or take it out of the raw tree.")
            continue
        with entries:
            for entry in entries:
                shown = prefix + entry.name
                try:
                    if entry.is_dir():
                        real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                        if not (entry.is_symlink() and real in above):
                            stack.append((entry.path, shown + "/", (*above, real) if entry.is_symlink() else above))
                        else:
                            yield shown, 0, 0, entry.path, _ABOVE
                        continue
                    found = entry.stat() if entry.is_file() else None
                except OSError:
                    found = None
                yield _odd_entry(entry, shown) if found is None else (shown, found.st_size, stamp_of(found), entry.path, None)


def _walk_url(root: str) -> Iterator[Entry]:
    import fsspec

    system, path = fsspec.core.url_to_fs(root)
    if system.isfile(path):
        info = system.info(path)
        yield path.rpartition("/")[2], info["size"], stamp_of_info(info), root, None
        return
    for full, info in system.find(path, detail=True).items():
        yield full[len(path) :].lstrip("/"), info["size"], stamp_of_info(info), system.unstrip_protocol(full), None


def split_parts(raw: Raw, landmarks: Mapping[str, tuple[str, ...]]) -> dict[str, Raw]:
    """Cuts a raw tree into its parts: a part's root is the folder in which one of its landmarks begins.

    Where the root of one part lies inside another's, a file belongs to the deepest root above it; parts of one root share its files.
    """
    roots: list[tuple[str, str]] = []
    for name, patterns in landmarks.items():
        for pattern in patterns:
            if tops := raw.below(pattern):
                roots.extend((top, name) for top in tops)
                break
    # Files are listed in order, so that what lies below a root lies in one piece; deeper roots take their pieces last.
    owner = [""] * len(raw.files)
    pieces = {top: _piece(raw.files, top) for top, _ in sorted(roots, key=lambda root: len(root[0]))}
    for top, (start, end) in pieces.items():
        owner[start:end] = [top] * (end - start)
    parts: dict[str, list[RawFile]] = {name: [] for _, name in roots}
    for top, name in roots:
        start, end = pieces[top]
        parts[name].extend(file for file, own in zip(raw.files[start:end], owner[start:end], strict=True) if own == top)
    return {name: Raw(sorted(files, key=lambda file: file.listed), shown=name) for name, files in parts.items()}


def _piece(files: Sequence[RawFile], top: str) -> tuple[int, int]:
    """Where the files below a folder begin and end in a list that is in order."""

    def above(file: RawFile) -> str:
        return file.listed[: len(top)]

    return bisect.bisect_left(files, top, key=above), bisect.bisect_right(files, top, key=above)
