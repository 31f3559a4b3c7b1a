"""The table of sources in `README.md`, by what their licenses allow; the rest of the page is written by hand."""

from __future__ import annotations

import re
from pathlib import Path

from hf_medseg.card.render import file_name
from hf_medseg.catalog.lookup import sources
from hf_medseg.catalog.source import Source

README = Path(__file__).parents[1] / "README.md"

_ALLOWED = {
    "open": "publish them, with their conditions",
    "noncommercial": "publish them if you say so by name",
    "restricted": "convert them for yourself",
    "unknown": "convert them for yourself, until [somebody reads the license](docs/licenses-to-confirm.md)",
}
_TABLE = re.compile(r"(?s)(<!-- sources: made by `make pages` -->\n).*?(<!-- end of sources -->)")


def page() -> str:
    """The README with a fresh table."""
    return _TABLE.sub(lambda found: f"{found[1]}{_table()}{found[2]}", README.read_text(encoding="utf-8"))


def _table() -> str:
    lines = ["| tier | you may | sources |", "| --- | --- | --- |"]
    for tier, allowed in _ALLOWED.items():
        linked = [text for source in sources().values() if (text := _linked(source, tier))]
        lines.append(f"| {tier} ({len(linked)}) | {allowed} | {', '.join(linked)} |")
    return "\n".join([*lines, ""])


def _linked(source: Source, tier: str) -> str:
    """A source with a link to its card, and the editions that are of this tier where others are not; nothing where none is."""
    if not source.convertible or source.from_about is not None:
        return ""  # it has no card
    cards = {edition.name: file_name(source, edition) for edition in source.editions if edition.license.tier == tier}
    if not cards:
        return ""
    names = f" ({', '.join(cards)})" if len(cards) < len(source.editions) else ""
    return f"[{source.id}](cards/{next(iter(cards.values()))}){names}"
