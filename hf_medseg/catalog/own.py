"""Own-data sources: how a raw tree fits the layouts that they read, told by names and not by pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hf_medseg.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One way in which an own-data source reads a raw tree.

    Attributes:
        layout: in words, such as `images/ and masks/, paired by name`.
        images: how many pictures or volumes get an annotation this way; 0 where something is missing and it cannot be read so.
        missing: what is missing or left over, a sentence each, with what mends it.
        about: keys of the about file that say the same, with their values as TOML: what tells this layout from another one, and what the
            names in the tree say already.
        reading: whatever `cases` needs to read the tree this way; it finds it as `raw.fit.reading`.
    """

    layout: str
    images: int
    missing: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    reading: Any = None


def best(fits: Iterable[Fit]) -> list[Fit]:
    """The fits that give the most pictures their annotation; more than one where they do so equally well."""
    some = [fit for fit in fits if fit.images]
    most = max((fit.images for fit in some), default=0)
    return [fit for fit in some if fit.images == most]


def the_best(source: str, fits: Iterable[Fit]) -> Fit | None:
    """The fit by which a source reads a tree; None where there is none.

    Raises:
        Refused: two fit equally well.
    """
    ways = best(fits)
    if len(ways) > 1:
        lines = " or: ".join("; ".join(f"{key} = {value}" for key, value in way.about.items()) for way in ways)
        raise Refused(
            f"{source}: {len(ways)} layouts fit this tree equally well: {'; or '.join(way.layout for way in ways)}. "
            f"Say in the about file which: {lines}"
        )
    return ways[0] if ways else None
