"""Where the rows of a shard come from, by what they say and show: gathered row by row while somebody reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hf_medseg.catalog.derived import DERIVED, ORIGIN_COLUMNS, Origin
from hf_medseg.catalog.lookup import sources
from hf_medseg.catalog.pictures import Look, looks_at, picture_of
from hf_medseg.catalog.recognise import Ids, has_id_of, lawful_way, published_files
from hf_medseg.catalog.source import Source
from hf_medseg.dataset.identity import Identity
from hf_medseg.raw.patterns import Pattern, found_in

# So many paths are looked at in one step: each by itself for the names of every source takes twenty times as long.
_STEP = 4096


@dataclass
class Rows:
    """What the rows of a shard have told so far.

    Attributes:
        name: the shard, by its path in the folder.
        identity: what the shard says of itself.
        pictures: row groups whose pictures are looked at.
        wrong: why the rows are not let through; empty where nothing is wrong.
        ids: what pictures and files are called.
        origins: of a derived dataset, where its rows say that they come from.
        looks: what the pictures may have been.
        paths: files of the rows whose names were not looked at yet, by the source that the rows name.
        seen: how many rows there were.
    """

    name: str
    identity: Identity
    pictures: frozenset[int] = frozenset()
    wrong: str = ""
    ids: Ids = field(default_factory=Ids)
    origins: set[Origin] = field(default_factory=set)
    looks: list[Look] = field(default_factory=list)
    paths: dict[str, list[str]] = field(default_factory=dict)
    seen: int = 0

    def row(self, group: int, row: Mapping[str, Any]) -> None:
        """Takes the next row, of that row group."""
        if self.wrong:
            return
        try:
            self.wrong = next(self._strange(row), "")
        except (KeyError, TypeError) as error:
            self.wrong = f"{self.name} does not say where its rows come from ({error}). Convert the raw tree again."
            return
        if group in self.pictures:
            self.looks += looks_at(picture_of(row, self.seen))
        self.seen += 1

    def end(self) -> None:
        """There are no more rows."""
        if not self.wrong:
            self.wrong = next(self._named(), "")

    def _strange(self, row: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with a row, told once its names are counted."""
        derived = self.identity.source == DERIVED
        source = sources()[row["source"] if derived else self.identity.source]
        if derived:
            self.origins.add(Origin(*(row[column] or "" for column in ORIGIN_COLUMNS)))
            if not _belongs(row["image_id"], row["source"]):
                yield f"{self.name}: the row {row['image_id']} is not of {row['source']}, as it says. Derive it again."
        pairs = [(row["source_file"] or "", row["source_sha256"] or "")]
        pairs += [(one["path"] or "", one["sha256"] or "") for one in (row.get("files") or ())]
        if source.from_about is not None or (derived and not has_id_of(source, row["source_id"] or "")):
            own = row["source_id"] or "" if derived else row["image_id"]
            self.ids.add(own, row.get("patient_id") or "", *(path for path, _ in pairs))
        for path, digest in pairs:
            if (other := _published_by_another(source, digest)) is not None:
                yield self._is_anothers(path, source, other)
        paths = self.paths.setdefault(source.id, [])
        paths += [path for path, _ in pairs]
        if len(paths) >= _STEP:
            yield from self._named()

    def _named(self) -> Iterator[str]:
        """What is wrong with the names of files that were not looked at yet."""
        for id, paths in self.paths.items():
            if found_in(paths, _names_of_others(id)):
                source = sources()[id]
                yield from (
                    self._is_anothers(path, source, other) for path in paths if (other := _named_by_another(source, path)) is not None
                )
        self.paths.clear()

    def _is_anothers(self, path: str, source: Source, other: Source) -> str:
        return f"{self.name}: its row of {path} comes from {other.id}, not from {source.id}. {lawful_way(other)}"


@dataclass(frozen=True)
class EveryRow:
    """Makes what gathers the rows of each shard; goes to whoever reads them. `pictures`: row groups to look at, by the shard's name."""

    pictures: Mapping[str, frozenset[int]]

    def __call__(self, name: str, identity: Identity) -> Rows:
        """Of one shard."""
        return Rows(name, identity, self.pictures.get(name, frozenset()))


def _belongs(image_id: str, source: str) -> bool:
    """Whether the id of a row, which the seal covers, begins with its source, an edition or name behind it or none."""
    return re.match(rf"{re.escape(source)}(?:-[^/]+)?/", image_id) is not None


@cache
def _names(source_id: str) -> tuple[Pattern, ...]:
    """What proves that a file is this source's, by its name."""
    return tuple(Pattern(pattern) for pattern in sources()[source_id].signature)


@cache
def _names_of_others(source_id: str) -> tuple[str, ...]:
    return tuple(pattern for source in sources().values() if source.id != source_id for pattern in source.signature)


def _published_by_another(source: Source, digest: str) -> Source | None:
    """The other source that is known to hold a file with this hash; None if there is none."""
    known = published_files().get(digest)
    # Owners publish the same file in several sets: one that a known source has too is no proof against it.
    if known is not None and known.id != source.id and (source.from_about is not None or any(digest == one for _, one in known.hashes)):
        return known
    return None


def _named_by_another(source: Source, path: str) -> Source | None:
    """The other source that names its files so; None if there is none, or if the name is the source's own too."""
    if any(name.search(path) for name in _names(source.id)):
        return None
    others = (other for other in sources().values() if other.id != source.id)
    return next((other for other in others if any(name.search(path) for name in _names(other.id))), None)
