"""The catalog as its page shows it: every source with what is searched, chosen by and copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hf_medseg.catalog import describe
from hf_medseg.catalog.facts import Download, EditionFacts, Facts
from hf_medseg.catalog.licenses import TIERS_BY_OPENNESS

TIERS = {
    "open": "may be published",
    "noncommercial": "may be published for non-commercial use",
    "restricted": "may not be passed on",
    "unknown": "license not known: may not be passed on",
    "own": "your own data: as you state it",
}
"""What every tier lets you do; `own` stands for sources whose license comes with the user's data."""


@dataclass(frozen=True)
class Entry:
    """A source as its card shows it.

    Attributes:
        facts: what is known of it.
        words: what a search looks through, in small letters.
        tiers: the tiers of its editions, or `own`.
    """

    facts: Facts
    words: str
    tiers: tuple[str, ...]

    @property
    def size(self) -> str:
        """How much there is, as far as that is known: rows, volumes and what is downloaded."""
        first = self.facts.editions[0]
        rows, volumes = sum(first.published.rows.values()), sum(first.published.volumes.values())
        sizes = [one.size or one.approximate for one in self.facts.access.downloads if one.edition in ("", first.name)]
        told = [f"{rows:,} rows"] * bool(rows) + [f"{volumes:,} volumes"] * bool(volumes)
        if sizes and all(sizes) and self.facts.access.default_choice and not any(one.choice for one in self.facts.access.downloads):
            told.append(f"{in_bytes(sum(filter(None, sizes)))} to download")
        return ", ".join(told) or "not known"

    @property
    def commands(self) -> list[str]:
        """What is typed, from nothing to a dataset, edition by edition where they differ."""
        return list(dict.fromkeys(line for edition in self.facts.editions for line in _commands(self.facts, edition)))

    @property
    def downloads(self) -> list[tuple[str, list[str]]]:
        """(name, size and checksum; places) of every download."""
        return [(_named(one), describe.places(one)) for one in self.facts.access.downloads]


def entries(facts: Iterable[Facts]) -> list[Entry]:
    """Every source as its card shows it."""
    return [_entry(one) for one in facts]


def choices(listed: Iterable[Entry]) -> dict[str, list[str]]:
    """What sources can be chosen by, in alphabetical order."""
    facts = [one.facts for one in listed]
    found: dict[str, set[str]] = {
        "modality": {word for one in facts for word in one.modality},
        "anatomy": {word for one in facts for word in one.anatomy},
        "access": {one.access.mode for one in facts},
    }
    return {name: sorted(words, key=str.lower) for name, words in found.items()}


def _entry(facts: Facts) -> Entry:
    classes = (name for edition in facts.editions for name in edition.classes)
    parts = (facts.id, *facts.aliases, facts.title, facts.summary, *facts.modality, *facts.anatomy, facts.task, *classes)
    tiers: tuple[str, ...] = tuple(sorted(facts.tiers, key=TIERS_BY_OPENNESS.index))
    return Entry(facts, " ".join(dict.fromkeys(parts)).lower(), ("own",) if facts.own_data else tiers)


def _commands(facts: Facts, edition: EditionFacts) -> Iterator[str]:
    named = f" --edition {edition.name}" if edition.name and len(facts.editions) > 1 else ""
    if fetched := describe.command(facts, edition.name):
        yield fetched
    if not facts.convertible:
        return
    about = " --about about.toml" * bool(facts.about)
    yield f"hf-medseg convert {facts.id} RAW OUT{named}{about}"
    yield "hf-medseg verify OUT"
    if edition.license.tier in ("open", "noncommercial") and not facts.own_data:
        yield "hf-medseg push OUT --repo NAMESPACE/NAME" + " --allow-noncommercial" * (edition.license.tier == "noncommercial")


def _named(download: Download) -> str:
    belongs = f"edition {download.edition}" * bool(download.edition), f"choice {download.choice}" * bool(download.choice)
    return ", ".join(filter(None, (download.name, describe.bytes_of(download), download.checksum, *belongs)))


def in_bytes(number: int) -> str:
    """A number of bytes as people say it: `2.6 MB`."""
    size, unit = float(number), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{size:,.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:,.1f} {unit}"
