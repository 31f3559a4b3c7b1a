"""Licenses: what an owner's terms let us do, and what we know that from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tier = Literal["open", "noncommercial", "restricted", "unknown"]
Confidence = Literal["high", "medium-high", "medium", "low", "unknown"]


# Rule 5 of the design: what a license lets us do. Everything else, ND too, is restricted.
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


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why we believe a fact: what the page says, where, when that was recorded, and how sure we are."""

    says: str
    url: str
    confidence: Confidence
    date: str = "2026-11-01"


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
    """

    id: str
    name: str
    url: str
    tier: Tier
    evidence: tuple[Evidence, ...]
    conditions: tuple[str, ...] = ()
