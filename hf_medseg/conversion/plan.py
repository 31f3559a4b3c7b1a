"""Planning: which cases a raw tree holds, and how they are cut into shards. Touches no pixels."""

from __future__ import annotations

import contextlib
import difflib
import gc
import hashlib
import math
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any

from hf_medseg import __version__
from hf_medseg.case import Case, Cases
from hf_medseg.catalog.about import About, read_about
from hf_medseg.catalog.recognise import lawful_way, with_ids_of
from hf_medseg.catalog.source import Config, Edition, Source
from hf_medseg.catalog.stated import Stated, under
from hf_medseg.catalog.tables import config_folder, table_of
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.layout import edition_of, not_this_source, open_layout, parts_of, refuse_known_sources, under_exported_terms
from hf_medseg.conversion.names import Names
from hf_medseg.conversion.own import fit_of
from hf_medseg.conversion.quiet import quiet
from hf_medseg.conversion.survey import take_survey
from hf_medseg.dataset.identity import Identity, split_order
from hf_medseg.dataset.report import Rejection, rejection
from hf_medseg.dataset.table import TableSpec
from hf_medseg.errors import Refused, Rejected, of_own_files
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.fresh import state_of
from hf_medseg.raw.ledger import Note
from hf_medseg.raw.listing import list_tree
from hf_medseg.raw.order import in_natural_order
from hf_medseg.raw.tree import Job, Raw

MIB = 1 << 20


@dataclass(frozen=True)
class Request:
    """What the user asks for.

    Attributes:
        configs: names of the configs to make; empty for the default one; `all` for every one.
        limit: cases of each split; None for all.
        max_shard_size: bytes.
        pieces: cut a split into at least so many shards, as far as there are groups.
        names: gives files and cases new names; None where they keep theirs.
    """

    raw: str
    configs: tuple[str, ...] = ()
    edition: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    about: str | None = None
    limit: int | None = None
    max_shard_size: int = 500_000_000
    pieces: int = 1
    names: Names | None = None


@dataclass(frozen=True)
class ShardPlan:
    """One shard: its cases, their raw bytes, its name inside the output, and what it will say of itself but for the fingerprint."""

    name: str
    split: str
    cases: Cases
    size: int
    identity: Identity


@dataclass
class ConfigPlan:
    """One config: its table and its shards.

    Attributes:
        options: what the user asked for that decides which rows there are and how they are cut.
        limited: (cases taken, cases in all) by split, where a limit left some out.
        called: the paths of files that reports call otherwise, by what they are called; for this machine alone.
        key, tables: see `ShardTask`.
    """

    config: Config
    table: TableSpec
    shards: list[ShardPlan]
    not_used: list[Note]
    known: list[Note]
    rejected: list[Rejection]
    options: dict[str, Any] = field(default_factory=dict)
    limited: dict[str, tuple[int, int]] = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)
    key: bytes = b""
    tables: tuple[str, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many cases each split has."""
        counts: dict[str, int] = {}
        for shard in self.shards:
            counts[shard.split] = counts.get(shard.split, 0) + len(shard.cases)
        return counts

    @cached_property
    def splits(self) -> dict[str, list[Case]]:
        """The cases of each split, in the order of the rows."""
        found: dict[str, list[Case]] = {}
        for shard in self.shards:
            found.setdefault(shard.split, []).extend(shard.cases)
        return found


@dataclass
class Plan:
    """What a conversion will do.

    Attributes:
        state: see `state_of`, of every file of the raw tree and of parts that lie elsewhere.
        inside: the folders of the source's layout that RAW itself is, such as `training/`: nothing beside it is read. Empty where RAW holds
            the layout's beginning.
        repacked: names of archives below RAW that are called like a published one with a checksum and have another size.
        beside: files beside the raw tree that it is read through: seek indexes, and what archives were unpacked to.
        licenses: what an archive's table below RAW says of the licenses of the files.
    """

    source: Source
    edition: Edition
    about: About
    configs: list[ConfigPlan]
    state: str | None = None
    inside: str = ""
    repacked: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    licenses: tuple[Stated, ...] = ()

    @property
    def raw_bytes(self) -> int:
        """Bytes that will be read for rows."""
        return sum(shard.size for config in self.configs for shard in config.shards)


def make_plan(source: Source, request: Request, work: Path, executor: Executor, progress: Callable[[int, int], None] | None = None) -> Plan:
    """Lists the raw tree and plans the conversion.

    Args:
        source: what the tree is said to be.
        request: what is asked for.
        work: folder for what is worth remembering between runs.
        executor: where a survey runs.
        progress: told (files, bytes) during a survey.

    Raises:
        Refused: the tree is not this source, its edition is undecided, a part is missing, or a table is damaged.
    """
    if not source.convertible:
        raise Refused(f"{source.id}: {source.summary} {' '.join(source.access.steps)}")
    if request.names is not None and source.from_about is None:
        raise Refused(f"--rename is for data of your own: the names in {source.id} are its owner's, by which its rows are found again.")
    about = read_about(request.about, source.id, source.about_file, source.about)
    try:
        with _collector(running=False):
            return _plan(source, request, about, work, executor, progress)
    except (Refused, Rejected) as error:  # rejected: a table that planning needs
        words = of_own_files(str(error)) if source.own else str(error)
        if isinstance(error, Refused) and words == str(error):
            raise
        raise Refused(words) from error


@quiet()
def _plan(
    source: Source, request: Request, about: About, work: Path, executor: Executor, progress: Callable[[int, int], None] | None
) -> Plan:
    raw, inside = open_layout(source, request.raw, work)
    outside = {name: list_tree(path, work, under=name) for name, path in request.parts.items()}
    if source.from_about is not None:
        refuse_known_sources(source, raw, request.raw)
    fit = None
    if source.fits is None:
        edition = edition_of(source, raw, request.edition, inside)
    elif request.edition:
        raise Refused(f"{source.id} has no edition {request.edition!r}; it has only one.")
    else:
        edition, fit = source.editions[0], fit_of(source, raw, about, inside)
    parts, job = parts_of(source, raw.listing, outside), Job(edition.name, about=about, fit=fit)
    if source.survey is not None:
        wanted = source.survey(about) if callable(source.survey) else source.survey
        to_see = list(wanted.files(Raw(raw.listing, job, parts)))
        with _collector(running=True):  # what decoders leave behind may be many pictures
            job = replace(job, survey=take_survey(to_see, wanted.look, executor, work, progress, wanted.head, wanted.mapped))
    if source.from_about is not None:
        edition = under_exported_terms(source.from_about(Raw(raw.listing, job, parts)), raw, request.raw)
    licenses = source.licenses(Raw(raw.listing, job, parts)) if source.licenses is not None else ()
    edition = under(edition, licenses)
    configs = _configs_of(source, edition, request.configs)
    plans = [
        _config_plan(source, edition, config, Raw(raw.listing, replace(job, config=config.name), parts), request) for config in configs
    ]
    if request.names is not None:
        for plan in plans:
            plan.shards = [_renamed(shard, request.names, plan.called) for shard in plan.shards]
    found = [plan for plan in plans if plan.shards or plan.rejected]
    if not found and len(configs) == len(edition.reading.configs):
        raise Refused(not_this_source(source, raw, inside))
    if len(found) < len(plans) and "all" not in request.configs:
        empty = next(plan.config.name for plan in plans if plan not in found)
        others = ", ".join(config.name for config in edition.reading.configs if config.name != empty)
        raise Refused(f"{source.id}: the raw tree holds nothing of the config {empty}. Ask for another one with --config NAME: {others}.")
    every = [file for listing in Raw(raw.listing, parts=parts).listings() for file in listing.files]
    beside = tuple(sorted({place.beside for place in {id(file.place): file.place for file in every}.values() if place and place.beside}))
    return Plan(source, edition, about, found, state_of(every), inside, _repacked(source, every), beside, licenses)


def _repacked(source: Source, files: Iterable[RawFile]) -> tuple[str, ...]:
    """See `Plan`. The size alone is compared: to read a whole archive for its checksum would take as long as its conversion."""
    sizes = {one.name: one.size for one in source.access.downloads if one.name and one.checksum and one.size is not None}
    paths = {file.place.path for file in files if file.place is not None and file.place.archived} if sizes else set()
    there = {path.rpartition("/")[2]: path for path in sorted(paths) if "://" not in path}
    return tuple(name for name, size in sizes.items() if name in there and os.path.getsize(there[name]) != size)


def _renamed(shard: ShardPlan, names: Names, called: dict[str, str]) -> ShardPlan:
    """The shard with new names for its files; `called` is told the old ones."""
    cases = tuple(shard.cases)
    called.update(names.give(cases))
    return replace(shard, cases=Cases(cases))


@contextlib.contextmanager
def _collector(*, running: bool) -> Iterator[None]:
    """Planning makes a million objects without a circle: looking for circles among them again and again takes a third of its time."""
    before = gc.isenabled()
    (gc.enable if running else gc.disable)()
    try:
        yield
    finally:
        (gc.enable if before else gc.disable)()


def _configs_of(source: Source, edition: Edition, wanted: tuple[str, ...]) -> list[Config]:
    names = [config.name for config in edition.reading.configs]
    if "all" in wanted:
        return list(edition.reading.configs)
    for name in wanted:
        if name not in names:
            raise Refused(f"{source.id} has no config {name!r}; it has: {', '.join(names)}.")
    return [edition.reading.config(name) for name in wanted] if wanted else [edition.reading.configs[0]]


def refuse_known_cases(cases: Iterable[Case]) -> None:
    """Headers too say what a case is: a known source's patients are told by their ids, whatever the files are called."""
    if known := with_ids_of([f"{case.image_id}\n{case.patient_id or ''}" for case in cases]):
        raise Refused(f"The cases of this raw tree are those of {known[0].id}, which the catalog knows. {lawful_way(known[0])}")


def _config_plan(source: Source, edition: Edition, config: Config, raw: Raw, request: Request) -> ConfigPlan:
    cases, rejected = _unique(source.cases(raw))
    if source.from_about is not None:
        refuse_known_cases(cases)
    table = table_of(source, edition, config)
    if (names := request.names) is not None:
        names.learn(raw.listings())
        cases = names.problems([names.case(case, table) for case in cases])
    known = {name for one in edition.reading.configs for name in table_of(source, edition, one).columns}
    sizes: dict[str, int] = {}
    used: list[RawFile] = []
    for case in cases:
        if not (known.issuperset(case.columns) and known.issuperset(case.pixels)):
            raise _unknown_column(source, config, case, known)
        files = case.files()
        used += files
        sizes[case.image_id] = sum([file.size for file in files])
    if len({file.listed for file in used}) < len(used):
        sizes = _shares(cases, Counter([file.listed for file in used]))
    not_used = raw.not_used(used, edition.reading.not_used)
    splits: dict[str, list[Case]] = {}
    for case in in_natural_order(cases, attrgetter("image_id")):
        splits.setdefault(case.split, []).append(case)
    limited: dict[str, tuple[int, int]] = {}
    if (limit := request.limit) is not None:
        limited = {split: (limit, len(some)) for split, some in splits.items() if limit < len(some)}
        splits = {split: some[:limit] for split, some in splits.items()}
    shards = []
    for split in sorted(splits, key=split_order):
        identity = Identity(source.id, edition.name, config.name, split, __version__, "", edition.license.id, edition.license.tier)
        if split in limited:
            identity = replace(identity, limit=limited[split][0], cases=limited[split][1])
        shards.extend(_cut(identity, config_folder(config, edition), splits[split], sizes, request))
    for folder in raw.closed() if shards else ():
        try:
            folder.read()
        except Rejected as error:
            rejected.append(rejection(folder.listed, error))
    options = {"limit": request.limit if limited else None, "max_shard_size": request.max_shard_size, "parts": sorted(raw.parts)}
    notes = [*(Note(*known) for listing in raw.listings() for known in listing.known), *raw.ledger.notes()]
    called = raw.ledger.renamed()
    if names is not None:
        options["rename"] = True
        notes, rejected, called = names.notes(notes), names.rejections(rejected), {}
    return ConfigPlan(
        config, table, shards, not_used, notes, rejected, options, limited, called, *((names.key, raw.ledger.tables()) if names else ())
    )


def _shares(cases: list[Case], readers: Mapping[str, int]) -> dict[str, int]:
    """The bytes of each case by its id; a file that several read, as frames of a film or pictures of an array do, is shared out.

    Args:
        cases: the cases.
        readers: how many of them read a file, by its listed path.
    """
    return {case.image_id: sum([file.size // readers[file.listed] for file in case.files()]) for case in cases}


def _unknown_column(source: Source, config: Config, case: Case, known: Collection[str]) -> Refused:
    """The answer to a case with a column of no config, which would silently be lost: a word that is misspelt in `source.py`."""
    name = next(name for name in (*case.columns, *case.pixels) if name not in known)
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"declare it with the columns of the config {config.name}."
    return Refused(f"{source.id}: source.py fills the column {name!r} of {case.image_id}, which no config has; {hint}")


def _unique(cases: Iterable[Case]) -> tuple[list[Case], list[Rejection]]:
    """Cases by unique id; a second case of one id is rejected by name."""
    kept: dict[str, Case] = {}
    rejected = []
    for case in cases:
        first = kept.setdefault(case.image_id, case)
        if first is not case:
            here, there = (next(c.named_files())[1].shown for c in (case, first))
            error = Rejected(here, f"has the id {case.image_id!r} of {there}.", "Keep one of the two in the raw tree.")
            rejected.append(rejection(case.image_id, error))
    return list(kept.values()), rejected


def _cut(identity: Identity, folder: str, cases: list[Case], sizes: Mapping[str, int], request: Request) -> list[ShardPlan]:
    """Cuts a split into shards at group ends, groups in the order of the SHA-256 of their ids; `sizes` are bytes by image id."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    size_of = {group: sum([sizes[case.image_id] for case in members]) for group, members in groups.items()}
    total = sum(size_of.values())
    count = max(math.ceil(total / request.max_shard_size), min(8, math.ceil(total / (32 * MIB))), request.pieces)
    count = min(count, len(groups))
    filled: list[list[Case]] = [[] for _ in range(count)]
    shard, done, left = 0, 0, len(groups)
    for group in sorted(groups, key=lambda group: hashlib.sha256(group.encode()).digest()):
        # On to the next shard when this one has its share, or when the rest is just enough for one group a shard.
        if filled[shard] and shard + 1 < count and (done * count >= total * (shard + 1) or left <= count - shard - 1):
            shard += 1
        filled[shard].extend(groups[group])
        done += size_of[group]
        left -= 1
    return [
        ShardPlan(
            f"{folder}/{identity.split}-{number:05d}-of-{count:05d}.parquet",
            identity.split,
            Cases(members),
            sum([sizes[case.image_id] for case in members]),
            identity,
        )
        for number, members in enumerate(filled)
    ]
