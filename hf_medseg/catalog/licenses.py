"""Licenses: what an owner's terms let us do, and what we know that from."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Tier = Literal["open", "noncommercial", "restricted", "unknown"]
Confidence = Literal["high", "medium-high", "medium", "low", "unknown"]

TIERS_BY_OPENNESS: tuple[Tier, ...] = ("open", "noncommercial", "unknown", "restricted")
"""Every tier, the strictest last."""

# What a license lets us do. Everything else, ND too, is restricted.
LICENSE_TIERS: dict[str, Tier] = {
    "cc0-1.0": "open",
    "pddl": "open",
    **{f"cc-by-{version}": "open" for version in ("2.0", "2.5", "3.0", "4.0")},
    **{f"cc-by-sa-{version}": "open" for version in ("2.0", "2.5", "3.0", "4.0")},
    "odc-by": "open",
    "mit": "open",
    "apache-2.0": "open",
    **{f"cc-by-nc-{version}": "noncommercial" for version in ("2.0", "2.5", "3.0", "4.0")},
    **{f"cc-by-nc-sa-{version}": "noncommercial" for version in ("2.0", "2.5", "3.0", "4.0")},
}


def strictest(tiers: Iterable[Tier]) -> Tier:
    """The tier that holds where several do."""
    return max(tiers, key=TIERS_BY_OPENNESS.index)


# How sure we must be of the owner's own words, at least one of them, before a license allows something.
_PROOF: dict[Tier, tuple[Confidence, ...]] = {"open": ("high",), "noncommercial": ("high", "medium-high")}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why we believe a fact.

    Attributes:
        says: what the page says.
        url: which page.
        confidence: how sure we are of it.
        date: the day on which that was recorded; None where a user states the license of data of their own.
    """

    says: str
    url: str
    confidence: Confidence
    date: datetime.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """What a person has to read so that a license that is only believed becomes known.

    Attributes:
        url: the one page to open.
        look_for: the sentence, or the field of a record, to look for there.
        license: the identifier of the license that holds if it is there.
    """

    url: str
    look_for: str
    license: str


@dataclass(frozen=True, slots=True)
class License:
    """The owner's terms.

    Attributes:
        id: license identifier of the Hugging Face Hub (`cc-by-4.0`, `other`, `unknown`).
        name: the license's name, or a few words where it has none.
        url: where the owner states it.
        tier: what it lets us do; `open` and `noncommercial` need evidence in the owner's own words.
        evidence: what the tier rests on.
        conditions: what the license asks to be carried along, shown on the card word for word.
        confirm: what would settle it, where the tier is `unknown` and somebody says what the owner's license is.
    """

    id: str
    name: str
    url: str
    tier: Tier
    evidence: tuple[Evidence, ...]
    conditions: tuple[str, ...] = ()
    confirm: Confirm | None = None


def unproven(license: License) -> str:
    """Why a license does not have the tier that it claims: the table of licenses says another, or its evidence is too weak; else empty."""
    if license.confirm and license.confirm.license not in LICENSE_TIERS:
        return f"confirm.license is {license.confirm.license!r}; one of {', '.join(LICENSE_TIERS)} expected"
    if license.confirm and license.tier != "unknown":
        return f"a license to be confirmed has the tier 'unknown', not {license.tier!r}"
    if license.tier not in _PROOF:
        return ""
    if LICENSE_TIERS.get(license.id, license.tier if license.id == "other" else "restricted") != license.tier:
        return f"the license {license.id!r} is {LICENSE_TIERS.get(license.id, 'restricted')}, not {license.tier}"
    if not {evidence.confidence for evidence in license.evidence} & {*_PROOF[license.tier]}:
        return f"the tier {license.tier!r} needs evidence in the owner's own words of the confidence {' or '.join(_PROOF[license.tier])}"
    return ""
