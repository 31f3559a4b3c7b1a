"""Which source or edition a raw tree is, and whether somebody's own data are a known source under other names."""

from __future__ import annotations

import re
import sys
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from hf_medseg.catalog.licenses import TIERS_BY_OPENNESS
from hf_medseg.catalog.lookup import find_source, known_files, sources
from hf_medseg.catalog.remembered import remembered
from hf_medseg.catalog.source import Edition, Source
from hf_medseg.raw.fresh import code
from hf_medseg.raw.literals import Literals
from hf_medseg.raw.tree import Raw

# So many names with ids of a source prove it, or this part of all names where they are few.
_ENOUGH, _PART = 10, 0.1

# After so many names one in so many is looked at: a million are done in seconds.
_ALL, _ONE_IN = 20_000, 16


class Marks(NamedTuple):
    """What names tell a source by; see `Source`."""

    signature: tuple[str, ...]
    ids: tuple[str, ...]


@cache
def _marks() -> dict[str, Marks]:
    """The marks of every source by id. They are remembered: to load the code of all sources takes longer than to look for their marks."""
    return remembered("marks", (sys.version, code()), lambda: {id: Marks(one.signature, one.ids) for id, one in sources().items()})


_JOINT = re.compile(r"\[[^]]*\]|_")  # what stands in brackets stays


def matches(edition: Edition, raw: Raw) -> bool:
    """Whether a raw tree is this edition, by its landmarks."""
    return all(raw.has(mark) for mark in edition.reading.landmarks) and not any(raw.has(mark) for mark in edition.reading.not_landmarks)


def has_layout(source: Source, raw: Raw) -> bool:
    """Whether the folders of a raw tree speak for a source: not where any tree of its kind looks so, and only headers tell which it is."""
    return any(matches(edition, raw) and edition.reading.landmarks not in _of_any_data() for edition in source.editions)


@cache
def _of_any_data() -> frozenset[tuple[str, ...]]:
    """The landmarks by which a source for any user's data is told."""
    return frozenset(edition.reading.landmarks for source in sources().values() if source.from_about for edition in source.editions)


def looks_like(raw: Raw) -> list[Source]:
    """The sources that a raw tree looks like, by their own file names and tables."""
    raw.listing.look_for(mark for marks in _marks().values() for mark in marks.signature)
    return [find_source(id) for id, marks in _marks().items() if any(raw.has(mark) for mark in marks.signature)]


def look_for_layouts(raw: Raw) -> None:
    """Finds out at once what `matches` and `has_layout` ask of a raw tree, where all sources are in question."""
    readings = [edition.reading for source in sources().values() for edition in source.editions]
    raw.listing.look_for(mark for reading in readings for mark in (*reading.landmarks, *reading.not_landmarks))


class Ids:
    """Looks in names for the ids that known sources give their pictures, in any format, case or folder, with anything before and after.

    Args:
        among: the sources that are in question; all of them if not said.
    """

    def __init__(self, among: Collection[str] | None = None) -> None:
        self._ids = _ids() if among is None else {id: _ids()[id] for id in among}
        self._any = _any_id(tuple(self._ids))
        self._seen = 0
        self._hits: Counter[str] = Counter()

    def add(self, *names: str) -> None:
        """Counts a picture, a volume or a file by all the names that it has: its path, the ids of its row."""
        text = "\n".join(names)
        if self._seen > _ALL and not _is_looked_at(text):
            return
        self._seen += 1
        if self._any.search(text):
            self._hits.update(id for id, pattern in self._ids.items() if pattern.search(text))

    def __iadd__(self, other: Ids) -> Ids:
        """Adds what was counted elsewhere."""
        self._seen += other._seen
        self._hits.update(other._hits)
        return self

    def known(self) -> list[Source]:
        """The sources whose ids a good part of the names hold: the one with the strictest license first, then the one with the most."""
        least = min(_ENOUGH, self._seen * _PART)
        found = [find_source(id) for id, hits in self._hits.most_common() if hits >= least]
        return sorted(found, key=lambda source: -max(map(TIERS_BY_OPENNESS.index, source.tiers)))


def has_id_of(source: Source, name: str) -> bool:
    """Whether a name holds an id as this source gives it; owners of several sets, such as the years of a challenge, give them the same."""
    pattern = _ids().get(source.id)
    return pattern is not None and pattern.search(name) is not None


def _is_looked_at(name: str) -> bool:
    """Whether a name is looked at where there are so many that not all are."""
    return zlib.crc32(name.encode(errors="surrogatepass")) % _ONE_IN == 0


def with_ids_of(names: Sequence[str], literals: Literals | None = None) -> list[Source]:
    """The sources whose ids a good part of the names hold; `literals` are those of the names, where they are known."""
    letters = literals or Literals(names)
    among = [id for id, pattern in _ids().items() if letters.allow(pattern.pattern)]
    if not among:
        return []
    looked_at = [*names[: _ALL + 1], *filter(_is_looked_at, names[_ALL + 1 :])]
    if not _any_id(tuple(among)).search("\n".join(looked_at)):
        return []
    ids = Ids(among)
    for name in names:
        ids.add(name)
    return ids.known()


def _expression(patterns: Iterable[str]) -> re.Pattern[str]:
    """Finds ids between anything but letters and digits; `_` in a pattern stands for any joint, or none."""
    spelled = _JOINT.sub(lambda found: "[-_. ]?" if found[0] == "_" else found[0], "|".join(patterns))
    return re.compile(rf"(?<![a-z0-9])(?:{spelled})(?![a-z0-9])", re.IGNORECASE)


@cache
def _ids() -> Mapping[str, re.Pattern[str]]:
    return {id: _expression(marks.ids) for id, marks in _marks().items() if marks.ids}


@cache
def _any_id(among: tuple[str, ...]) -> re.Pattern[str]:
    return _expression(pattern for id in among for pattern in _marks()[id].ids)


@cache
def published_files() -> dict[str, Source]:
    """The source of every published file whose SHA-256 the catalog knows."""
    listed = {digest: source for source in sources().values() for digest in known_files(source).values()}
    return listed | {digest: source for source in sources().values() for _, digest in source.hashes}


def lawful_way(known: Source) -> str:
    """What to do with data that are a known source."""
    return f"{known.id} has its own license: hf-medseg info {known.id}. Run: hf-medseg convert {known.id} RAW OUT"
