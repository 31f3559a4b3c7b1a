"""Licenses that an archive states file by file: the strictest of them and of the source's own decides, and all are named and cited."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from hf_medseg.catalog.combined import combined
from hf_medseg.catalog.facts import EditionFacts
from hf_medseg.catalog.licenses import LICENSE_TIERS, TIERS_BY_OPENNESS, License
from hf_medseg.dataset.report import Report
from hf_medseg.words import counted

Some = TypeVar("Some", bound=EditionFacts)

_PAGES = {"cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/"}
_CC = re.compile(r"cc-(by(?:-[a-z]{2})*)-(\d\.\d)")
_DOI = re.compile(r"10\.\d{4,9}/[\w.;()/:-]+", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Stated:
    """Files under one license and one DOI.

    Attributes:
        license: as `LICENSE_TIERS` calls it; `other` for one that it does not have, `unknown` where nothing is stated.
        doi: what is cited for them; empty where nothing is stated.
        series: how many series there are.
    """

    license: str
    doi: str
    series: int

    @classmethod
    def of(cls, license: str, doi: str, series: int) -> Stated:
        """As a table writes it (`CC BY-NC 3.0`); words that no license or DOI has are not passed on."""
        word = "-".join(license.lower().split())
        if word not in LICENSE_TIERS:
            word = "other" if word not in ("", "unknown") else "unknown"
        doi = re.sub(r"(?i)^(?:https?://(?:dx\.)?doi\.org/|doi:)", "", doi.strip())
        return cls(word, doi.lower() if _DOI.fullmatch(doi) else "", series)

    @classmethod
    def from_report(cls, report: Report) -> tuple[Stated, ...]:
        """What `report.json` says of them."""
        return tuple(cls.of(one["license"], one["doi"], one["series"]) for one in report.get("licenses", ()))

    @property
    def terms(self) -> License:
        """The license, as far as its name tells."""
        if self.license in ("other", "unknown"):
            name = "license unknown" if self.license == "unknown" else "a license of its own, see its DOI"
            return License(id=self.license, name=name, url="", tier="unknown" if self.license == "unknown" else "restricted", evidence=())
        match = _CC.fullmatch(self.license)
        page = f"https://creativecommons.org/licenses/{match[1]}/{match[2]}/" if match else _PAGES.get(self.license, "")
        return License(id=self.license, name=self.license, url=page, tier=LICENSE_TIERS[self.license], evidence=())

    @property
    def words(self) -> str:
        """For the card."""
        terms = self.terms
        page = f" ({terms.url})" if terms.url else ""
        cited = f"; cite https://doi.org/{self.doi}" if self.doi else ""
        return f"{counted(self.series, 'series', 'series')}: {terms.name}{page}{cited}."


def under(edition: Some, stated: Iterable[Stated]) -> Some:
    """An edition under its own license and those that an archive states: never under a more open one than its own.

    Args:
        edition: what the source's facts, or the user's about file, say.
        stated: what the archive's table says of the series that are there.

    Raises:
        Refused: the licenses do not go together.
    """
    own, told = edition.license, sorted(stated)
    if not told:
        return edition
    license = own
    if any(not _covers(own, one.terms) for one in told):
        license = combined({"the source": own, **{f"series under {one.license}": one.terms for one in told}})
    cited = "\n".join(edition.citations).lower()
    new = dict.fromkeys(one.doi for one in told if one.doi and one.doi not in cited)
    terms = replace(
        license,
        evidence=own.evidence,
        conditions=(*own.conditions, *(f"Licenses as the archive's table states them: {one.words}" for one in told)),
    )
    return replace(edition, license=terms, citations=(*edition.citations, *map(_entry, new)))


def _covers(own: License, other: License) -> bool:
    """Whether what is under another license may be passed on under a source's own."""
    if TIERS_BY_OPENNESS.index(other.tier) > TIERS_BY_OPENNESS.index(own.tier):
        return False
    return "-sa-" not in other.id or other.id == own.id or own.tier in ("restricted", "unknown")


def _entry(doi: str) -> str:
    key = re.sub(r"\W+", "_", doi)
    return f"@misc{{{key},\n  title = {{Data that were downloaded with others, see the DOI}},\n  doi   = {{{doi}}}\n}}"
