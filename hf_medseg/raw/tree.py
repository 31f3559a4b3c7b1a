"""The raw tree as a source sees it: what it asks for files and tables, and what it says of them."""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from hf_medseg.errors import Refused
from hf_medseg.raw.cells import Doubts, Origin, Said
from hf_medseg.raw.example import example_path
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.ledger import Ledger, Note
from hf_medseg.raw.listing import Listing, list_tree
from hf_medseg.raw.order import natural, natural_key
from hf_medseg.raw.patterns import Pattern
from hf_medseg.raw.tables import Table, headed


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


# The end of a pattern for a table, and in what forms people save tables.
_TABLE_END = re.compile(r"\\\.(?:csv|xlsx|csv\(\?:\\\.gz\)\?|\(\?:csv\|xlsx\))\Z")


def _any_of(*endings: str) -> str:
    """A pattern for file names that end so, in small or capital letters."""
    both = [spelled.replace(".", r"\.") for ending in endings for spelled in (f".{ending}", f".{ending.upper()}")]
    return f"(?:{'|'.join(both)})"


_FORMS = _any_of("csv", "csv.gz", "tsv", "tsv.gz", "xlsx", "xlsm", "txt")
_FORMS_NOT_READ = _any_of("xls", "ods", "numbers", "parquet", "feather")


Survey = Mapping[str, object]
"""What a survey saw, by the file's listed path; a `Rejected` where a file could not be looked at."""


class Way(Protocol):
    """One way to read somebody's own data; `hf_medseg.catalog.own.Fit` is one."""

    @property
    def reading(self) -> Any:
        """What the source needs to read the tree this way."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """What is made of a raw tree.

    Attributes:
        edition, config: their names.
        about: the user's about file, where there is one: the record of the source takes it with its method `of`.
        survey: what the survey saw, where the source has one.
        fit: of somebody's own data, the way in which it is read.
    """

    edition: str = ""
    config: str = "default"
    about: object = None
    survey: Survey = field(default_factory=dict)
    fit: Way | None = None


class Raw:
    """A raw tree, or one part of it, with what is to be made of it.

    Attributes:
        listing: what lies there.
        job: what is made of it.
        ledger: what became of its files; one for the tree and all its parts.
        parts: the parts by name, where there are several.
    """

    def __init__(
        self, listing: Listing, job: Job | None = None, parts: Mapping[str, Listing] | None = None, ledger: Ledger | None = None
    ) -> None:
        self.listing = listing
        self.job = job or Job()
        self.ledger = ledger or Ledger()
        self.parts = {name: Raw(part, self.job, ledger=self.ledger) for name, part in (parts or {}).items()}

    @property
    def edition(self) -> str:
        """The name of the edition."""
        return self.job.edition

    @property
    def config(self) -> str:
        """The name of the config whose cases are wanted."""
        return self.job.config

    @property
    def about(self) -> object:
        """See `Job`."""
        return self.job.about

    @property
    def survey(self) -> Survey:
        """See `Job`."""
        return self.job.survey

    @property
    def fit(self) -> Way:
        """See `Job`."""
        assert self.job.fit is not None, "only a source that declares its fits has one"
        return self.job.fit

    @property
    def files(self) -> list[RawFile]:
        """Every file but litter, in order of their paths."""
        return self.listing.files

    @property
    def doubts(self) -> Doubts:
        """Where to say what could not be read in tables, or fits nothing."""
        return self.ledger.doubts

    def part(self, name: str) -> Raw:
        """The part of that name; its paths begin with the name."""
        return self.parts[name]

    # --- Asking --------------------------------------------------------------------------------------------------------------------------

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
        for file, match in self.listing.matches(expression):
            key = match.groups() if groups > 1 else match.group(groups)  # group 0 is the whole
            hits.setdefault(key, []).append(self.listing.seen_from(file, match.start()))
        found = Found()
        for key in sorted(hits, key=natural_key):
            found[key] = joined(hits[key], keep=twins)
        return found

    def has(self, pattern: str) -> bool:
        """Whether any file matches the pattern of `find`."""
        return self.listing.has(pattern)

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
                    hit, first = self.listing.seen_from(file, start), wanted[path]
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
            self._lacks(pattern)
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
        return file

    def _lacks(self, pattern: str) -> None:
        """Notes that there is no table that matches, or none in a form that is read."""
        stem = _TABLE_END.sub("", pattern)
        if stem != pattern and (unread := self.one(stem + _FORMS_NOT_READ)) is not None:
            self.note(unread, "a table in a form that is not read, so its columns are null; save it as CSV or .xlsx to use it")
            self.skip(unread, "a table in a form that is not read")
        else:
            self.note(example_path(pattern), "this table is not below RAW, so what it says is missing; put it there to use it")

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

    # --- Saying --------------------------------------------------------------------------------------------------------------------------

    def use(self, *files: RawFile) -> None:
        """Marks files as used for planning, so that they are not reported as unused."""
        self.ledger.use(*files)

    def skip(self, file: RawFile, reason: str) -> None:
        """Leaves a file alone, with its reason for the report."""
        self.ledger.skip(file, reason)

    def call(self, file: RawFile) -> None:
        """Has reports call a file by its alias."""
        self.ledger.call(file)

    def called(self, file: RawFile) -> str:
        """What reports call a file."""
        return self.ledger.called(file)

    def note(self, file: RawFile | str, reason: str) -> None:
        """Reports a defect that the source names in advance: listed as `known`, without changing the exit code."""
        self.ledger.note(file if isinstance(file, str) else file.path, reason)

    # --- What came of it -----------------------------------------------------------------------------------------------------------------

    def listings(self) -> list[Listing]:
        """What lies in the tree, and in the parts that lie elsewhere: every file once."""
        return [self.listing, *(part.listing for part in self.parts.values() if part.listing.outside)]

    def not_used(self, used: Iterable[RawFile], reasons: Iterable[tuple[str, str]]) -> list[Note]:
        """Every file that looks like data and was neither used nor needed for planning; see `Ledger`."""
        return self.ledger.not_used(self.listings(), used, reasons)

    def closed(self) -> list[RawFile]:
        """The folders that cannot be opened: what they hold is missing, whatever it is."""
        return [file for listing in self.listings() for file in listing.files if file.listed.endswith("/")]


def open_raw_tree(path: str | os.PathLike[str], work: Path, under: str = "") -> Raw:
    """Lists a raw tree with nothing to be made of it yet; see `list_tree`."""
    return Raw(list_tree(path, work, under))
