"""What lies beside exported data and says whether they may be passed on: how it is written, and what a later conversion reads in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

README, LICENSE, DO_NOT_PASS_ON = "README.md", "LICENSE.md", "DO_NOT_PASS_ON.txt"
FORBIDDEN = "These data may not be passed on: no license is known that allows it, or their owner forbids it."
_ORIGIN = re.compile(
    r"exported with hf_medseg from the converted dataset `(?P<source>[\w-]+)|^They are (?P<known>[\w-]+), license ", re.MULTILINE
)
_TERMS = re.compile(r"^License: (?P<license>.+) \(tier (?P<tier>\w+)\)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PassedOn:
    """What files beside data say: whose data they are, by the source's id, their license and its tier; empty where nothing is said."""

    source: str
    license: str
    tier: str

    @classmethod
    def of(cls, texts: Iterable[str]) -> PassedOn:
        """What is said in the texts of such files."""
        text = "\n".join(texts)
        origin, terms = _ORIGIN.search(text), _TERMS.search(text)
        said = ("", "restricted" if FORBIDDEN in text else "") if terms is None else (terms["license"], terms["tier"])
        return cls((origin["source"] or origin["known"]) if origin else "", *said)


def origin(name: str) -> str:
    """Where exported data come from, for README.md."""
    return f"exported with hf_medseg from the converted dataset `{name}`"


def terms(license: str, tier: str) -> str:
    """The license of exported data, for LICENSE.md."""
    return f"License: {license or 'unknown'} (tier {tier})"


def forbidden(source: str, license: str) -> str:
    """The content of DO_NOT_PASS_ON.txt."""
    return f"{FORBIDDEN}\nThey are {source}, license {license or 'unknown'}; LICENSE.md says the terms.\n"
