"""What a download consists of: the files and folders of an edition and a choice, each with the places that give it."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hf_medseg.catalog.describe import how_to_get
from hf_medseg.catalog.facts import Download
from hf_medseg.catalog.source import Source
from hf_medseg.errors import MedsegError, Refused
from hf_medseg.fetching.names import clean
from hf_medseg.fetching.records import record
from hf_medseg.fetching.wanted import Unavailable, Wanted


@dataclass(frozen=True)
class Item:
    """One thing that is fetched: a file, or a folder that a client makes.

    Attributes:
        name: its name in DEST.
        places: (client, address) in order of preference.
    """

    download: Download
    name: str
    places: tuple[tuple[str, str], ...]

    @property
    def wanted(self) -> Wanted:
        """What is known of it."""
        return Wanted(self.name, self.download.size, self.download.checksum, self.download.approximate)

    @property
    def size(self) -> int | None:
        """Its bytes, as well as they are known."""
        return self.download.size or self.download.approximate

    @property
    def final(self) -> str:
        """Its name once it is unpacked or joined."""
        return self.name.rpartition(".")[0] if self.download.then else self.name

    def found(self, dest: Path) -> Path | None:
        """Where it lies complete, if it does: under its name, unpacked or joined, or as the folder of one of its mirrors."""
        names = (self.final, self.name, *(folder_of(client, address) for client, address in self.places[1:]))
        return next((dest / name for name in names if name and (dest / name).exists()), None)


def choose(source: Source, edition: str = "", choice: str = "") -> list[Download]:
    """The downloads of an edition and a choice.

    Raises:
        Refused: there is nothing to download, or the user has to say which.
    """
    if source.access.mode == "none" or not source.access.downloads:
        raise Refused(f"{source.id}: {source.summary} {' '.join(source.access.steps)}")
    downloads = source.access.downloads
    editions = list(dict.fromkeys(one.edition for one in downloads if one.edition))
    if edition and edition not in (*editions, *(one.name for one in source.editions)):
        known = ", ".join(editions)
        raise Refused(f"{source.id} has no edition {edition!r}" + (f"; it has: {known}." if known else "; it is one download."))
    if editions and not edition:
        raise Refused(f"{source.id} has several editions. Say which with --edition NAME:\n" + _lines(downloads, editions, "edition"))
    downloads = tuple(one for one in downloads if one.edition in ("", edition))
    choices = list(dict.fromkeys(one.choice for one in downloads if one.choice))
    if choice and choice not in choices:
        known = ", ".join(choices)
        raise Refused(f"{source.id} has no choice {choice!r}" + (f"; it has: {known}." if known else "; there is one way to get it."))
    if choices and not choice:
        if not source.access.default_choice:
            raise Refused(f"{source.id}: say which with --choice NAME:\n" + _lines(downloads, choices, "choice"))
        choice = choices[0]
    chosen = [one for one in downloads if one.choice in ("", choice)]
    if not chosen:
        raise Refused(f"{source.id}, edition {edition}: there is no address. {how_to_get(source)}")
    return chosen


def _lines(downloads: Sequence[Download], names: Sequence[str], kind: str) -> str:
    lines = []
    for name in names:
        some = [one for one in downloads if getattr(one, kind) == name]
        sizes = [one.size or one.approximate for one in some]
        size = f"{sum(filter(None, sizes)):,} bytes" if any(sizes) else "size not published"
        by_hand = " (by hand)" if all(one.by_hand for one in some) else ""
        lines.append(f"  {name}: {len(some)} {'file' if len(some) == 1 else 'files'}, {size}{by_hand}")
    return "\n".join(lines)


def item_of(download: Download) -> Item:
    """One download as the facts have it, under the name that it gets in DEST."""
    name = download.name or folder_of(download.client, download.url)
    if not name:  # the file's own name; what a person has to find is called by its address
        name = download.url if download.by_hand else unquote(urlsplit(download.url).path.rpartition("/")[2])
    return Item(download, name, download.places)


def folder_of(client: str, address: str) -> str:
    """Name of the folder that a client makes; empty for what gives a file of a known name."""
    return address.partition("#")[0].rpartition("/")[2] if client in ("kaggle", "kaggle-competition", "idc", "nilearn") else ""


def among(items: Sequence[Item], only: Sequence[str]) -> list[Item]:
    """Those whose names the user gave (`*` stands for anything); all of them if none were given.

    Raises:
        Refused: nothing has such a name.
    """
    for pattern in only:
        if not any(fnmatch.fnmatchcase(item.name, pattern) for item in items):
            raise Refused(f"Nothing is called {pattern}. There are: {', '.join(item.name for item in items)}.")
    return [item for item in items if not only or any(fnmatch.fnmatchcase(item.name, pattern) for pattern in only)]


def expanded(item: Item) -> list[Item]:
    """The files of a record; anything else as it is."""
    (client, address), *mirrors = item.places
    if client != "doi":
        return [item]
    wanted = item.download.name
    try:
        files = record(address)
    except Unavailable as error:
        if wanted and mirrors:
            return [replace(item, places=tuple(mirrors))]
        page = f"https://doi.org/{address.removeprefix('doi:')}"
        raise MedsegError(f"{address}: {error}. Try again later; in a browser it is {page}") from error
    if wanted and wanted not in files:
        raise MedsegError(f"{address} has no file {wanted}; it has: {', '.join(sorted(files))}. It may be a new release.")
    found = []
    safe = clean(files, address)
    for name, (url, checksum, size) in files.items():
        if wanted in ("", name):
            then = item.download.then if PIECE.search(name) else ""
            known = replace(
                item.download,
                name=safe[name],
                size=item.download.size if wanted else size,  # one that is told of the whole record says nothing of one of its files
                approximate=item.download.approximate if wanted else None,
                checksum=item.download.checksum or checksum,
                then=then,
            )
            found.append(Item(known, safe[name], (("http", url), *(mirrors if wanted else ()))))
    return found


PIECE = re.compile(r"\.(?:7z|a[a-z]|\d{3})\Z")  # what is unpacked or joined
