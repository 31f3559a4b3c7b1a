"""From nothing to the raw tree: fetches what may be fetched, and says exactly how a person gets the rest."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from hf_medseg.catalog import terms
from hf_medseg.catalog.describe import how_to_get
from hf_medseg.catalog.lookup import find_source
from hf_medseg.catalog.source import Source
from hf_medseg.errors import MedsegError, Refused, no_room
from hf_medseg.fetching import clients
from hf_medseg.fetching.clients import CLIENTS
from hf_medseg.fetching.http import fetch, forget
from hf_medseg.fetching.items import Item, among, choose, expanded, folder_of, item_of
from hf_medseg.fetching.names import clean_tree
from hf_medseg.fetching.records import link_on, record
from hf_medseg.fetching.unpacked import make_tree
from hf_medseg.fetching.wanted import MEANING, Got, Mismatch, Stopped, Unavailable, Watch, judge, measured
from hf_medseg.progress import Tell, telling

_TURNS = {"kaggle", "kaggle-competition", "idc", "nilearn", "synapse"}  # clients that keep settings for the whole process

logger = logging.getLogger("hf_medseg")


@dataclass(repr=False)
class Downloaded:
    """What a download did, or with `dry_run` would do.

    Attributes:
        dest: the folder that is now RAW.
        fetched: what was fetched now, by name: bytes and checksum (of folders nothing); with `dry_run` what would be fetched.
        kept: names of what was there already and is as published.
        missing: names of what a person has to put there.
        steps: how a person gets those.
        asks: with `dry_run`, whether the user's word (`accept_terms`) is asked for before anything is fetched.
    """

    dest: Path
    source: Source
    fetched: dict[str, Got | None] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    steps: str = ""
    asks: bool = False

    def __repr__(self) -> str:
        """What came, in a few lines."""
        told = {"fetched": self.fetched, "there already": self.kept, "to be put there by hand": self.missing}
        lines = [f"  {what}: {', '.join(names)}" for what, names in told.items() if names]
        return "\n".join([f"{self.source.id} in {self.dest}", *lines])


def download(
    source: str,
    dest: str | os.PathLike[str],
    *,
    edition: str = "",
    choice: str = "",
    only: Sequence[str] = (),
    accept_terms: bool = False,
    jobs: int = 4,
    dry_run: bool = False,
    progress: Tell | bool = True,
) -> Downloaded:
    """Fetches the raw tree of a source.

    What is in DEST already is compared with what is published and kept; what was broken off is carried on.

    Args:
        source: id or alias of the source.
        dest: the folder that becomes RAW.
        edition: which edition, where they are downloaded apart.
        choice: which alternative, where the same data can be had in several ways.
        only: names of files, `*` allowed; everything if empty.
        accept_terms: the user has read the owner's terms, accepts them, and wants the data fetched.
        jobs: so many files side by side.
        dry_run: say what would be fetched and write nothing.
        progress: told how far the work is; True shows a bar in a terminal or a notebook, and nothing elsewhere; False never.

    Raises:
        Refused: nothing was fetched: the terms come first, a person has to do it, or the call does not fit; the message has the steps.
        MedsegError: a place does not answer, or a file is not the published one; what came is kept.
    """
    found, target = find_source(source), Path(dest)
    if jobs < 1:
        raise Refused("--jobs takes numbers from 1.")
    if target.exists() and not target.is_dir():
        raise Refused(f"{target} is a file. DEST is a folder; what is fetched goes there.")
    everything = [item_of(one) for one in choose(found, edition, choice)]
    items = among(everything, only)
    result = Downloaded(target, found)
    todo = _open(items, result)
    hands = [item for item in todo if item.download.by_hand or _mode(found, item) == "credentialed"]
    todo = [item for item in todo if item not in hands]
    if hands:
        result.missing, result.steps = [item.name for item in hands], how_to_get(found)
        if not todo and not result.kept:
            raise Refused(f"{found.id} cannot be fetched by a program.\n{terms_of(found, edition)}\n{result.steps}")
    if dry_run:
        result.fetched = dict.fromkeys((item.name for item in todo), None)
        result.asks = not accept_terms and bool(_asking(found, todo))
        return result
    if not accept_terms:
        _ask(found, edition, todo)
    if todo:
        target.mkdir(parents=True, exist_ok=True)
        files = [one for item in todo for one in expanded(item)]
        todo = _open(files, result)
        everything += files
        _check_room(todo, target)
        with telling(progress, "files") as tell:
            result.fetched = _fetch_all(found, todo, target, jobs, tell)
    make_tree(target, everything)
    return result


def _open(items: Sequence[Item], result: Downloaded) -> list[Item]:
    """The items that are not there yet; the others are compared with what is published, and noted as kept.

    Raises:
        Mismatch: one of them is not the published one.
    """
    missing = []
    for item in items:
        if (path := item.found(result.dest)) is None:
            missing.append(item)
            continue
        if path.name == item.name and path.is_file() and (wrong := judge(item.wanted, measured(path, item.wanted))):
            raise Mismatch(
                f"{path}: {wrong} It was there before and is left as it is. {MEANING} To fetch it anew, move this file away first."
            )
        result.kept.append(item.name)
    return missing


# --- Whether it may be fetched -----------------------------------------------------------------------------------------------------------


def terms_of(source: Source, edition: str) -> str:
    """The owner's terms of an edition, or of all of them."""
    editions = [one for one in source.editions if not edition or one.name == edition]
    return "\n".join(terms.text(source, one) for one in editions or source.editions)


def _mode(source: Source, item: Item) -> str:
    return item.download.mode or source.access.mode


def _asking(source: Source, items: Sequence[Item]) -> set[str]:
    """The modes of access among these items that need the user's word first."""
    return {_mode(source, item) for item in items} & {"request", "terms"}


def _ask(source: Source, edition: str, items: Sequence[Item]) -> None:
    """Refuses what needs the user's word first.

    Raises:
        Refused: with the owner's terms, and what to do.
    """
    modes = _asking(source, items)
    if not modes:
        return
    first = "terms" in modes
    why = (
        "The owner's terms come first: a person has to read and accept them."
        if first
        else "It is free to fetch, but nobody was given the right to pass it on, so it is fetched on your request only."
    )
    steps = f"\n{how_to_get(source)}\nIf you have done so, run" if first else "\nIf you want it, run"
    raise Refused(f"{terms_of(source, edition)}\n{why}{steps} the same command with --accept-terms (in Python: accept_terms=True).")


def _check_room(items: Sequence[Item], dest: Path) -> None:
    needed = 0
    for item in items:
        # Packed and unpacked lie side by side for a while.
        twice = 2 if item.download.then or item.places[0][0].startswith("kaggle") else 1
        part = dest / f"{item.name}.part"
        needed += (item.size or 0) * twice - (part.stat().st_size if part.is_file() else 0)
    free = shutil.disk_usage(dest).free
    if needed > free:
        raise Refused(
            f"{needed:,} bytes are needed and {free:,} are free where {dest} lies. Make room, or fetch a part of it with --only NAME."
        )


# --- Fetching ----------------------------------------------------------------------------------------------------------------------------


def _fetch_all(source: Source, items: Sequence[Item], dest: Path, jobs: int, progress: Tell | None) -> dict[str, Got | None]:
    """Fetches several things side by side; one that cannot be had does not stop the others, one that is not as published does."""
    watch = Watch(progress, {item.name: item.size for item in items})
    missing: list[str] = []
    got: dict[str, Got | None] = {}
    lanes = [[item] for item in items if item.places[0][0] not in _TURNS]
    lanes.append([item for item in items if item.places[0][0] in _TURNS])

    def lane(some: list[Item]) -> None:
        for item in some:
            try:
                got[item.name] = _fetch(item, dest, watch)
            except Unavailable as error:
                missing.append(str(error))
            except BaseException:
                watch.stop.set()  # before this thread takes up another file
                raise

    with ThreadPoolExecutor(jobs, "hf-medseg-download") as pool:
        running: set[Future[None]] = set()
        try:
            running = {pool.submit(lane, some) for some in lanes if some}
            wait(running, return_when=FIRST_EXCEPTION)
        finally:
            watch.stop.set()  # after the first error, and after Ctrl-C; without either all is done
    errors = [error for one in running if (error := one.exception()) is not None and not isinstance(error, Stopped)]
    for error in errors:
        if told := no_room(error, str(dest)):
            raise MedsegError(told) from error
        raise error
    if missing:
        reasons = "\n".join(sorted(missing))
        raise MedsegError(
            f"{reasons}\nWhat came is kept, and the same command carries on. By hand: hf-medseg info {source.id} --all shows the steps."
        )
    return {item.name: got[item.name] for item in items}


def _fetch(item: Item, dest: Path, watch: Watch) -> Got | None:
    """Fetches one thing from the first place that gives it.

    Raises:
        Unavailable: no place does.
        Mismatch: it is not the published one; it is kept under another name.
    """
    reasons = []
    for client, address in item.places:
        watch.check()
        logger.debug("%s: from %s", item.name, address)
        try:
            if client in CLIENTS:
                return _from_client(item, client, address, dest, watch)
            url = address
            if client == "doi":
                url = _in_record(address, item.name)
            elif client == "page":
                url = link_on(address)
            part = dest / f"{item.name}.part"
            part.parent.mkdir(parents=True, exist_ok=True)
            return _named(item, part, fetch(url, item.wanted, part, watch), dest, watch)
        except Unavailable as error:
            logger.debug("%s: %s", address, error)
            reasons.append(f"  {address}: {error}")
    raise Unavailable(f"{item.name}: no place gives it.\n" + "\n".join(reasons))


def _in_record(doi: str, name: str) -> str:
    """The address of one file of a record."""
    files = record(doi)
    if name not in files:
        raise Unavailable("the record has no such file")
    return files[name][0]


def _named(item: Item, part: Path, got: Got, dest: Path, watch: Watch) -> Got:
    """Gives a complete file its name, or another one if it is not the published one."""
    if wrong := judge(item.wanted, got):
        aside = dest / f"{item.name}.mismatch"
        number = 2
        while aside.exists():
            aside, number = dest / f"{item.name}.mismatch-{number}", number + 1
        part.replace(aside)
        forget(part)
        raise Mismatch(f"{item.name}: {wrong} It is kept as {aside.name}. {MEANING}")
    part.replace(dest / item.name)
    forget(part)
    watch.at(item.name, got.size, done=True)
    return got


def _from_client(item: Item, client: str, address: str, dest: Path, watch: Watch) -> Got | None:
    """Has a client fill a folder beside the final name, then moves what it made there."""
    part = dest / f"{item.name}.part"
    if part.is_file():  # of another place, which was not reached any more
        forget(part)
    name = item.name if client == item.places[0][0] else folder_of(client, address) or item.name
    made = clients.fetch(client, address, part, replace(item.wanted, name=name), watch)
    if made.is_dir():
        clean_tree(made, address)
    if made.is_file():
        got = _named(item, made, measured(made, item.wanted, watch), dest, watch)
        shutil.rmtree(part)
        return got
    for marker in made.glob(".complete"):  # of kagglehub
        shutil.rmtree(marker, ignore_errors=True)
    made.replace(dest / name)
    if part.exists():
        shutil.rmtree(part)
    watch.at(item.name, item.size or 0, done=True)
    return None
